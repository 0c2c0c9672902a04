"""`doit list`: the commands and the steps of a deployment, under headings."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from doit.cmd_list import List as DoitList

from tasks.core.console import console
from tasks.core.frame import groups
from tasks.core.frame.sealed import Sealed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MARGIN = 2
PLAIN = ("quiet", "template", "status", "list_deps", "pos_args")
"""The options for which it is as doit has it, for programs."""

MORE = "More: doit list --all. Options and examples of one: doit help NAME"


class List(Sealed, DoitList):  # type: ignore[misc]
    """Lists the steps; the bare list needs only names and lines of help."""

    name = "list"

    def execute(
        self,
        params: Any,  # noqa: ANN401 - doit's
        args: list[str],
    ) -> int:
        """List them; the bare list needs neither a task nor the memory."""
        if args or params["subtasks"] or params["status"] or params["list_deps"]:
            return int(
                super().execute(
                    params,
                    args,
                )
                or 0
            )
        self.loader.setup(params)
        params.update_defaults(self.loader.settings)
        self.task_list = self.loader.list_names()
        shown = {name: params[name] for name in ("quiet", "private", "template", "sort")}
        return int(self._execute(**shown))

    @functools.wraps(DoitList._execute)  # noqa: SLF001 - doit reads the names of its arguments
    def _execute(
        self,
        **given: Any,  # noqa: ANN401
    ) -> int:
        """List what was named as doit does; else what is listed without being asked for."""
        if not given.get("pos_args"):
            self.task_list = self.select(
                everything=given.get("subtasks", False),
                private=given.get("private", False),
            )
        if is_plain(given):
            return int(super()._execute(**given))
        tasks = self._list_all(
            given.get(
                "subtasks",
                False,
            )
        )
        for line in self.find_lines(tasks):
            self.outstream.write(f"{line}\n")
        return 0

    def select(
        self,
        *,
        everything: bool,
        private: bool,
    ) -> list[Any]:
        """The tasks of the groups that are to be seen."""
        found = []
        for task in self.task_list:
            group = self.group_of(task)
            is_seen = group.is_listed or everything
            if group is groups.INNER:
                is_seen = private
            if is_seen:
                found.append(task)
        return found

    def group_of(
        self,
        task: Any,  # noqa: ANN401 - doit's
    ) -> groups.Group:
        """The group of a task, or of what it is a subtask of."""
        name, _, _ = task.name.partition(":")
        found: groups.Group = self.loader.groups[name]
        return found

    def find_lines(
        self,
        tasks: Iterable[Any],
    ) -> Iterator[str]:
        """Each group with its heading, folded to the terminal."""
        found: dict[groups.Group, list[Any]] = {}
        longest = 0
        for task in tasks:
            longest = max(longest, len(task.name))
            group = self.group_of(task)
            found.setdefault(group, []).append(task)
        for group in groups.GROUPS:
            if group not in found:
                continue
            yield group.title
            rows = []
            for task in found[group]:
                name = task.name.ljust(longest)
                rows.append((name, task.doc or ""))
            yield from console.lines(
                rows,
                console.width(),
                MARGIN,
            )
            yield ""
        yield console.folded(
            console.as_typed(MORE),
            console.width(),
        )


def is_plain(given: Mapping[str, Any]) -> bool:
    """Whether the list is one of doit's own forms, without headings."""
    if given.get("sort") == "name":
        return True
    return any(map(given.get, PLAIN))
