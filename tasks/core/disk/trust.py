"""Who can change a path. We write to, and run from, only what no other user can change.

A component of a path is trusted when its owner is this user or root, and only the owner may write
to it. It may be writable for others as well

    for a group that is this user's own: it has the user's name and no other members (homes of mode
        0775); or it is root's (on macOS also admin's, which owns Homebrew)
    for all, above the last component, where it is sticky: one user cannot rename there what is
        another's (/tmp)
    for a group, where root owns it, unless it is the last folder: root chose that group
        (/usr/local and staff)

A link is judged by its owner, then what it leads to is judged in the same way. What does not exist
yet is made by us, private.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.model.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = 0

ADMINS = {ROOT}
if sys.platform == "darwin":
    ADMINS.add(80)
"""Groups whose members are root when they want to be; macOS's admin owns Homebrew."""

OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
"""The bits of a mode by which others than the owner may write."""

MOST_STEPS = 400
"""Components looked at, those of links included: a circle of links ends somewhere."""

OVERFLOW = Path("/proc/sys/kernel/overflowuid")
UID_MAP = Path("/proc/self/uid_map")
"""Linux: what users outside of a user namespace are called there, and who is inside."""


class Component:
    """One component of a path, as it is found."""

    # A plain class: making a NamedTuple would cost each deployment half a millisecond.
    def __init__(
        self,
        path: str,
        info: os.stat_result,
        is_last: bool,
    ) -> None:
        self.path = path
        self.info = info
        self.is_last = is_last

    @property
    def is_foreign(self) -> bool:
        """Whether another user owns it."""
        owner = self.info.st_uid
        if owner in (ROOT, os.geteuid()):
            return False
        if self.is_last:
            return True
        return not is_outside(owner)

    @property
    def is_writable(self) -> bool:
        """Whether a user who does not own it may write to it."""
        mode = self.info.st_mode
        if stat.S_ISLNK(mode):
            return False
        if mode & stat.S_ISVTX and not self.is_last:
            return False
        if mode & stat.S_IWOTH:
            return True
        if mode & stat.S_IWGRP:
            return not self.has_good_group
        return False

    @property
    def has_good_group(self) -> bool:
        """Whether its group may write to it."""
        is_target = self.is_last and stat.S_ISDIR(self.info.st_mode)
        if self.info.st_uid == ROOT and not is_target:
            return True
        return is_own_group(self.info.st_gid)


OWN_FOLDER = "choose a folder of your own (--target DIR)"


def require(*paths: Path, remedy: str = OWN_FOLDER) -> None:
    """Conflict that names the first component of *paths* that another user can change.

    *remedy*: what to do about another user's folder, besides changing its owner.
    """
    for path in paths:
        for component in walk(path):
            if component.is_foreign:
                raise refuse_owner(component, remedy)
            if component.is_writable:
                raise refuse_mode(component)


def require_beside(path: Path, code: Path) -> None:
    """Conflict when *path*, in a checkout, is open to more users than *code*, a folder of it."""
    try:
        found, known = os.lstat(path), os.lstat(code)
    except OSError:
        return
    component = Component(str(path), found, is_last=True)
    has_other_owner = found.st_uid != known.st_uid
    if component.is_foreign and has_other_owner:
        raise refuse_owner(component)
    more = found.st_mode & ~known.st_mode
    if component.is_writable and more & OTHERS_WRITE:
        raise refuse_mode(component)


def walk(path: Path) -> Iterator[Component]:
    """The components of *path* from the root, links followed, up to one that does not exist."""
    at = "/"
    waiting = split(os.path.abspath(path))  # noqa: PTH100 - a third of the time of Path
    info = os.lstat(at)
    yield Component(at, info, not waiting)
    for _ in range(MOST_STEPS):
        if not waiting:
            return
        name = waiting.pop()
        if name == "..":
            at = os.path.dirname(at)  # noqa: PTH120 - likewise
            continue
        here = os.path.join(at, name)  # noqa: PTH118 - likewise
        try:
            info = os.lstat(here)
        except OSError:
            return
        yield Component(here, info, not waiting)
        if not stat.S_ISLNK(info.st_mode):
            at = here
            continue
        target = os.readlink(here)  # noqa: PTH115 - likewise
        waiting += split(target)
        if target.startswith("/"):
            at = "/"


def split(path: str) -> list[str]:
    """The names in *path*, the first one last.

    "/a/./b" -> ["b", "a"]
    """
    names = path.split("/")
    names.reverse()
    return [name for name in names if name not in ("", ".")]


def is_own_group(gid: int) -> bool:
    """Whether no other user is in the group *gid*."""
    import grp
    import pwd

    if gid in ADMINS:
        return True
    uid = os.geteuid()
    try:
        user = pwd.getpwuid(uid).pw_name
        group = grp.getgrgid(gid)
    except KeyError:  # a container that was started with bare numbers
        return gid == uid
    others = set(group.gr_mem) - {user}
    return group.gr_name == user and not others


def is_outside(uid: int) -> bool:
    """Whether *uid* is what all users outside of our user namespace have there, root among them."""
    try:
        overflow = int(OVERFLOW.read_text())
        rows = UID_MAP.read_text().splitlines()
    except (OSError, ValueError):
        return False
    if uid != overflow:
        return False
    for row in rows:
        first, _, count = map(int, row.split())
        # One of the users inside has that number.
        if first <= uid < first + count:
            return False
    return True


def refuse_owner(component: Component, own: str = OWN_FOLDER) -> Conflict:
    """The error for what another user owns.

    sudo keeps HOME on some systems: root then writes into the user's home.
    """
    owner = component.info.st_uid
    name = name_user(owner)
    if str(owner) == os.environ.get("SUDO_UID"):
        this_user = name_user(os.geteuid())
        problem = f"belongs to {name}, and sudo runs this as {this_user}"
        remedy = "Run it without sudo."
    else:
        problem = f"belongs to another user, {name}, who could change what is kept in it"
        remedy = f"Run this as {name}, {own}, or make it yours: sudo chown -R"
    return Conflict(problem, remedy, where=component.path)


def refuse_mode(component: Component) -> Conflict:
    """The error for what others may write to."""
    import shlex

    who = "its group"
    if component.info.st_mode & stat.S_IWOTH:
        who = "every user of this machine"
    problem = f"can be changed by {who}"
    path = shlex.quote(component.path)
    remedy = f"Only you should be able to: chmod go-w {path}"
    return Conflict(problem, remedy, where=component.path)


def name_user(uid: int) -> str:
    """The name of a user; its number where it has none.

    A container may know only some of those who own its files.
    """
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
