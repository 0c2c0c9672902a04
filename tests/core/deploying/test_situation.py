"""What an interview is told of the disk: what is there already, and what is missing."""

import json
import os

import pytest

from tasks.core.deploying import situation
from tasks.core.deploying.context import Context
from tasks.core.deploying.request import Request
from tasks.core.deploying.resolve import resolve
from tasks.core.model.choices import Choices, Flags
from tasks.core.model.release import Manifest
from tasks.core.model.secret import Secret
from tasks.core.values.environment import Finding


@pytest.fixture
def assess(checkout):
    """What is known of a deployment with these flags before the first question."""

    def make(flags=None, *, asks_all=True):
        resolved = resolve(Request(Choices(), flags or Flags()), Context(checkout, os.environ))
        return situation.assess(resolved, frozenset(), asks_all=asks_all)

    return make


def test_nothing_is_known_of_an_empty_home(assess):
    known = assess()
    assert (known.deployed, known.foreign_files, known.other_gateway, known.other_tools) == ("", (), "", ())


def test_what_a_fresh_checkout_finds_deployed_is_described(assess, checkout):
    checkout.gateway.mkdir(parents=True)
    models, choices = ("a", "b"), {"preset": "basic"}
    manifest = Manifest("d", "2026-11-25T08:00:00Z", "0", "local", "http://h", models, {}, {}, choices, revision=3)
    checkout.manifest.write_text(json.dumps(manifest.to_json()))
    assert assess().deployed == "basic, 2 models, revision 3 of 2026-11-25T08:00:00Z"
    assert assess(asks_all=False).deployed == ""
    assert assess(Flags(yes=True)).deployed == ""


def test_files_with_our_names_and_another_gateway_are_found_while_nothing_is_deployed(assess, checkout):
    checkout.gateway.mkdir(parents=True)
    checkout.env_file.write_text("MINE=1\n")
    (checkout.gateway / "notes.txt").write_text("mine\n")
    checkout.settings.write_text('{"env": {"ANTHROPIC_BASE_URL": "https://gw.example.com"}}')
    known = assess()
    assert (known.foreign_files, known.other_gateway) == ((".env",), "https://gw.example.com")
    assert assess(Flags(yes=True)).other_gateway == ""
    checkout.settings.write_text("{")
    assert assess().other_gateway == ""


def test_a_missing_token_says_to_whom_it_is_shown_and_an_answer_ends_it(checkout):
    chosen = Request(Choices("enterprise", gateway_url="https://gw.example.com"))
    context = Context(checkout, {"HOME": str(checkout.home)})
    known = situation.Situation(chosen.choices)
    (lack,) = situation.assess_machine(known, resolve(chosen, context)).lacks
    assert lack.variable.name == "GATEWAY_TOKEN"
    assert lack.remedy.endswith("It is shown to https://gw.example.com only.")
    answer = Finding("GATEWAY_TOKEN", Secret("token-0123456789"), "what was typed")
    answered = resolve(chosen.with_answer(answer), context)
    assert not situation.assess_machine(known, answered).lacks
    later = resolve(chosen.with_flags(allow_missing=True), context)
    assert not situation.assess_machine(known, later).lacks


def test_litellm_is_installed_only_to_start_a_gateway_of_this_machine(checkout, monkeypatch):
    def has_to_install(choices, **flags):
        resolved = resolve(Request(choices, Flags(**flags)), Context(checkout, os.environ))
        return situation.has_to_install_litellm(resolved)

    monkeypatch.setattr(situation.litellm, "find", lambda *_: None)
    assert has_to_install(Choices(), start=True)
    assert not has_to_install(Choices())
    remote = Choices("enterprise", gateway_url="https://gw.example.com")
    assert not has_to_install(remote, start=True)
    monkeypatch.setattr(situation.litellm, "find", lambda *_: object())
    assert not has_to_install(Choices(), start=True)
