"""The demo preset with the real LiteLLM: deployed, started, asked, stopped."""

import os
import signal

import psutil
import pytest
from asking import ask, count_tokens
from deployed import TIERS, counted, demo

from tasks.core.http import gateway
from tasks.core.service import processes

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def served(tmp_path_factory, litellm_executable):
    """The demo, started by its deployment; everything that it sends out goes to a proxy that counts."""
    with demo(tmp_path_factory.mktemp("served"), litellm_executable) as made, counted() as (proxy, came):
        made.box.deploy(*made.words)
        with made.folder.path.joinpath(".env").open("a") as file:
            file.write(f"HTTP_PROXY={proxy}\nHTTPS_PROXY={proxy}\nALL_PROXY={proxy}\n")
        made.said, made.came = made.start(), came
        yield made


def test_one_command_ends_with_an_answer(served):
    assert "demo says: Your gateway works" in served.said.out
    assert f"LiteLLM 1.106.2 answers on {served.url}" in served.said.err
    assert served.key.reveal() not in served.said.text


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("model", ["demo", *TIERS, "claude-fable-5-2", "claude-of-next-year"])
def test_every_name_that_claude_code_asks_for_is_answered(served, model, stream):
    assert ask(served.url, served.key, model, stream=stream).startswith("Your gateway works")


@pytest.mark.parametrize("model", ["demo", *TIERS])
def test_tokens_are_counted_without_asking_anybody(served, model):
    assert 0 < count_tokens(served.url, served.key, model, "one two three") < 50


def test_only_what_was_deployed_is_listed(served):
    assert gateway.served_models(served.url, served.key) == ["demo"]


def test_a_wrong_key_is_refused(served):
    assert gateway.wrong_key_refused(served.url)


def test_it_verifies_and_tells_its_status(served):
    verified = served.box.doit("verify")
    assert verified.code == 0, verified.text
    status = served.box.doit("status").out
    assert str(served.folder.pid) in status
    assert "serves     demo\n" in status


def test_it_listens_on_this_machine_only(served):
    listening = [c.laddr for c in psutil.Process(served.folder.pid).net_connections("tcp") if c.status == "LISTEN"]
    assert [(address.ip, address.port) for address in listening] == [("127.0.0.1", served.port)]
    assert processes.listener(served.port, served.layout).kind == "ours"


def test_nothing_of_the_shell_reaches_it(served):
    environ = psutil.Process(served.folder.pid).environ()
    assert not [name for name in environ if name.startswith(("ANTHROPIC_", "DOIT", "GATEWAY_", "PYTEST"))]


def test_it_reached_for_nothing_outside(served):
    assert served.came == []


def test_its_log_holds_no_key(served):
    assert served.key.reveal() not in served.layout.log.read_text()


@pytest.mark.nightly
def test_one_that_was_killed_is_started_again_and_stopped(served):
    first = served.folder.pid
    os.kill(first, signal.SIGKILL)
    assert served.folder.start(GATEWAY_START_TIMEOUT="300").returncode == 0
    assert served.folder.pid != first
    stopped = served.folder.stop()
    assert "has stopped" in stopped.stderr
    assert "killed" not in stopped.stderr
    assert not served.folder.processes()


@pytest.mark.sample(1)
@pytest.mark.parametrize("text", ["model_list: [", "router_settings: {routing_strategy: no-such}"])
def test_a_broken_configuration_shows_why(served, text):
    served.folder.stop()
    config = served.layout.config
    before = config.read_text()
    config.write_text(text + "\ngeneral_settings: {master_key: os.environ/LITELLM_MASTER_KEY}\n" * ("[" not in text))
    result = served.folder.start(GATEWAY_START_TIMEOUT="300")
    config.write_text(before)
    assert result.returncode == 6
    assert "LiteLLM ended while it was starting" in result.stderr
    assert "no-such" in result.stderr or "yaml" in result.stderr.lower()
    assert not served.folder.processes()
