"""Two terminals, two profiles, one machine: nothing of it is seen outside of the program that was started."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytestmark = pytest.mark.sample(3)

TOKEN = "company-token-0123456789"
CLAUDE = f"""#!{sys.executable}
import json, os, sys, time
settings = open(sys.argv[2]).read()
told = {{"argv": sys.argv, "settings": json.loads(settings), "cwd": os.getcwd(), "env": dict(os.environ)}}
told["cmdline"] = open("/proc/self/cmdline").read() if os.path.exists("/proc/self/cmdline") else ""
told["again"] = os.popen("cat " + sys.argv[2]).read() == settings
json.dump(told, open(os.environ["TOLD"] + ".new", "w"))
os.rename(os.environ["TOLD"] + ".new", os.environ["TOLD"])
if "wait" in sys.argv:
    time.sleep(60)
sys.exit(7 if "seven" in sys.argv else 0)
"""
"""Tells what it was given; the second word names its settings."""


class Gateway(BaseHTTPRequestHandler):
    """Lists the models that a demo serves, and nothing else."""

    def do_GET(self):
        data = json.dumps({"data": [{"id": "demo"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        """Nothing."""


@pytest.fixture
def port():
    """Where something answers like the local gateway."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield str(server.server_port)
    server.shutdown()
    server.server_close()


@pytest.fixture
def two(sandbox, port):
    """The profiles here (deployed) and company; a claude that tells what it sees; a folder to be in."""
    (sandbox.root / "bin").mkdir()
    (sandbox.root / "tmp").mkdir()
    (sandbox.root / "work").mkdir()
    claude = sandbox.root / "bin" / "claude"
    claude.write_text(CLAUDE)
    claude.chmod(0o755)
    elsewhere = ["--gateway-type", "custom", "--gateway-url", "https://gw.example.com", "--sonnet", "their-sonnet"]
    sandbox.deploy("--profile", "company", *elsewhere, env={"GATEWAY_TOKEN": TOKEN})
    sandbox.deploy("--profile", "here", "--preset", "demo", "--port", port)
    sandbox.extra["TMPDIR"] = str(sandbox.root / "tmp")
    return sandbox


def begin(box, *words, told="told", without=""):
    """Type `doit exec WORDS` in the folder work, as somebody whose doit knows our dodo.py."""
    environ = box.environment(TOLD=str(box.root / told))
    environ["PATH"] = f"{box.root / 'bin'}:{environ['PATH']}"
    switch = f"import os; del os.{without}; " if without else ""
    place = f"import sys; sys.path.insert(0, {str(box.project)!r}); "
    start = f"{switch}{place}from tasks.core.frame.front import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-P", "-c", start, "exec", *words]
    out = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, cwd=box.root / "work", env=environ, stdin=subprocess.DEVNULL, **out)


def told(box, name="told"):
    """What the fake claude wrote, once it did."""
    path = box.root / name
    for _ in range(600):
        if path.exists():
            return json.loads(path.read_text())
        time.sleep(0.05)
    raise AssertionError("claude was not started")


def run(box, *words, **more):
    process = begin(box, *words, **more)
    out = process.communicate(timeout=60)[0].decode()
    return process.returncode, out


def env_of(seen):
    return seen["settings"]["env"]


def test_two_terminals_with_two_profiles_at_once(two):
    before = two.state(two.home)
    one = begin(two, "--profile", "here", "--", "claude", "wait", told="one")
    other = begin(two, "--profile", "company", "--", "claude", "wait", told="other")
    here, company = told(two, "one"), told(two, "other")
    assert env_of(here)["ANTHROPIC_AUTH_TOKEN"] == two.secrets()[0]
    assert env_of(here)["ANTHROPIC_MODEL"] == "demo"
    assert env_of(company)["ANTHROPIC_BASE_URL"] == "https://gw.example.com"
    assert env_of(company)["ANTHROPIC_AUTH_TOKEN"] == TOKEN
    assert env_of(company)["ANTHROPIC_MODEL"] == "their-sonnet"
    for process in (one, other):
        process.kill()
        process.communicate()
    assert two.state(two.home) == before


def test_what_only_the_deployed_one_has_is_cancelled(two):
    run(two, "--profile", "company", "--", "claude")
    assert two.env_json()["ANTHROPIC_DEFAULT_OPUS_MODEL"]
    assert env_of(told(two))["ANTHROPIC_DEFAULT_OPUS_MODEL"] == ""
    assert two.json(two.settings)["modelPicker"]["options"]
    assert told(two)["settings"]["modelPicker"]["options"] == []


def test_the_list_of_models_is_repeated_whole(two):
    run(two, "--profile", "here", "--", "claude")
    assert told(two)["settings"]["modelPicker"] == two.json(two.settings)["modelPicker"]


def test_words_folder_and_exit_code_are_the_programs_own(two):
    code, out = run(two, "--profile", "here", "--", "claude", "seven", "a=b", "--start", "--", "two words")
    assert code == 7, out
    seen = told(two)
    assert seen["argv"][3:] == ["seven", "a=b", "--start", "--", "two words"]
    assert Path(seen["cwd"]).samefile(two.root / "work")


def test_a_secret_is_on_no_command_line_and_in_no_variable(two):
    run(two, "--profile", "here", "--", "claude")
    seen, key = told(two), two.secrets()[0]
    assert key in json.dumps(seen["settings"])
    assert key not in seen["cmdline"] + json.dumps(seen["argv"]) + json.dumps(seen["env"])


@pytest.mark.parametrize("without", ["", "memfd_create"])
def test_nothing_is_left_even_when_it_is_killed(two, without):
    before = two.state(two.home)
    process = begin(two, "--profile", "here", "--", "claude", "wait", without=without)
    seen = told(two)
    assert seen["again"]  # a child of it can read them, too
    files = list((two.root / "tmp").iterdir())
    assert [path.stat().st_mode & 0o777 for path in files] == [0o600] * bool(without)
    process.kill()
    process.communicate()
    for _ in range(100):
        if not any(path.exists() for path in files):
            break
        time.sleep(0.05)
    assert list((two.root / "tmp").iterdir()) == []
    assert two.state(two.home) == before


def test_a_signal_reaches_the_program(two):
    process = begin(two, "--profile", "here", "--", "claude", "wait")
    told(two)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGTERM


def test_any_other_program_gets_variables(two):
    code, out = run(
        two, "--profile", "company", "--", sys.executable, "-c", "import os; print(os.environ['ANTHROPIC_AUTH_TOKEN'])"
    )
    assert (code, out.strip()) == (0, TOKEN)


def test_without_a_name_it_is_what_is_deployed(two):
    assert run(two, "--", "claude")[0] == 0
    assert env_of(told(two))["ANTHROPIC_MODEL"] == "demo"


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--profile", "here"], 3, "--"),
        (["--profile", "nope", "--", "claude"], 3, "company, here"),
        (["--profile", "here", "--", "no-such-program"], 3, "PATH"),
        (["--profile", "here", "--", "claude", "--settings", "x"], 3, "--settings"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(two, words, code, says):
    got, out = run(two, *words)
    assert got == code, out
    assert says in out
    assert "Traceback" not in out


def test_a_gateway_that_does_not_run_is_told_how_to_start(two, sandbox):
    sandbox.deploy("--port", "4199")
    code, out = run(two, "--profile", "here", "--", "claude")
    assert code == 6, out
    assert "doit start" in out


def test_models_that_the_running_one_does_not_serve_are_named(two, vertex, port):
    vertex.deploy("--profile", "more", "--preset", "basic", "--port", port)
    code, out = run(two, "--profile", "more", "--", "claude")
    assert code == 6, out
    assert "gemini" in out
    assert "doit use more --start" in out


def test_a_token_goes_to_no_other_address_than_its_own(two):
    words = ["--gateway-type", "custom", "--gateway-url", "https://other.example.com"]
    two.deploy("--profile", "other", *words, env={"GATEWAY_TOKEN": "other-token-9876543210"})
    code, out = run(two, "--profile", "company", "--", "claude")
    assert code == 5, out
    assert "https://other.example.com" in out
    assert "other-token" not in out
    two.extra["GATEWAY_TOKEN"] = TOKEN
    assert run(two, "--profile", "company", "--", "claude")[0] == 0
    assert env_of(told(two))["ANTHROPIC_AUTH_TOKEN"] == TOKEN


def test_the_users_own_mode_of_permissions_stays(two):
    settings = json.loads(two.settings.read_text())
    settings["permissions"]["defaultMode"] = "plan"
    two.settings.write_text(json.dumps(settings))
    run(two, "--profile", "here", "--", "claude")
    assert "permissions" not in told(two)["settings"]


def test_what_python_ignores_the_program_does_not(two):
    code, out = run(two, "--profile", "company", "--", "sh", "-c", "kill -PIPE $$; echo alive")
    assert code == -signal.SIGPIPE, out
