"""The page of `doit upgrade`: what runs, what deployed, what is newer, and how to get it.

templates/schemas/upgrade.schema.json describes the values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.core.console import console
from tasks.core.deploying import plan as deploying_plan
from tasks.core.deploying import plan_file, plan_page
from tasks.core.frame import installation
from tasks.core.history import history
from tasks.core.model import project
from tasks.core.model.layout import PACKAGE
from tasks.core.text import changelog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.frame.installation import Installation, Newest
    from tasks.core.model.layout import Layout

Facts = dict[str, Any]

HEAD = "{package} {running}, {kind} in {place}"
UNKNOWN = "not known without the network; ask: doit upgrade --check"
COMMITS = "{commits} more commits are fetched"

SAME = "Nothing that is deployed would change."


def gather(resolved: Resolved, *, check: bool) -> Facts:
    """Everything that is known, as JSON values; with *check* the network is asked."""
    here = installation.find()
    running = project.read_version()
    newest = installation.find_newest(here)
    if check:
        newest = installation.ask_newest(here)
    facts: Facts = {
        "running": running,
        "kind": here.kind,
        "place": here.place,
        "update": here.update,
        "newest": newest.version or None,
        "source": newest.source or None,
        "commits": newest.commits,
        "is_newer": is_newer(newest, running),
        "deployed": read_deployed(resolved.layout),
        "changes": [],
        "coming": [],
        "plan": None,
    }
    if facts["deployed"]:
        facts["changes"] = list_changes(here, facts["deployed"], running)
        key = plan_file.key_of(resolved.layout)
        facts["plan"], _ = deploying_plan.make_plan(resolved, key)
    if facts["is_newer"] and newest.version:
        facts["coming"] = list_changes(here, running, newest.version)
    return facts


def is_newer(newest: Newest, running: str) -> bool:
    """Whether something newer than this is known."""
    if newest.commits:
        return True
    return changelog.order(newest.version) > changelog.order(running)


def read_deployed(layout: Layout) -> str | None:
    """The version that deployed what is deployed; None where nothing is."""
    manifest = history.installed(layout)
    if manifest is None:
        return None
    return manifest.source_version


def list_changes(
    here: Installation,
    after: str,
    until: str,
) -> list[dict[str, str]]:
    """What the changelog says of the versions in between."""
    sections = installation.read_changes(here, after, until)
    return [section._asdict() for section in sections]


def lines(facts: Facts, width: int) -> Iterator[str]:
    """The facts for a person."""
    yield HEAD.format(package=PACKAGE, **facts)
    rows = [
        ("deployed", describe_deployed(facts)),
        ("newest", describe_newest(facts)),
        ("update", facts["update"]),
    ]
    yield from console.lines(rows, width, 2)
    since = "New since the version that deployed"
    yield from change_lines(
        since,
        facts["changes"],
        width,
    )
    yield from change_lines("New after the update", facts["coming"], width)
    if facts["plan"] is None:
        return
    if not deploying_plan.changes(facts["plan"]):
        yield SAME
        return
    yield from plan_page.lines(
        facts["plan"],
        width,
    )


def describe_deployed(facts: Facts) -> str:
    """Which version deployed."""
    deployed = facts["deployed"]
    if deployed is None:
        return "nothing"
    if deployed == facts["running"]:
        return f"by {deployed}, this version"
    return f"by {deployed}"


def describe_newest(facts: Facts) -> str:
    """Which version is the newest that is known."""
    told = []
    if facts["newest"]:
        told.append(f"{facts['newest']}, {facts['source']}")
    if facts["commits"]:
        told.append(COMMITS.format_map(facts))
    if not told:
        return UNKNOWN
    if not facts["is_newer"]:
        told.append("which is not newer than this one")
    return "; ".join(told)


def change_lines(
    title: str,
    sections: list[dict[str, str]],
    width: int,
) -> Iterator[str]:
    """What the changelog says, below a title."""
    if not sections:
        return
    yield title
    for section in sections:
        yield f"  {section['version']} ({section['day']})"
        for line in section["text"].splitlines():
            yield from console.folded(
                f"    {line}",
                width,
                2,
            ).split("\n")
