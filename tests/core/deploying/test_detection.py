"""What a person seems to have: by variables, gcloud, files, programs, ports and settings; never a value."""

import json
import os
import socket
import time

import pytest

from tasks.core.deploying import detection
from tasks.core.deploying.context import Context
from tasks.core.model.catalogue import Answer
from tasks.core.model.choices import Choices

SECRET = "sk-ant-secret-0123456789"


@pytest.fixture
def look(checkout, monkeypatch):
    """The clues to each answer, by its id; with these variables and nothing else of the machine's."""
    monkeypatch.setattr(detection, "find_listeners", lambda _: ())

    def make(**environ):
        context = Context(checkout, {"HOME": str(checkout.home), "PATH": "/nonexistent", **environ})
        return {offer.id: offer.clues for offer in detection.find_offers(context)}

    return make


def write(path, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def test_nothing_is_found_in_an_empty_home(look):
    assert not any(look().values())


def test_the_answers_come_in_their_order(look):
    first, *_, last = look()
    assert (first, last) == ("basic", "demo")


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("ANTHROPIC_API_KEY", "anthropic"),
        ("OPENAI_API_KEY", "openai"),
        ("OPENROUTER_API_KEY", "openrouter"),
        ("GEMINI_API_KEY", "gemini"),
        ("GOOGLE_API_KEY", "gemini"),
        ("DEEPSEEK_API_KEY", "deepseek"),
        ("AWS_PROFILE", "bedrock"),
        ("GOOGLE_CLOUD_PROJECT", "basic"),
        ("GATEWAY_TOKEN", "enterprise"),
        ("OLLAMA_MODEL", "ollama"),
    ],
)
def test_a_variable_is_named_and_its_value_is_not(look, name, answer):
    found = {key: clues for key, clues in look(**{name: SECRET}).items() if clues}
    assert found == {answer: (f"{name} (environment)",)}


def test_a_key_in_a_shell_profile_counts_and_a_placeholder_does_not(look, checkout):
    write(checkout.home / ".bashrc", f"export OPENAI_API_KEY={SECRET}\n")
    clues = look(SHELL="/bin/bash", ANTHROPIC_API_KEY="YOUR_KEY")
    assert clues["openai"] == ("OPENAI_API_KEY (~/.bashrc:1)",)
    assert not clues["anthropic"]


def test_gcloud_aws_and_a_program_are_found(look, checkout, tmp_path):
    write(checkout.home / ".config/gcloud/configurations/config_default", "[core]\nproject = my-project-1\n")
    write(checkout.home / ".aws/config", "[default]\n")
    write(tmp_path / "bin/litellm", "#!/bin/sh\n")
    clues = look(PATH=str(tmp_path / "bin"))
    assert clues["basic"] == ("VERTEX_PROJECT (gcloud configuration 'default')",)
    assert clues["bedrock"] == ("~/.aws/config",)
    assert clues["enterprise-litellm"] == ("litellm is installed",)


def test_another_gateway_in_the_settings_or_the_environment_is_found_and_ours_is_not(look, checkout):
    assert look(ANTHROPIC_BASE_URL="https://gw.example.com")["enterprise"] == ("ANTHROPIC_BASE_URL is set",)
    write(checkout.settings, json.dumps({"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:4100"}}))
    assert look()["enterprise"]
    manifest = {"gateway_url": "http://127.0.0.1:4100"}
    monkey = type("Manifest", (), manifest)()
    original, detection.history.installed = detection.history.installed, lambda _: monkey
    try:
        assert not look()["enterprise"]
    finally:
        detection.history.installed = original


def test_a_port_of_this_machine_is_found_while_something_listens():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        assert list(detection.find_listeners([address])) == [f"something answers on {address}"]
    assert not list(detection.find_listeners([address]))


def test_it_takes_less_than_a_tenth_of_a_second(checkout):
    context = Context(checkout, dict(os.environ))
    _ = context.catalogue.variables
    took = []
    for _ in range(3):
        start = time.perf_counter()
        detection.find_offers(context)
        took.append(time.perf_counter() - start)
    assert min(took) < 0.1


def test_an_answer_leads_to_its_preset_and_options(checkout):
    context = Context(checkout, {"HOME": str(checkout.home)})
    offers = {offer.id: offer for offer in detection.list_offers(context.catalogue)}
    company, own = offers["enterprise"], offers["enterprise-litellm"]
    chosen = Choices("enterprise", gateway_type="litellm")
    assert [offer.leads_to(chosen) for offer in (company, own)] == [True, True]
    assert [offer.leads_to(Choices("enterprise")) for offer in (company, own)] == [True, False]
    assert own.spell() == "--preset enterprise --gateway-type litellm"


def test_an_answer_without_an_order_comes_last(checkout):
    context = Context(checkout, {"HOME": str(checkout.home)})
    preset = context.catalogue.presets["demo"]._replace(have=(Answer("Something"),))
    presets = {"demo": preset, "openai": context.catalogue.presets["openai"]}
    known = context.catalogue._replace(presets=presets)
    assert [offer.id for offer in detection.list_offers(known)] == ["openai", "demo"]
