"""Where the folders and settings files of a project are in a private copy.

main    the repository, or the folder itself outside of one
work    a worktree of it, where claude is started in one
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.claude import checkouts
from tasks.core.disk import files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasks.core.claude.layers import File, Layers

GIT = {
    "HEAD": "ref: refs/heads/main\n",
    "config": "[core]\n\trepositoryformatversion = 0\n\tbare = false\n",
}


def place_folders(
    layers: Layers,
    root: Path,
) -> dict[Path, Path]:
    """For the folder, its repository and its main checkout, where each is in the copy."""
    repository = layers.root
    main = checkouts.find_main_checkout(repository)
    made = {repository: root / "main"}
    if main != repository:
        made = {main: root / "main", repository: root / "work"}
    if (repository / ".git").exists():
        make_repository(
            made[main],
            made[repository],
        )
    made[layers.folder] = made[repository] / layers.folder.relative_to(repository)
    return made


def make_repository(main: Path, work: Path) -> None:
    """As much of a repository as shows where it begins; *work* may be a worktree of it."""
    git = main / ".git"
    for name in ("objects", "refs/heads"):
        (git / name).mkdir(parents=True)
    for name, text in GIT.items():
        write(
            git / name,
            text.encode(),
        )
    if work == main:
        return
    private = git / "worktrees" / "work"
    private.mkdir(parents=True)
    write(
        private / "HEAD",
        GIT["HEAD"].encode(),
    )
    write(private / "commondir", b"../..\n")
    write(
        private / "gitdir",
        f"{work / '.git'}\n".encode(),
    )
    work.mkdir()
    write(
        work / ".git",
        f"gitdir: {private}\n".encode(),
    )


def find_target(
    file: File,
    layers: Layers,
    folders: Mapping[Path, Path],
    config: Path,
) -> Path | None:
    """Where a settings file is in the copy; None for one that is not copied."""
    if file.layer == "user":
        return config / file.path.name
    if file.layer not in ("project", "local"):
        return None
    for original in (layers.folder, *folders):
        if file.path.parent.parent == original:
            return folders[original] / ".claude" / file.path.name
    return None


def write(path: Path, data: bytes) -> None:
    """Write a file that is private to this user."""
    files.write(path, data, 0o600)
