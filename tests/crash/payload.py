"""What the crash tests deploy: two versions of a small gateway and its edit of settings.json, in several homes.

As a program: python -m tests.crash.payload deploy|uninstall|recover HOME
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.disk.transaction import Transaction, recover
from tasks.core.model.errors import GatewayError, InvalidInput, Unhealthy
from tasks.core.model.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FILES: dict[int, dict[str, tuple[bytes, int]]] = {
    1: {
        "litellm_config.yaml": (b"model_list: [one]\n", 0o644),
        ".env": (b"KEY=first\n", 0o600),
        "start-gateway.sh": (b"#!/bin/sh\n", 0o644),
        "old-only.sh": (b"gone in two\n", 0o755),
    },
    2: {
        "litellm_config.yaml": (b"model_list: [one, two]\n" * 50, 0o644),
        ".env": (b"KEY=second\n", 0o600),
        "start-gateway.sh": (b"#!/bin/sh\n", 0o755),
        "deployment-manifest.json": (b"{}\n", 0o600),
    },
}
THEIRS = b'{\n  "theme": "dark",\n  "env": {"OTHER": "1"}\n}\n'


def layout_of(home: Path) -> Layout:
    return Layout.of({"HOME": str(home)})


def parsed(data: bytes | None) -> dict[str, object]:
    try:
        return dict(json.loads(data)) if data is not None else {}
    except ValueError:
        raise InvalidInput("is not JSON") from None


def joined(version: int) -> Callable[[bytes | None], bytes | None]:
    """The edit: one key of ours, everything else as found."""
    return lambda data: json.dumps({**parsed(data), "ours": version}, indent=2).encode()


def parted(data: bytes | None) -> bytes | None:
    """The edit's inverse: without our key; a file that held nothing else goes."""
    left = {key: value for key, value in parsed(data).items() if key != "ours"}
    return json.dumps(left, indent=2).encode() if left else None


def restored(data: bytes | None) -> bytes | None:
    """The inverse of going from one to two."""
    return joined(1)(data)


def deploy(layout: Layout, version: int, *, is_proven: bool = False) -> None:
    wanted, other = FILES[version], FILES[3 - version]
    with Transaction.begin(layout, "deploy") as transaction:
        for name, (data, mode) in wanted.items():
            transaction.put(name, data, mode)
        for name in other.keys() - wanted.keys():
            transaction.remove(name)
        transaction.edit(joined(version), undo=parted, holds=lambda data: "ours" in parsed(data))
        if is_proven:
            transaction.put("settings-ledger.json", lambda: b"made of the edit\n", 0o600)
            transaction.place()
            transaction.note(os.getpid(), signal.SIGHUP)
        transaction.commit()
        transaction.finish()


def fail(layout: Layout) -> None:
    """A deployment after whose commit another program writes settings.json, and whose verification then fails."""
    with Transaction.begin(layout, "deploy") as transaction:
        for name, (data, mode) in FILES[2].items():
            transaction.put(name, data, mode)
        transaction.remove("old-only.sh")
        transaction.edit(joined(2), undo=restored)
        transaction.commit()
        layout.settings.write_bytes(json.dumps({**parsed(layout.settings.read_bytes()), "later": 1}).encode())
        raise Unhealthy("does not answer")


NOBODY = 2**22 + 1
"""The number of no process."""


def uninstall(layout: Layout, *, is_running: bool = False) -> None:
    with Transaction.begin(layout, "uninstall") as transaction:
        if is_running:
            transaction.dismiss(NOBODY)
        for name in FILES[1].keys() | FILES[2].keys():
            transaction.remove(name)
        transaction.edit(parted)
        transaction.commit()
        transaction.finish()


def settle(layout: Layout) -> None:
    recover(layout)


COMMANDS: dict[str, Callable[[Layout], None]] = {
    "deploy": lambda layout: deploy(layout, 2),
    "prove": lambda layout: deploy(layout, 2, is_proven=True),
    "uninstall": uninstall,
    "end": lambda layout: uninstall(layout, is_running=True),
    "fail": fail,
    "recover": settle,
}


# The homes


def plain(home: Path) -> None:
    """A first version is deployed; the user keeps a file of his own and logs beside it."""
    claude = home / ".claude"
    claude.mkdir(parents=True, exist_ok=True)
    if not os.path.lexists(claude / "settings.json"):
        (claude / "settings.json").write_bytes(THEIRS)
        (claude / "settings.json").chmod(0o640)
    deploy(layout_of(home), 1)
    (claude / "gateway/litellm.log").write_text("running\n")
    (claude / "gateway/notes.txt").write_text("the user's\n")


def linked(home: Path) -> None:
    """settings.json is a link to a link into a repository of dotfiles."""
    claude, dotfiles = home / ".claude", home / "dotfiles/claude"
    claude.mkdir(parents=True)
    dotfiles.mkdir(parents=True)
    (dotfiles / "settings.json").write_bytes(THEIRS)
    (dotfiles / "hop.json").symlink_to("settings.json")
    (claude / "settings.json").symlink_to("../dotfiles/claude/hop.json")
    plain(home)


def elsewhere(home: Path) -> None:
    """~/.claude is a link, and so is the gateway's folder in it."""
    (home / "real/claude").mkdir(parents=True)
    (home / "real/gateway").mkdir()
    (home / ".claude").symlink_to("real/claude")
    (home / "real/claude/gateway").symlink_to("../gateway")
    plain(home)


def without_settings(home: Path) -> None:
    """A first version is deployed, but settings.json is gone."""
    plain(home)
    (home / ".claude/settings.json").unlink()


def first(home: Path) -> None:
    """Nothing is there, not even ~/.claude."""
    home.mkdir(parents=True)


def first_beside_claude(home: Path) -> None:
    """Claude Code is there, no gateway."""
    (home / ".claude").mkdir(parents=True)
    (home / ".claude/settings.json").write_bytes(THEIRS)


def only_ours(home: Path) -> None:
    """Everything there was made by us."""
    first(home)
    deploy(layout_of(home), 1)


SCENARIOS: dict[str, tuple[Callable[[Path], None], str]] = {
    "update": (plain, "deploy"),
    "update, settings linked twice": (linked, "deploy"),
    "update, proven first": (plain, "prove"),
    "update, folders linked": (elsewhere, "deploy"),
    "update, no settings": (without_settings, "deploy"),
    "first install": (first, "deploy"),
    "first install, proven first": (first, "prove"),
    "first install beside Claude Code": (first_beside_claude, "deploy"),
    "uninstall": (plain, "uninstall"),
    "uninstall, ending a process": (plain, "end"),
    "uninstall of everything": (only_ours, "uninstall"),
}


# What stands


def state(home: Path) -> dict[str, tuple[str, str, str]]:
    """Everything below *home*: kind, mode, content. What lock and key say differs from run to run."""
    return dict(_entries(home, home))


def _entries(top: Path, directory: Path) -> Iterator[tuple[str, tuple[str, str, str]]]:
    for path in sorted(directory.iterdir()):
        info = path.lstat()
        content = ""
        if path.is_symlink():
            content = str(path.readlink())
        elif path.is_file() and path.name not in (".lock", ".digest-key", ".gateway-recovery.json"):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        yield str(path.relative_to(top)), (stat.filemode(info.st_mode), str(info.st_uid), content)
        if stat.S_ISDIR(info.st_mode):
            yield from _entries(top, path)


def difference(found: dict[str, tuple[str, str, str]], wanted: dict[str, tuple[str, str, str]]) -> str:
    return "; ".join(
        f"{name}: {found.get(name)} for {wanted.get(name)}"
        for name in sorted(found.keys() | wanted.keys())
        if found.get(name) != wanted.get(name)
    )


def main(command: str, home: str) -> int:
    try:
        COMMANDS[command](layout_of(Path(home)))
    except GatewayError as error:
        with contextlib.suppress(OSError):
            sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
