"""What this run did: the steps tell it, the receipt and deployment.log are made from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Run:
    """Collected while the steps of one command run; nothing here is secret and nothing is read back."""

    written: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    restored: list[str] = field(default_factory=list)
    withheld: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    backup: Path | None = None
    log: Path | None = None
    selected: tuple[str, ...] = ()
    steps: list[dict[str, object]] = field(default_factory=list)

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
