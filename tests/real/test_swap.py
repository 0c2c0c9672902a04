"""serve.py with the real LiteLLM: it takes new configurations, refuses bad ones, and survives."""

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import threading
import time

import psutil
import pytest

from tests.load import KEY, PIECE, Client, Gateway, Upstream, upstream

pytestmark = [pytest.mark.real, pytest.mark.sample(1)]


@pytest.fixture(scope="module")
def model():
    with upstream() as url:
        yield url


@pytest.fixture
def make(tmp_path, litellm_python, model):
    """Makes gateways; all of them are ended at the end."""
    made = []

    def one(name="one", **values):
        made.append(Gateway(tmp_path / name, litellm_python, model, **values))
        return made[-1]

    yield one
    for each in made:
        each.end()


@pytest.fixture(scope="module")
def served(tmp_path_factory, litellm_python, model):
    """A gateway that the tests swap one after the other."""
    gateway = Gateway(tmp_path_factory.mktemp("served") / "one", litellm_python, model)
    gateway.start()
    try:
        gateway.settled(0)
        yield gateway
    finally:
        gateway.end()


class Stream:
    """An answer of so many words (0: until Upstream.enough) that is coming in, in a thread."""

    def __init__(self, gateway, words):
        self.words, self.found, self.error = words, b"", None
        self.thread = threading.Thread(target=lambda: asyncio.run(self._read(gateway.port)))
        self.thread.start()
        time.sleep(1)
        assert self.thread.is_alive()

    async def _read(self, port):
        messages = [{"role": "user", "content": str(self.words)}]
        body = {"model": "slow", "stream": True, "max_tokens": 9, "messages": messages}
        try:
            _, self.found = await Client(port).ask(body, "/v1/messages")
        except (OSError, EOFError) as error:
            self.error = error

    def whole(self):
        self.thread.join(self.words * PIECE + 60)
        assert self.error is None
        events = [json.loads(line[6:]) for line in self.found.splitlines() if line.startswith(b"data: {")]
        text = "".join(event["delta"].get("text", "") for event in events if "text" in event.get("delta", {}))
        words = text.split()
        assert len(words) == (self.words or len(words))
        return words == [f"w{number}" for number in range(len(words))] and events[-1]["type"] == "message_stop"


def refused(port, seconds=30):
    """Whether newcomers are turned away, if not at once."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            return True
        time.sleep(0.1)
    return False


def gone(pid, seconds=30):
    deadline = time.monotonic() + seconds
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not psutil.pid_exists(pid)


def test_it_serves_what_its_command_would_serve(served):
    status, revision, _ = served.get("/health/readiness")
    assert (status, revision) == (200, served.status()["revision"])
    assert len(revision) == 12
    assert served.models() == ["demo", "slow"]
    assert served.get("/v1/models", key="sk-" + "9" * 32)[0] == 400
    assert served.get("/v1/models", key="")[0] in (400, 401)
    assert served.get("/docs")[0] == served.get("/openapi.json")[0] == 404


def test_it_listens_on_this_machine_only_and_keeps_its_files_to_itself(served):
    listening = psutil.Process(served.process.pid).net_connections("tcp")
    assert [tuple(each.laddr) for each in listening if each.status == "LISTEN"] == [("127.0.0.1", served.port)]
    assert stat.S_IMODE((served.path / "gateway.status.json").stat().st_mode) == 0o600


def test_the_supervisor_is_small_and_has_no_secret_in_its_environment(served):
    process = psutil.Process(served.process.pid)
    assert process.memory_info().rss < 60e6
    assert KEY not in process.environ().values()
    worker = psutil.Process(served.status()["worker"])
    assert worker.environ()["LITELLM_MASTER_KEY"] == KEY
    assert not [name for name in worker.environ() if name.startswith(("ANTHROPIC_", "PYTEST"))]


def test_a_swap_leaves_no_gap_and_the_old_worker_ends(served):
    before = served.status()
    client = Client(served.port)
    served.configure("added")
    served.env_file.write_text(f"LITELLM_MASTER_KEY={KEY}\nexport HTTPS_PROXY='http://127.0.0.1:9' # none\n")

    async def asking():
        answers, swap = [], asyncio.create_task(asyncio.to_thread(served.swap))
        while not swap.done():
            answers += [(await client.ask(None, "/health/liveliness"))[0]]
            answers += [(await Client(served.port).ask(None, "/health/readiness", close=True))[0]]
            await asyncio.sleep(0.05)
        client.leave()
        return answers, await swap

    answers, after = asyncio.run(asking())
    assert set(answers) == {200}
    assert len(answers) > 20
    assert (after["state"], after["attempt"]) == ("serving", before["attempt"] + 1)
    assert after["worker"] != before["worker"]
    assert after["revision"] != before["revision"]
    assert {served.get("/health/readiness")[1] for _ in range(5)} == {after["revision"]}
    assert gone(before["worker"])
    assert served.models() == ["added", "demo", "slow"]
    environ = psutil.Process(after["worker"]).environ()  # .env was read anew
    assert (environ["HTTPS_PROXY"], environ["NO_PROXY"]) == ("http://127.0.0.1:9", "127.0.0.1,localhost")
    served.env_file.write_text(f"LITELLM_MASTER_KEY={KEY}\n")


@pytest.mark.nightly
def test_a_long_stream_over_two_swaps_is_whole(served):
    Upstream.enough.clear()
    stream = Stream(served, 0)
    first = served.status()["worker"]
    for name in ("added-1", "added-2"):
        served.configure(name)
        assert served.swap()["state"] == "serving"
    assert stream.thread.is_alive()
    assert first in served.status()["leaving"]
    Upstream.enough.set()
    assert stream.whole()
    assert gone(first)
    assert "added-2" in served.models()


BROKEN = {
    "strategy": ("router_settings: {routing_strategy: no-such}\n", "no-such"),
    "dropped model": (None, "LiteLLM cannot serve broken"),
    "weak key": ("general_settings: {master_key: sk-1234}\n", "refused to start"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_bad_configuration_never_replaces_a_good_one(served, name):
    text, why = BROKEN[name]
    before, good = served.status(), served.config.read_text()
    if text is None:
        broken = "  - model_name: broken\n    litellm_params: {model: no-such-provider/x}\n"
        served.config.write_text(good.replace("model_list:\n", f"model_list:\n{broken}"))
    else:
        served.config.write_text(good + text)
    after = served.swap()
    served.config.write_text(good)
    assert after["state"] == "failed"
    assert why in after["reason"], after
    assert KEY not in json.dumps(after)
    assert (after["worker"], after["revision"]) == (before["worker"], before["revision"])
    assert served.get("/health/readiness")[:2] == (200, before["revision"])


@pytest.mark.nightly
def test_two_requests_for_a_swap_at_once_are_both_answered(served):
    before = served.status()["attempt"]
    served.send(signal.SIGHUP)
    time.sleep(1)
    served.configure("later")
    served.send(signal.SIGHUP)
    after = served.until(lambda now: now["attempt"] == before + 2 and now["state"] == "serving")
    assert served.get("/health/readiness")[0] == 200
    assert after["state"] == "serving"
    assert "later" in served.models()


def test_a_worker_that_is_killed_is_replaced_and_nobody_is_turned_away(served):
    before = served.status()
    os.kill(before["worker"], signal.SIGKILL)
    assert served.get("/health/readiness", timeout=90)[0] == 200
    after = served.settled(before["attempt"])
    assert after["state"] == "serving"
    assert after["worker"] != before["worker"]


@pytest.mark.nightly
def test_a_changed_program_is_not_mixed_with_the_running_one(make):
    gateway = make()
    gateway.start()
    gateway.settled(0)
    gateway.program.write_bytes(gateway.program.read_bytes() + b"\n")
    after = gateway.swap()
    assert (after["state"], after["reason"].partition(":")[0]) == ("failed", "serve.py is another one by now")
    assert gateway.get("/health/readiness")[0] == 200


def test_sigterm_finishes_the_stream_and_turns_newcomers_away(make):
    gateway = make()
    gateway.start()
    gateway.ready()
    idle = socket.create_connection(("127.0.0.1", gateway.port))
    stream = Stream(gateway, 100)
    gateway.send(signal.SIGTERM)
    assert refused(gateway.port)
    assert stream.thread.is_alive()
    assert stream.whole()
    assert gateway.process.wait(15) == 0
    assert not (gateway.path / "gateway.status.json").exists()
    idle.close()


@pytest.mark.nightly
def test_a_second_sigterm_does_not_wait(make):
    gateway = make()
    gateway.start()
    worker = gateway.settled(0)["worker"]
    stream = Stream(gateway, 100)
    gateway.send(signal.SIGTERM)
    time.sleep(1)
    gateway.send(signal.SIGTERM)
    assert gateway.process.wait(5) == 0
    assert gone(worker)
    stream.thread.join(10)
    assert isinstance(stream.error, EOFError)


@pytest.mark.nightly
def test_the_workers_end_with_a_supervisor_that_is_killed(make):
    gateway = make()
    gateway.start()
    worker = gateway.settled(0)["worker"]
    gateway.send(signal.SIGKILL)
    gateway.process.wait()
    assert gone(worker)
    gateway.start()
    assert gateway.ready() > 0


@pytest.mark.nightly
def test_one_that_cannot_start_says_why_and_ends(make):
    gateway = make()
    gateway.configure(text="router_settings: {routing_strategy: no-such}\n")
    gateway.start()
    assert gateway.process.wait(120) == 6
    assert "gateway: the new worker failed" in gateway.log
    assert "no-such" in gateway.log
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", gateway.port))


@pytest.mark.nightly
def test_a_worker_that_is_never_ready_is_given_up(make):
    gateway = make()
    gateway.start("--start-timeout", "1")
    assert gateway.process.wait(30) == 6
    assert "it was not ready within 1 s" in gateway.log


def test_a_taken_port_is_named(make):
    gateway = make()
    with socket.create_server(("127.0.0.1", gateway.port)):
        gateway.start()
        assert gateway.process.wait(30) == 1
    assert gateway.log == f"127.0.0.1:{gateway.port} cannot be listened on: Address already in use\n"


def test_its_arguments_are_checked(make, litellm_python):
    gateway = make()
    whole = ["--config", str(gateway.config), "--port", "1"]
    for words, code in (([], 2), (["--config", "here", "--port", "1"], 1), ([*whole, "--host", "localhost"], 2)):
        command = [litellm_python, gateway.program, *words]
        done = subprocess.run(command, env=gateway.environ, cwd=gateway.path, capture_output=True, text=True)
        assert done.returncode == code, done.stderr
