"""What this run did: the steps tell it, the receipt and deployment.log are made from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


SEE = " (see them: doit explain)"


class Summary:
    """Collected while the steps of one command run.

    Nothing here is secret, and nothing is read back.
    """

    def __init__(self) -> None:
        self.written: list[str] = []
        self.kept: list[str] = []
        self.unchanged: list[str] = []
        self.removed: list[str] = []
        self.restored: list[str] = []
        self.withheld: list[str] = []
        self.warnings: list[str] = []
        self.settings = ""
        """The name of the settings file, with which the items about its keys begin."""
        self.backup: Path | None = None
        self.log: Path | None = None
        self.heard: list[str] | None = None
        """What the gateway said when it was proven; None: it was not asked."""
        self.selected: tuple[str, ...] = ()
        self.steps: list[dict[str, object]] = []

    def lines(self) -> list[str]:
        """The receipt: what was written, removed, kept, restored, withheld, left unchanged, and the backup."""
        lists = {
            "written": self._count_settings(self.written, SEE),
            "removed": self._count_settings(self.removed),
            "kept": self.kept,
            "restored": self.restored,
            "withheld": self.withheld,
            "unchanged": self.unchanged,
        }
        if self.backup is not None:
            lists["backup"] = [str(self.backup)]
        lines = []
        for name, items in lists.items():
            heading = name
            for item in items:
                lines.append(f"  {heading:10}  {item}")
                heading = ""
        return lines

    def _count_settings(
        self,
        items: list[str],
        hint: str = "",
    ) -> list[str]:
        """The items with all keys of the settings file as one, and *hint* behind that."""
        if not self.settings:
            return items
        others = [
            item  # in order
            for item in items
            if not item.startswith(f"{self.settings} ")
        ]
        number = len(items) - len(others)
        if number:
            settings = count("setting", number)
            others.append(f"{settings} in {self.settings}{hint}")
        return others


def count(thing: str, number: int) -> str:
    """`1 file`, `2 files`."""
    if number == 1:
        return f"1 {thing}"
    return f"{number} {thing}s"
