"""How much is told, and to whom: --quiet and --verbose everywhere, and readers who have seen enough."""

from __future__ import annotations

import subprocess

import pytest

from tests.conftest import make_sandbox

pytestmark = pytest.mark.sample(3)


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    made = make_sandbox(tmp_path_factory.mktemp("told"))
    made.deploy("--preset", "demo")
    return made


@pytest.mark.parametrize(
    "words", ["deploy", "status", "history 1", "models demo", "validate", "render", "history --archives"]
)
def test_every_command_can_be_quiet(box, words):
    result = box.doit(*words.split(), "--quiet")
    assert result.code == 0, result.text
    assert result.err == ""


def test_quiet_leaves_what_was_asked_for_and_what_went_wrong(box):
    assert "http://127.0.0.1:4000" in box.doit("status", "--quiet").out
    assert "Plan for demo" in box.doit("plan", "--quiet", "--port", "4999").out
    failed = box.doit("history", "99", "--quiet")
    assert failed.code == 3
    assert "99" in failed.err
    warned = box.doit("deploy", "--preset", "basic", "--dry-run", "--allow-missing", "--quiet")
    assert "VERTEX_PROJECT" in warned.text


def test_verbose_tells_also_of_what_had_nothing_to_do(box):
    plain, verbose = box.doit("deploy").err, box.doit("deploy", "--verbose").err
    assert "install" not in plain
    assert any(line.split()[1:2] == ["install"] and "nothing to do" in line for line in verbose.splitlines())


@pytest.mark.parametrize(
    "words", ["list", "list --all", "plan --diff", "models", "status", "history 1", "models --json"]
)
@pytest.mark.parametrize("lines", [0, 1])
def test_a_reader_who_has_seen_enough_is_no_error(box, words, lines):
    with subprocess.Popen(
        box.command(*words.split()),
        cwd=box.project,
        env=box.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        for _ in range(lines):
            assert process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read().decode()
        code = process.wait(20)
    assert code in (0, -13), err  # 13, SIGPIPE: as any other program
    for noise in ("Traceback", "BrokenPipe", "Exception ignored", "ERROR"):
        assert noise not in err


def test_a_deployment_does_not_stop_because_nobody_reads(sandbox):
    with subprocess.Popen(
        sandbox.command("deploy", "--preset", "demo"),
        cwd=sandbox.project,
        env=sandbox.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.close()
        process.stderr.close()
        assert process.wait(30) == 0
    assert sandbox.doit("status", "--exit-code").code == 0
    assert sandbox.env_json()["ANTHROPIC_BASE_URL"]
