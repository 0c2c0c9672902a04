"""Errors are sentences with a remedy, and each kind has an exit code of its own."""

import pytest

from tasks.core.model import errors
from tasks.core.model.errors import Conflict, GatewayError, InvalidInput, Unhealthy, UsageError


@pytest.mark.parametrize(
    ("kind", "code"), [(GatewayError, 1), (UsageError, 3), (InvalidInput, 4), (Conflict, 5), (Unhealthy, 6)]
)
def test_a_script_can_tell_the_kinds_apart(kind, code):
    assert kind("x").exit_code == code


def test_no_two_kinds_share_a_code_and_that_of_a_bug_is_shared_only_when_asked_for():
    direct = [each for each in GatewayError.__subclasses__() if each.__module__ == errors.__name__]
    kinds = [GatewayError, *direct]  # a kind of one of them, or of one room, ends as another one does
    codes = [each.exit_code for each in kinds]
    assert len(set(codes)) == len(codes)
    assert [each for each in kinds if each.exit_code == 2] == [errors.Changed]  # --exit-code, as in git and Terraform


def test_it_says_where_what_and_how_to_mend_it():
    error = GatewayError("is not valid", "Mend it.", where="settings.json:3:1")
    assert str(error) == "settings.json:3:1: is not valid\n  Mend it."
    assert (error.where, error.problem, error.remedy) == ("settings.json:3:1", "is not valid", "Mend it.")


def test_what_is_not_there_is_left_out():
    assert str(GatewayError("is broken")) == "is broken"
    assert str(GatewayError("is broken", where="a")) == "a: is broken"
    assert str(GatewayError("is broken", "Mend it.")) == "is broken\n  Mend it."
