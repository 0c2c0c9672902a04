"""When a step is up to date; what doit stores of that is a salted digest and nothing else."""

import pickle
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.frame.uptodate import as_built, holds, unchanged
from tasks.core.model.errors import GatewayError
from tasks.core.model.secret import Secret

FACTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def saved(check):
    """What doit stores after the step succeeded."""
    task = SimpleNamespace(value_savers=[])
    check.configure_task(task)
    stored = {}
    for saver in task.value_savers:
        stored |= saver()
    return stored


def told(facts, name="x"):
    """The check of a step that depends on *facts*."""
    return unchanged(name, lambda: facts)


@given(FACTS)
def test_the_same_facts_are_unchanged(facts):
    assert told(facts)(None, saved(told(facts)))


@pytest.mark.parametrize("error", [GatewayError("is not there"), PermissionError(13, "denied")], ids=repr)
def test_facts_that_cannot_be_had_are_left_to_the_step(error):
    def cannot():
        raise error

    assert not unchanged("x", cannot)(None, saved(told(1)))
    assert saved(unchanged("x", cannot)) == {}


LISTS = st.lists(st.none() | st.integers() | st.text(max_size=5), max_size=4)


@given(LISTS, LISTS)
def test_other_facts_are_changed(one, other):
    assert one == other or not told(other)(None, saved(told(one)))


def test_before_the_first_run_nothing_is_unchanged():
    assert not told("facts")(None, {})


def test_facts_are_looked_at_when_they_are_compared_and_when_the_step_is_done():
    facts = []
    check = unchanged("x", lambda: list(facts))
    facts.append("found while the step ran")
    stored = saved(check)
    assert check(None, stored)
    facts.append("found since")
    assert not check(None, stored)


def test_the_order_of_a_mapping_is_no_fact_and_that_of_a_list_is():
    assert told({"a": 1, "b": 2})(None, saved(told({"b": 2, "a": 1})))
    assert not told([1, 2])(None, saved(told([2, 1])))


@pytest.mark.parametrize(("one", "other"), [(1, "1"), (1, True), (None, "None"), ("a", Secret("a")), ([], ""), (0, "")])
def test_kinds_are_told_apart(one, other):
    assert one == other or not told([other])(None, saved(told([one])))


def test_a_changed_secret_is_seen_and_neither_is_stored():
    stored = saved(told({"key": Secret("sk-one-0123456789")}))
    assert told({"key": Secret("sk-one-0123456789")})(None, stored)
    assert not told({"key": Secret("sk-two-0123456789")})(None, stored)
    assert b"sk-one" not in pickle.dumps(stored)
    assert "facts" not in repr(told("facts"))


def test_nobody_can_tell_from_what_is_stored_that_two_machines_have_the_same():
    one, other = (saved(told(["the same"])) for _ in range(2))
    assert one != other


def test_two_checks_of_one_step_do_not_meet():
    stored = saved(told(1, "one")) | saved(told(2, "two")) | saved(as_built([]))
    assert len(stored) == 3
    assert told(1, "one")(None, stored)
    assert not told(1, "two")(None, stored)


@pytest.fixture
def built(tmp_path):
    paths = [tmp_path / "a", tmp_path / "b"]
    for path in paths:
        path.write_text(path.name)
    return paths


def test_files_as_they_were_left_are_as_built(built):
    assert as_built(built)(None, saved(as_built(built)))
    assert not as_built(built)(None, {})


@pytest.mark.parametrize("what", ["edited", "same size", "touched", "removed", "mode", "directory", "dangling", "loop"])
def test_whatever_happened_to_one_of_them_is_seen(built, what):
    stored = saved(as_built(built))
    path = built[1]
    match what:
        case "edited":
            path.write_text("other text")
        case "same size":
            path.write_text("c")
        case "touched":
            path.touch()
        case "mode":
            path.chmod(0o600 if path.stat().st_mode & 0o777 != 0o600 else 0o644)
        case _:
            path.unlink()
    if what == "directory":
        path.mkdir()
    if what in ("dangling", "loop"):
        path.symlink_to("b" if what == "loop" else "nowhere")
    assert as_built(built)(None, stored) is (what == "touched")


def test_what_is_stored_of_files_tells_nothing_of_them(built):
    built[0].write_text("KEY=sk-very-secret")
    stored = repr(saved(as_built(built)))
    assert "secret" not in stored
    assert str(built[0]) not in stored


def test_a_check_that_cannot_answer_lets_the_step_run():
    def broken():
        raise OSError

    assert [holds(check)() for check in (lambda: True, lambda: False, broken)] == [True, False, False]
