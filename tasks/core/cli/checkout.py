"""Commands for those who change this project: an installed package has nothing to change."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, ParamSpec

from tasks.core.cli import steps
from tasks.core.model.errors import UsageError
from tasks.core.model.layout import PROJECT, is_packaged

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")


def in_checkout(
    function: Callable[P, object],
) -> Callable[P, steps.Failure | None]:
    """Let *function* be a doit action, as steps.action() does; in a package it fails."""

    @steps.action
    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        if is_packaged(PROJECT):
            remedy = "Clone the repository, and run there: python3 dodo.py …"
            problem = "this command is for a clone, to change the project"
            raise UsageError(problem, remedy)
        function(*args, **kwargs)

    return run
