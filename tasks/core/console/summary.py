"""What this run did: the steps tell it, the receipt and deployment.log are made from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Summary:
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
        self.heard: list[str] | None = None
        """What the gateway said when it was proven; None: it was not asked."""
        self.selected: tuple[str, ...] = ()
        self.steps: list[dict[str, object]] = []

    def lines(self) -> list[str]:
        """The receipt: what was written, kept, restored, withheld, left unchanged, and the archive of what stood."""
        lists = {
            "written": self.written,
            "removed": self.removed,
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
