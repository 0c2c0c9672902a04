"""doit's own commands, as doit promises them: what they are for, and what they leave."""

from __future__ import annotations

import pytest

from tests.conftest import Sandbox, make_sandbox
from tests.core.frame.test_memory import memory


@pytest.fixture(scope="module")
def staged(tmp_path_factory) -> Sandbox:
    """A sandbox in which a release was staged; only looked at."""
    box = make_sandbox(tmp_path_factory.mktemp("staged"))
    assert box.doit("stage").code == 0
    return box


def made(box):
    """The files below build/ that steps made."""
    return {path.name for path in box.workshop.rglob("*") if path.is_file()} - {"doit.db", "lock"}


def test_clean_removes_what_the_steps_made_and_its_dry_run_says_what(sandbox):
    assert sandbox.doit("stage").code == 0
    before = made(sandbox)
    assert {"choices.json", ".env", "deployment-manifest.json"} <= before
    shown = sandbox.doit("clean", "-n")
    assert made(sandbox) == before
    for name in before:
        assert f"/{name}'" in shown.out
    cleaned = sandbox.doit("clean")
    assert (cleaned.code, cleaned.out) == (0, shown.out)
    assert not made(sandbox)
    assert sandbox.doit("stage").code == 0
    assert made(sandbox) == before


def test_clean_leaves_what_was_chosen_for_later(sandbox):
    assert sandbox.doit("choose", "--preset", "demo", "--port", "4603").code == 0
    assert sandbox.doit("clean").code == 0
    assert made(sandbox) == {"choices.json"}
    assert "4603" in sandbox.doit("choose").text


def test_clean_of_one_step_leaves_the_others(sandbox):
    assert sandbox.doit("stage").code == 0
    assert sandbox.doit("clean", "stage").code == 0
    assert not [*(sandbox.workshop / "release").iterdir()]
    assert [*(sandbox.workshop / "rendered").iterdir()]


def test_forget_makes_a_step_run_again(sandbox):
    assert sandbox.doit("stage").code == 0
    assert "nothing to do" in sandbox.doit("stage").err
    assert sandbox.doit("forget", "stage").code == 0
    assert "nothing to do" not in sandbox.doit("stage").err


@pytest.mark.parametrize(
    ("ignored", "command"), [("settings", "deploy --preset demo"), ("render", "stage"), ("render:.env", "stage")]
)
def test_a_run_that_needs_an_ignored_step_fails_and_says_which(sandbox, ignored, command):
    assert sandbox.doit("ignore", ignored).code == 0
    result = sandbox.doit(*command.split())
    assert result.code == 1
    assert f"doit forget {ignored}\n" in result.err
    assert "doit forget _" not in result.err
    assert not sandbox.settings.exists()
    assert sandbox.doit("forget", ignored).code == 0
    assert sandbox.doit(*command.split()).code == 0


def test_info_shows_what_a_step_depends_on(staged):
    shown = staged.doit("info", "stage")
    assert shown.code == 0, shown.text
    assert str(staged.workshop / "rendered" / "serve.py") in shown.out
    wrong = staged.doit("info", "nosuch")
    assert wrong.code == 3
    assert "there is no step 'nosuch'" in wrong.err


def test_dumpdb_shows_what_is_remembered(staged):
    shown = staged.doit("dumpdb")
    assert shown.code == 0, shown.text
    assert "stage -> {" in shown.out


def test_another_kind_of_memory_in_the_same_place_is_refused(staged):
    refused = staged.doit("dumpdb", "--backend", "json", "--db-file", str(memory(staged)))
    assert refused.code == 1
    assert "Traceback" not in refused.text


@pytest.mark.parametrize("how", [("-n", "2"), ("-n", "2", "-P", "thread")], ids=" ".join)
def test_several_processes_share_no_transaction(sandbox, how):
    result = sandbox.doit(*how, "deploy", "--preset", "demo")
    assert result.code == 0, result.text
    assert sandbox.doit("verify").code == 0
    assert "Deployed demo" in result.out


def test_n_without_a_number_says_what_it_is(staged):
    result = staged.doit("-n", "deploy")
    assert result.code == 3
    assert "number of processes" in result.err
    assert "doit deploy -n" in result.err


def test_continue_goes_on_and_keeps_the_code_of_the_first_failure(sandbox):
    (sandbox.project / "templates" / "models" / "demo.yaml").write_text("nonsense: true\n")
    result = sandbox.doit("run", "--continue", "validate:templates", "verify")
    assert result.code == 4
    assert "verify" in result.err
