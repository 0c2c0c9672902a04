"""validate: is everything that could be deployed, and what is about to be, as its schema says? Needs no secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.catalogue import own
from tasks.core.cli import command_line
from tasks.core.cli.steps import JSON, Task, action, flag_option, text_option
from tasks.core.console import console
from tasks.core.deploying import checks, options, own_expected
from tasks.core.disk import files
from tasks.core.frame.uptodate import holds
from tasks.core.model.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.deploying.this_run import Run
    from tasks.core.model.layout import Layout

OPTIONS = [
    text_option("templates", "FOLDER", "check your own templates here, without deploying them"),
    flag_option("write", "write what your own templates give into their folder, to compare with"),
    JSON,
]


def tasks(run: Run) -> Iterator[Task]:
    """One subtask for all templates, one for the release, and the options of both."""
    doc = "Check all templates, and the release that is about to be installed."
    yield {"name": None, "doc": doc, "params": OPTIONS, "meta": {"checks": True}}
    words = command_line.behind("validate")
    given, _ = command_line.read(OPTIONS, words or [])
    layout = options.with_templates(run.layout, given["templates"])
    yield {
        "name": "templates",
        "doc": "Check every model, preset, gateway and artifact.",
        "actions": [(check_templates, [layout])],
        "file_dep": [*files.below(layout.templates), *map(str, own.list_files(layout))],
        "uptodate": [holds(lambda: own.is_usable(layout) and not own.find_strays(layout))],
    }
    # What a folder gave before an update is its maintainers' question, and stops no deployment.
    if words is not None:
        yield {
            "name": "expected",
            "doc": "Compare what your own templates give with what was expected of them.",
            "actions": [(check_expected, [layout, given["write"]])],
        }
    yield {"name": "release", "doc": "Check the files that are about to be installed.", **run.one(release_task)}


def release_task(resolved: Resolved) -> Task:
    """The check of what is about to be installed."""
    artifacts = resolved.deployment.artifacts
    paths = [*(resolved.layout.release / each.file for each in artifacts), resolved.layout.release_manifest]
    return {"actions": [(check_release, [resolved])], "file_dep": [str(path) for path in paths]}


@action
def check_templates(layout: Layout) -> None:
    """Every template, as it is and as it renders with example values; all findings at once."""
    report(checks.templates(layout))


@action
def check_expected(layout: Layout, is_written: bool) -> None:
    """What own templates give, beside what was expected; or write it."""
    if not is_written:
        own_expected.refuse_differences(layout)
        return
    console.say("\n".join(own_expected.write(layout)) or "nothing to write")


@action
def check_release(resolved: Resolved) -> None:
    """The staged files, each by its kind."""
    layout = resolved.layout
    names = [each.file for each in resolved.deployment.artifacts]
    contents = {name: (layout.release / name).read_bytes() for name in names}
    findings = checks.made(contents, layout, f"{layout.release}/")
    report(findings + checks.manifest(resolved.layout.release_manifest, resolved.layout))


def report(findings: list[str]) -> None:
    """Nothing, or an error with all of them."""
    if findings:
        more = "finding" if len(findings) == 1 else "findings"
        listing = "\n  ".join(findings)
        raise InvalidInput(f"{len(findings)} {more}\n  {listing}", "Mend these files; nothing was deployed.")
