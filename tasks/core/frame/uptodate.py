"""When a step is up to date: beside doit's own checks of its file dependencies."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tasks.core.disk import files
from tasks.core.model.errors import GatewayError
from tasks.core.model.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

CANNOT_BE_HAD = (GatewayError, OSError)


class unchanged:  # noqa: N801 - reads like doit's own config_changed
    """Up to date while *facts* are what they were, looked at when the step's turn comes.

    A keyed digest is stored, never the facts.
    """

    def __init__(self, name: str, facts: Callable[[], object]) -> None:
        self.name, self.facts = f"unchanged:{name}", facts

    def configure_task(self, task: Any) -> None:  # noqa: ANN401 - doit's Task
        """Have the digest saved when the task succeeded."""
        task.value_savers.append(self._save)

    def __call__(self, task: Any, values: Mapping[str, str]) -> bool:  # noqa: ANN401, ARG002 - doit's protocol
        """Whether the facts give the digest that was saved, with the salt that was saved beside it.

        When they cannot be had they are not what they were: the step runs into the same error, and tells it.
        """
        before = values.get(self.name, "")
        try:
            return bool(before) and self._state(before.partition(":")[0]) == before
        except CANNOT_BE_HAD:
            return False

    def _save(self) -> dict[str, str]:
        """What doit keeps: nothing, so that the step runs again, when the facts cannot be had."""
        try:
            return {self.name: self._state(os.urandom(16).hex())}
        except CANNOT_BE_HAD:
            return {}

    def _state(self, salt: str) -> str:
        return _keyed(salt, repr(_plain(self.facts())).encode())

    def __repr__(self) -> str:
        return self.name


class as_built:  # noqa: N801
    """Up to date while every file still holds what the step left there: doit looks only whether targets exist."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self.paths = tuple(paths)

    def configure_task(self, task: Any) -> None:  # noqa: ANN401 - doit's Task
        """Have the state of the files saved when the task succeeded."""
        task.value_savers.append(lambda: {"as built": self._state(os.urandom(16).hex())})

    def __call__(self, task: Any, values: Mapping[str, str]) -> bool:  # noqa: ANN401, ARG002 - doit's protocol
        """Whether content and modes are what they were."""
        before = values.get("as built", "")
        return bool(before) and self._state(before.partition(":")[0]) == before

    def _state(self, salt: str) -> str:
        found = [(str(path), *_found(path)) for path in self.paths]
        return _keyed(salt, repr(found).encode())

    def __repr__(self) -> str:
        return "as built"


def holds(check: Callable[[], bool]) -> Callable[[], bool]:
    """An up-to-date check of ours as doit wants it: one that cannot answer means: run the step, which will tell why."""

    def answer() -> bool:
        try:
            return check()
        except Exception:  # noqa: BLE001 - doit would abort with a traceback, exit 3
            return False

    return answer


def _found(path: Path) -> tuple[bytes | None, int | None]:
    try:
        return files.read(path), files.mode_of(path)
    except (OSError, RuntimeError):  # a link that leads in a circle
        return None, None


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
