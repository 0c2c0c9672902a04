"""Where the repository of a worktree was cloned to, found without running git."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def find_main_checkout(root: Path) -> Path:
    """Where the repository of *root* was cloned to: another folder when *root* is a worktree of it.

    *root* itself where there is no such folder, as for a worktree of a bare repository.
    """
    try:
        pointer = (root / ".git").read_text("utf-8")
        private = root / pointer.removeprefix("gitdir:").strip()
        shared = (private / "commondir").read_text("utf-8")
        common = (private / shared.strip()).resolve(strict=True)
    except (OSError, ValueError):
        return root
    if common.name != ".git":
        return root
    return common.parent
