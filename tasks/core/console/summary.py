"""What this run did: the steps tell it, the receipt and deployment.log are made from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Run:
    """Collected while the steps of one command run; nothing here is secret and nothing is read back."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.kept: list[str] = []
        self.unchanged: list[str] = []
        self.removed: list[str] = []
        self.restored: list[str] = []
        self.withheld: list[str] = []
        self.warnings: list[str] = []
        self.backup: Path | None = None
        self.log: Path | None = None
        self.selected: tuple[str, ...] = ()
        self.steps: list[dict[str, object]] = []

    def lines(self) -> list[str]:
        """The receipt: what was written, kept, restored, withheld, left unchanged, and the archive of what stood."""
        lists = {
            name: getattr(self, name) for name in ("written", "removed", "kept", "restored", "withheld", "unchanged")
        }
        lists["backup"] = [str(self.backup)] if self.backup else []
        shown = [(name, index, item) for name, items in lists.items() for index, item in enumerate(items)]
        return [f"  {'' if index else name:10}  {item}" for name, index, item in shown]


this = Run()
"""The run of this process."""
