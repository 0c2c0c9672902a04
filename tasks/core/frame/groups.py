"""The groups of commands, in the order in which help and `doit list` show them.

A group begins in dodo.py with the creator that it names as its first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Group(NamedTuple):
    """A heading, and where what is below it shows without being asked for.

    - *first*: the command with which the group begins in dodo.py
    - *are_steps*: several of them can be named in one command, as doit does it; any other command
      has the whole line to itself
    """

    title: str
    first: str = ""
    is_on_front_page: bool = True
    is_listed: bool = True
    are_steps: bool = False


DEPLOY = Group("Deploy", "deploy")
STEPS = Group(
    "Steps of a deployment, in running order",
    "choose",
    is_on_front_page=False,
    are_steps=True,
)
LOOK = Group("Look", "status")
RUN = Group("Run", "start")
GO_BACK = Group("Go back", "history")
CHECK = Group("Check a configuration", "check")
SHELL = Group(
    "In your shell",
    "profiles",
    is_listed=False,
)
MAINTAIN = Group(
    "For maintainers",
    "test",
    is_on_front_page=False,
    is_listed=False,
)
OWN = Group("Your own steps", are_steps=True)
"""What a user has added to dodo.py."""

INNER = Group(
    "Inside a deployment",
    is_on_front_page=False,
    is_listed=False,
    are_steps=True,
)
"""Names that begin with an underscore."""

GROUPS = (
    DEPLOY,
    STEPS,
    LOOK,
    RUN,
    GO_BACK,
    CHECK,
    SHELL,
    OWN,
    MAINTAIN,
    INNER,
)


def find_groups(creators: Mapping[str, Any]) -> dict[str, Group]:
    """The group of each of *creators*, which are in order of definition.

    Ours end with those that begin with an underscore; what comes after them, or from another file,
    is the user's own.
    """
    firsts = {group.first: group for group in GROUPS}
    found = {}
    current = OWN
    home = find_file(creators.get(DEPLOY.first))
    for name, creator in creators.items():
        if name.startswith("_"):
            current = OWN
            found[name] = INNER
            continue
        current = firsts.get(name, current)
        is_ours = find_file(creator) == home
        found[name] = current if is_ours else OWN
    return found


def find_file(creator: Any) -> str:  # noqa: ANN401 - whatever makes a task
    """The file in which *creator* is defined."""
    code = getattr(creator, "__code__", None)
    return getattr(code, "co_filename", "")


def by_group(creators: Mapping[str, Any]) -> dict[Group, list[str]]:
    """The names of *creators* below their groups, in order of definition."""
    found: dict[Group, list[str]] = {group: [] for group in GROUPS}
    for name, group in find_groups(creators).items():
        found[group].append(name)
    return found
