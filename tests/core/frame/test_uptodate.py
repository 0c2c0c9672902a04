"""When a step is up to date; what doit stores of that is a salted digest and nothing else."""

import json
import os
import pickle
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.frame.memory import Content
from tasks.core.frame.uptodate import holds, unchanged
from tasks.core.model.errors import GatewayError
from tasks.core.model.secret import Secret

FACTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def task(*targets):
    """A step that leaves *targets*."""
    return SimpleNamespace(value_savers=[], targets=[str(target) for target in targets])


def saved(check, *targets):
    """What doit keeps after the step succeeded: JSON."""
    done = task(*targets)
    check.configure_task(done)
    kept = {}
    for saver in done.value_savers:
        kept |= saver()
    return json.loads(json.dumps(kept))


def told(facts):
    """The check of a step that depends on *facts*."""
    return unchanged(lambda: facts)


@given(FACTS)
def test_the_same_facts_are_unchanged(facts):
    assert told(facts)(task(), saved(told(facts)))


@pytest.mark.parametrize("error", [GatewayError("is not there"), PermissionError(13, "denied")], ids=repr)
def test_facts_that_cannot_be_had_are_left_to_the_step(error):
    def cannot():
        raise error

    assert not unchanged(cannot)(task(), saved(told(1)))
    assert saved(unchanged(cannot)) == {}


LISTS = st.lists(st.none() | st.integers() | st.text(max_size=5), max_size=4)


@given(LISTS, LISTS)
def test_other_facts_are_changed(one, other):
    assert one == other or not told(other)(task(), saved(told(one)))


def test_before_the_first_run_nothing_is_unchanged():
    assert not told("facts")(task(), {})


def test_facts_are_looked_at_when_they_are_compared_and_when_the_step_is_done():
    facts = []
    check = unchanged(lambda: list(facts))
    facts.append("found while the step ran")
    stored = saved(check)
    assert check(task(), stored)
    facts.append("found since")
    assert not check(task(), stored)


def test_the_order_of_a_mapping_is_no_fact_and_that_of_a_list_is():
    assert told({"a": 1, "b": 2})(task(), saved(told({"b": 2, "a": 1})))
    assert not told([1, 2])(task(), saved(told([2, 1])))


@pytest.mark.parametrize(("one", "other"), [(1, "1"), (1, True), (None, "None"), ("a", Secret("a")), ([], ""), (0, "")])
def test_kinds_are_told_apart(one, other):
    assert one == other or not told([other])(task(), saved(told([one])))


def test_a_changed_secret_is_seen_and_neither_is_stored():
    stored = saved(told({"key": Secret("sk-one-0123456789")}))
    assert told({"key": Secret("sk-one-0123456789")})(task(), stored)
    assert not told({"key": Secret("sk-two-0123456789")})(task(), stored)
    assert b"sk-one" not in pickle.dumps(stored)
    assert "facts" not in repr(told("facts"))


def test_nobody_can_tell_from_what_is_stored_that_two_machines_have_the_same():
    one, other = (saved(told(["the same"])) for _ in range(2))
    assert one != other


FACTS_OF_A_BUILD = {"port": 4000}


@pytest.fixture
def built(tmp_path):
    """Two files that a step left, and what was kept of them."""
    paths = [tmp_path / "a", tmp_path / "b"]
    for path in paths:
        path.write_text(path.name)
    return paths, saved(told(FACTS_OF_A_BUILD), *paths)


def is_up_to_date(paths, kept, facts=FACTS_OF_A_BUILD):
    return told(facts)(task(*paths), kept)


def test_targets_as_they_were_left_are_up_to_date(built):
    assert is_up_to_date(*built)


def test_touching_a_target_runs_nothing(built):
    os.utime(built[0][1], (1, 1))
    assert is_up_to_date(*built)


def foreign(path):
    """What another run of the step made there, for other facts."""
    path.with_name("other").write_text("x")
    path.with_name("other").replace(path)


def tampered_with_its_time_restored(path):
    before = path.stat()
    path.write_text("x")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def truncated(path):
    os.truncate(path, 0)


def removed(path):
    path.unlink()


@pytest.mark.parametrize("damage", [foreign, tampered_with_its_time_restored, truncated, removed])
def test_a_target_with_other_content_is_found(built, damage):
    damage(built[0][1])
    assert not is_up_to_date(*built)


def test_content_of_other_facts_is_not_up_to_date_although_nobody_touched_it(built):
    assert not is_up_to_date(*built, facts={"port": 4001})


def test_another_number_of_targets_is_not_up_to_date(built):
    paths, kept = built
    assert not is_up_to_date(paths[:1], kept)
    assert not is_up_to_date([*paths, paths[0]], kept)


@pytest.mark.parametrize("kept", [None, [], "x", [None, None], ["a:b", None], {"a": 1}, 5])
def test_a_damaged_memory_is_no_proof(built, kept):
    assert not is_up_to_date(built[0], {"unchanged": kept})


def test_what_is_kept_of_files_tells_nothing_of_them(tmp_path):
    file = tmp_path / "file"
    file.write_text("KEY=sk-very-secret")
    kept = repr(saved(told(1), file))
    assert "secret" not in kept
    assert str(file) not in kept


@pytest.mark.parametrize("damage", [tampered_with_its_time_restored, truncated])
def test_a_changed_dependency_is_found_although_its_time_is_as_before(tmp_path, damage):
    file = tmp_path / "file"
    file.write_text("abc")
    state = json.loads(json.dumps(Content().get_state(str(file), None)))
    assert Content().get_state(str(file), state) is None
    damage(file)
    assert Content().check_modified(str(file), file.stat(), state)


def test_a_touched_dependency_is_the_same(tmp_path):
    file = tmp_path / "file"
    file.write_text("abc")
    state = Content().get_state(str(file), None)
    os.utime(file, (1, 1))
    assert not Content().check_modified(str(file), file.stat(), state)


def test_a_check_that_cannot_answer_lets_the_step_run():
    def broken():
        raise OSError

    assert [holds(check)() for check in (lambda: True, lambda: False, broken)] == [True, False, False]
