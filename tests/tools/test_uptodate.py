"""When a step is up to date; what doit stores of that is a salted digest and nothing else."""

import pickle
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.model.secret import Secret
from tasks.tools.uptodate import as_built, holds, unchanged

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


@given(FACTS)
def test_the_same_facts_are_unchanged(facts):
    assert unchanged("x", facts)(None, saved(unchanged("x", facts)))


LISTS = st.lists(st.none() | st.integers() | st.text(max_size=5), max_size=4)


@given(LISTS, LISTS)
def test_other_facts_are_changed(one, other):
    assert one == other or not unchanged("x", other)(None, saved(unchanged("x", one)))


def test_before_the_first_run_nothing_is_unchanged():
    assert not unchanged("x", "facts")(None, {})


def test_the_order_of_a_mapping_is_no_fact_and_that_of_a_list_is():
    assert unchanged("x", {"a": 1, "b": 2})(None, saved(unchanged("x", {"b": 2, "a": 1})))
    assert not unchanged("x", [1, 2])(None, saved(unchanged("x", [2, 1])))


@pytest.mark.parametrize(("one", "other"), [(1, "1"), (1, True), (None, "None"), ("a", Secret("a")), ([], ""), (0, "")])
def test_kinds_are_told_apart(one, other):
    assert one == other or not unchanged("x", [other])(None, saved(unchanged("x", [one])))


def test_a_changed_secret_is_seen_and_neither_is_stored():
    stored = saved(unchanged("x", {"key": Secret("sk-one-0123456789")}))
    assert unchanged("x", {"key": Secret("sk-one-0123456789")})(None, stored)
    assert not unchanged("x", {"key": Secret("sk-two-0123456789")})(None, stored)
    assert b"sk-one" not in pickle.dumps(stored)
    assert "facts" not in repr(unchanged("x", "facts"))


def test_nobody_can_tell_from_what_is_stored_that_two_machines_have_the_same():
    one, other = (saved(unchanged("x", ["the same"])) for _ in range(2))
    assert one != other


def test_two_checks_of_one_step_do_not_meet():
    stored = saved(unchanged("one", 1)) | saved(unchanged("two", 2)) | saved(as_built([]))
    assert len(stored) == 3
    assert unchanged("one", 1)(None, stored)
    assert not unchanged("two", 1)(None, stored)


@pytest.fixture
def built(tmp_path):
    paths = [tmp_path / "a", tmp_path / "b"]
    for path in paths:
        path.write_text(path.name)
    return paths


def test_files_as_they_were_left_are_as_built(built):
    assert as_built(built)(None, saved(as_built(built)))
    assert not as_built(built)(None, {})


LOOP = pytest.param("loop", marks=pytest.mark.xfail(reason="defect: a link to itself is an OSError", strict=True))


@pytest.mark.parametrize("what", ["edited", "same size", "touched", "removed", "mode", "directory", "dangling", LOOP])
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
