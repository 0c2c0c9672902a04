"""The tasks of dodo.py: of all there are, those that what was typed leads to.

doit calls every creator on every start, and most of a start would be reading modules of steps that do not run. So a
creator that nothing leads to is left as a name, its line of help, and a loader with which doit can still make it.
"""

from __future__ import annotations

import functools
import os
import sys
from fnmatch import fnmatchcase
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import doit.loader
from doit.cmd_base import TaskLoader2
from doit.loader import TASK_STRING, generate_tasks
from doit.task import DelayedLoader, Task

from tasks.core.cli import command_line
from tasks.core.model.layout import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    Creator = Callable[..., Any]

MAKERS = {
    "build/choices.json": "choose",
    "build/rendered": "render",
    "build/release": "stage",
}
"""Where the files that other steps depend on are made, and by which step.

doit draws the edge from a file to the task that makes it only among tasks that are made.
"""

ROOT = f"{PROJECT}/"

SOURCES = ("templates", "tasks")
"""Files below these are made by no step. Of a file anywhere else it is not known, so all steps are made."""


class Step(Task):  # type: ignore[misc]
    """A task whose options are read as ours are."""

    options: dict[str, Any] | None

    def init_options(self, args: Sequence[str] | None = None) -> list[str]:
        """Take the options that *args* begin with, once: the words behind them."""
        words = list(args or ())
        if self.options is not None:
            return words  # doit's own returns None, and drops the rest of the command line
        self.options, rest = command_line.read([*self.params, *self.creator_params], words)
        return rest


class Loader(TaskLoader2):  # type: ignore[misc]
    """Loads dodo.py for our own entry."""

    def __init__(self) -> None:
        super().__init__()
        self.is_strict = False
        self.reporter: Any = None
        self.creators: dict[str, Creator] = {}
        self.settings: dict[str, Any] = {}
        self.made: dict[str, list[Task]] = {}
        self.words: list[str] = []

    @property
    def exit_code(self) -> int:
        """What the reporter keeps; 0 when nothing ran."""
        return getattr(self.reporter, "exit_code", 0)

    def setup(self, opt_values: Any) -> None:  # noqa: ANN401, ARG002 - doit's protocol
        """Go to the project, and import dodo."""
        doit.loader.initial_workdir = os.getcwd()  # noqa: PTH109 - doit has it as text
        os.chdir(PROJECT)
        import dodo

        self.settings = dodo.DOIT_CONFIG
        self.creators = dict(sorted(found_creators(vars(dodo)), key=_line))

    def load_doit_config(self) -> dict[str, Any]:
        """The settings in dodo, with a reporter that leaves the exit code to us."""
        config: dict[str, Any] = doit.loader.load_doit_config({"DOIT_CONFIG": self.settings})
        if isinstance(config.get("reporter"), type):
            self.reporter = config["reporter"](sys.stdout, {})
            self.reporter.ends_process = False
            config = {**config, "reporter": self.reporter}
        return config

    def load_tasks(self, cmd: Any, pos_args: list[str]) -> list[Task]:  # noqa: ANN401 - doit's command
        """The tasks for *cmd*; in *pos_args*, from which doit reads names next, targets are made absolute."""
        self.words = pos_args
        self.make(self.named(pos_args) if cmd.wants == "named" else self.creators)
        tasks = self.tasks()
        if cmd.wants == "named":
            self.find_targets(pos_args, tasks)
        if cmd.execute_tasks or self.is_strict:
            command_line.refuse_unknown(pos_args, tasks)
        return tasks

    def named(self, words: Sequence[str]) -> Iterable[str]:
        """The creators that *words* ask for: by name, pattern or subtask; all when the first may be a target."""
        if not words:
            return self.matching(self.settings.get("default_tasks") or self.creators)
        if not self.matching(words[:1]):
            return self.creators
        return self.matching(words)

    def matching(self, names: Iterable[str]) -> set[str]:
        """The creators of the tasks *names*, some of which may be patterns or subtasks."""
        found = set()
        for name in names:
            base = name.partition(":")[0]
            if base in self.creators:
                found.add(base)
            elif "*" in base:
                found |= {creator for creator in self.creators if fnmatchcase(creator, base)}
        return found

    def make(self, names: Iterable[str]) -> None:
        """Call the creators *names*, and all that their tasks lead to.

        Each time the first in order of definition: deploy settles the choices that those behind it read.
        """
        todo = set(names)
        while todo:
            name = next(creator for creator in self.creators if creator in todo)
            self.made[name] = self.create(name)
            for task in self.made[name]:
                todo |= self.led_to(task)
            todo -= self.made.keys()

    def create(self, name: str) -> list[Task]:
        """The tasks of one creator."""
        creator = self.creators[name]
        options = options_of(creator)
        behind = self.words[self.words.index(name) + 1 :] if name in self.words else []
        given = command_line.read(options, behind)[0] if options else {}
        made = list(generate_tasks(name, creator(**given), creator.__doc__))
        for task in made:
            task.__class__ = Step
            task.file_dep = {absolute(path) for path in task.file_dep}
            task.targets = [absolute(path) for path in task.targets]
            if options and task.subtask_of is None:
                task.creator_params = options
        return made

    def led_to(self, task: Task) -> set[str]:
        """The creators of what *task* depends on; all when that shows only while it runs, or is not known."""
        names = [*task.task_dep, *task.setup_tasks]
        makers = {maker_of(path) for path in task.file_dep}
        is_known = all(name.partition(":")[0] in self.creators for name in names)
        if task.calc_dep or None in makers or not is_known:
            return set(self.creators)
        return self.matching([*names, *task.wild_dep]) | {maker for maker in makers if maker}

    def tasks(self) -> list[Task]:
        """All tasks in order of definition; what was not made is left for doit to make."""
        found: list[Task] = []
        for name in self.creators:
            found += self.made[name] if name in self.made else [self.unmade(name)]
        return found

    def names(self) -> list[Task]:
        """All steps, by name and line of help."""
        return [self.unmade(name) for name in self.creators]

    def unmade(self, name: str) -> Task:
        """A task that doit makes if it comes to it."""
        creator = self.creators[name]
        create = functools.partial(self.create, name)
        create.__doc__ = creator.__doc__
        return Task(name, None, doc=creator.__doc__, loader=DelayedLoader(create, creates=[name]))

    def find_targets(self, words: list[str], tasks: Iterable[Task]) -> None:
        """Put the whole path for each of *words* that means a target from where it was typed."""
        if not words or self.matching(words[:1]):
            return
        targets = {target for task in tasks for target in task.targets}
        for at, word in enumerate(words):
            path = os.path.normpath(os.path.join(doit.loader.initial_workdir, word))  # noqa: PTH118
            if path in targets:
                words[at] = path
            elif absolute(word) in targets:
                words[at] = absolute(word)


def options(give: Callable[[], list[dict[str, Any]]]) -> Callable[[Creator], Creator]:
    """Decorates a creator that takes options: *give* is called when its task is named.

    Another doit than ours, which reads dodo.py too, wants them at once.
    """

    def decorate(creator: Creator) -> Creator:
        if command_line.this.line is None:
            return doit.loader.task_params(give())(creator)  # type: ignore[no-any-return]
        creator.options = give  # type: ignore[attr-defined]
        return creator

    return decorate


def options_of(creator: Creator) -> list[dict[str, Any]]:
    """The options of a creator, by our decorator or doit's."""
    if give := getattr(creator, "options", None):
        return list(give())
    return list(getattr(creator, "_task_creator_params", ()))


def found_creators(namespace: Mapping[str, Any]) -> Iterator[tuple[str, Creator]]:
    """The functions that make tasks, by the name of the task, as doit finds them."""
    for name, value in namespace.items():
        if isinstance(value, FunctionType) and name.startswith(TASK_STRING) and value is not doit.loader.task_params:
            yield name.removeprefix(TASK_STRING), value
        elif not isinstance(value, ModuleType) and hasattr(value, "create_doit_tasks"):
            yield getattr(value.create_doit_tasks, "basename", name), value.create_doit_tasks


def absolute(path: str) -> str:
    """*path* as a whole one; in a task it is meant from the project's folder."""
    if path.startswith("/"):
        return path
    return os.path.normpath(f"{ROOT}{path}")


def maker_of(path: str) -> str | None:
    """The step that makes the file *path*; "" when none does, None when that is not known."""
    place = path.removeprefix(ROOT)
    for folder, name in MAKERS.items():
        if place == folder or place.startswith(f"{folder}/"):
            return name
    if place.partition("/")[0] in SOURCES:
        return ""
    return None


def _line(found: tuple[str, Creator]) -> int:
    return found[1].__code__.co_firstlineno
