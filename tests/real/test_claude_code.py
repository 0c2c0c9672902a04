"""The real Claude Code, joined by a deployment to the demo gateway."""

import subprocess

import pytest
from deployed import demo

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def joined(tmp_path_factory, litellm_executable, claude):
    """A started demo, and a way to run `claude` in its home."""
    with demo(tmp_path_factory.mktemp("joined"), litellm_executable) as made:
        made.start()
        made.claude = claude
        yield made


def ask(joined, *words, **environ):
    work = joined.box.root / "work"
    work.mkdir(exist_ok=True)
    base = {"PATH": "/usr/bin:/bin", "HOME": str(joined.box.home), "TERM": "dumb", "CLAUDE_CODE_MAX_RETRIES": "0"}
    return subprocess.run(
        [joined.claude, "-p", "say hi", *words],
        cwd=work,
        env=base | environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("model", [None, "opus", "sonnet", "haiku", "claude-opus-5-5", "claude-haiku-5-5"])
def test_it_is_answered_whatever_model_it_asks_for(joined, model):
    done = ask(joined, *(["--model", model] if model else []))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("Your gateway works")


def test_what_a_shell_still_exports_does_not_lead_it_past_the_gateway(joined):
    stale = {
        "CLAUDE_CODE_USE_BEDROCK": "1",
        "ANTHROPIC_API_KEY": "sk-ant-old",
        "ANTHROPIC_BASE_URL": "http://127.0.0.1:1",
    }
    done = ask(joined, **stale)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("Your gateway works")


def test_a_proxy_in_the_shell_is_not_in_the_way(joined):
    if "NO_PROXY" not in joined.box.env_json():
        joined.box.deploy(env={"HTTP_PROXY": "http://127.0.0.1:1"})
    done = ask(joined, HTTP_PROXY="http://127.0.0.1:1", HTTPS_PROXY="http://127.0.0.1:1")
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_own_check_finds_the_gateway(joined):
    base = {"PATH": "/usr/bin:/bin", "HOME": str(joined.box.home)}
    done = subprocess.run(
        [joined.claude, "auth", "status", "--text"], env=base, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0
    assert joined.url in done.stdout
