"""A value that may be used but not shown."""

from __future__ import annotations


def unshown(thing: object) -> str:
    """The repr of what may hold a secret: what it is."""
    return f"{type(thing).__name__}([hidden])"


class Secret:
    """Wraps a text so that printing, formatting or logging it shows [hidden]; only reveal() gives it away."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself, for the one place that must have it."""
        return self._value

    def __repr__(self) -> str:
        return "[hidden]"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format("[hidden]", spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(("Secret", self._value))

    def __bool__(self) -> bool:
        return bool(self._value)

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not stored")
