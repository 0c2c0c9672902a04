"""When a step is up to date: its targets have the content that its inputs give."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from tasks.core.disk import content
from tasks.core.model.errors import GatewayError
from tasks.core.model.secret import Secret

KEPT = "unchanged"
"""Under which name doit keeps what it needs to tell."""

CANNOT_BE_HAD = (GatewayError, OSError)
"""Errors of looking at facts."""

DAMAGED = (KeyError, ValueError, TypeError, AttributeError)
"""Errors of reading what was kept."""


class unchanged:  # noqa: N801 - reads like doit's own config_changed
    """Up to date while *facts* are what they were, and every target is what the step left.

    Equal inputs and a pure step give equal bytes, so the content of then is right. That a target
    exists, which is all that doit looks at, says nothing: another run may have made it. Of the
    facts a keyed digest is kept, never they themselves; they are looked at when the step's turn
    comes.
    """

    def __init__(self, facts: Callable[[], object]) -> None:
        self.facts = facts

    def configure_task(self, task: Any) -> None:  # noqa: ANN401 - doit's Task
        """Have what is needed to tell kept when the task succeeded."""
        task.value_savers.append(lambda: self._save(task))

    def __call__(self, task: Any, values: Mapping[str, Any]) -> bool:  # noqa: ANN401 - doit's
        """Whether facts and targets are as they were.

        When the facts cannot be had they are not: the step runs into the same error, and says it.
        """
        try:
            key, prints = values[KEPT]
            salt, _, _ = key.partition(":")
            if self._digest(salt) != key:
                return False
        except (*CANNOT_BE_HAD, *DAMAGED):
            return False
        if len(prints) != len(task.targets):
            return False
        return all(map(content.is_same, task.targets, prints))

    def _save(self, task: Any) -> dict[str, Any]:  # noqa: ANN401
        """What doit keeps: nothing, so that the step runs again, when the facts cannot be had."""
        salt = os.urandom(16).hex()
        try:
            key = self._digest(salt)
        except CANNOT_BE_HAD:
            return {}
        prints = [content.take(target) for target in task.targets]
        return {KEPT: (key, prints)}

    def _digest(self, salt: str) -> str:
        facts = _plain(self.facts())
        return _keyed(salt, repr(facts).encode())

    def __repr__(self) -> str:
        return KEPT


def holds(check: Callable[[], bool]) -> Callable[[], bool]:
    """A check of ours as doit wants it.

    One that cannot answer means: run the step, which says why.
    """

    def answer() -> bool:
        try:
            return check()
        except Exception:  # noqa: BLE001 - doit would abort with a traceback, exit 3
            return False

    return answer


def _plain(facts: object) -> object:
    """*facts* with secrets revealed and mappings in order, for the digest alone."""
    if isinstance(facts, Secret):
        return ("secret", facts.reveal())
    if isinstance(facts, Mapping):
        return [(key, _plain(facts[key])) for key in sorted(facts, key=str)]
    if isinstance(facts, (list, tuple)):
        return [_plain(each) for each in facts]
    return facts


def _keyed(salt: str, data: bytes) -> str:
    import hmac

    return f"{salt}:{hmac.new(salt.encode(), data, 'sha256').hexdigest()}"
