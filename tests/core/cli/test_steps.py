"""Our errors fail a step with their sentence; anything else is a bug and comes through as it is."""

import errno

import pytest
from doit.exceptions import TaskFailed

from tasks.core.cli.steps import action, fail
from tasks.core.model.errors import Conflict, GatewayError, InvalidInput, Unhealthy, UsageError
from tasks.core.model.secret import Secret


@pytest.mark.parametrize("kind", [GatewayError, UsageError, InvalidInput, Conflict, Unhealthy])
def test_an_error_of_ours_fails_the_step_with_its_sentence_and_its_code(kind):
    @action
    def step():
        raise kind("is wrong", "Mend it.", where="here")

    failed = step()
    assert isinstance(failed, TaskFailed)
    assert failed.exit_code == kind.exit_code
    assert failed.get_msg().strip().startswith("here: is wrong\n  Mend it.")
    assert "Traceback" not in failed.get_msg()


def test_what_the_system_refuses_is_a_failure_with_a_sentence():
    @action
    def step():
        raise OSError(errno.ENOSPC, "No space left on device", "/some/where")

    failed = step()
    assert failed.exit_code == 1
    assert "/some/where" in str(failed.message)


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt, SystemExit])
def test_anything_else_comes_through(kind):
    @action
    def step():
        raise kind("a bug")

    with pytest.raises(kind):
        step()


@pytest.mark.parametrize("returned", [None, False, True, "text", {"a": 1}, Secret("x"), 5])
def test_whatever_it_returns_doit_never_stores_or_judges_it(returned):
    assert action(lambda: returned)() is None


def test_it_takes_what_the_function_takes():
    seen = []
    assert action(lambda a, b=1, *, c: seen.append((a, b, c)))(5, c=7) is None
    assert seen == [(5, 1, 7)]


def test_doit_still_sees_the_names_of_the_parameters():
    import inspect

    @action
    def step(layout, purge: bool):
        """What it does."""

    assert list(inspect.signature(step).parameters) == ["layout", "purge"]
    assert (step.__name__, step.__doc__) == ("step", "What it does.")


def test_a_step_that_cannot_be_planned_fails_when_it_is_run():
    assert fail(UsageError("no such model")).exit_code == 3
