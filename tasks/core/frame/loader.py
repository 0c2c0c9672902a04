"""Loads the tasks of dodo.py: of all there are, the closure of what was typed.

doit calls every creator on every start, and most of a start would be reading modules of steps that
do not run. A creator outside the closure becomes a name, a line of help, and a loader with which
doit can still make it.
"""

from __future__ import annotations

import functools
import os
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import doit.loader
from doit.cmd_base import TaskLoader2
from doit.exceptions import InvalidCommand, InvalidDodoFile
from doit.loader import generate_tasks
from doit.task import DelayedLoader, Task

from tasks.core.cli import command_line, strays
from tasks.core.frame import cleanup, creators, groups, vocabulary
from tasks.core.frame.memory import Memory
from tasks.core.model.layout import PROJECT, make_absolute

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tasks.core.frame.creators import Creator
    from tasks.core.model.layout import Layout


class Step(Task):  # type: ignore[misc]
    """A task whose options our parser reads."""

    options: dict[str, Any] | None
    group: groups.Group

    def init_options(self, args: Sequence[str] | None = None) -> list[str]:
        """Take the options that *args* begin with; return the words behind them.

        Called again it returns all words. doit's own returns None then, and the rest of the
        command line is lost: `run a b` would never run b.
        """
        words = list(args or ())
        if self.options is not None:
            return words
        known = [*self.params, *self.creator_params]
        if self.group.are_steps:
            self.options, rest = command_line.read(known, words)
            return rest
        self.options, rest = command_line.parsed(words, known)
        if self.pos_arg:
            return rest
        strays.place(self.name, known, self.options, rest)
        return []


class Loader(TaskLoader2):  # type: ignore[misc]
    """Loads dodo.py for our own entry, wherever the command is typed."""

    def __init__(self) -> None:
        super().__init__()
        self.is_strict = False
        """Whether an unknown name is refused by a command that runs nothing, too."""

        self.reporter: Any = None
        self.creators: dict[str, Creator] = {}
        self.groups: dict[str, groups.Group] = {}
        self.settings: dict[str, Any] = {}
        self.made: dict[str, list[Task]] = {}
        self.words: list[str] = []
        vocabulary.announce(self.find_creators)

    def take_creators(self, namespace: Mapping[str, Any]) -> None:
        """Use the creators in *namespace*, the names in dodo.py."""
        self.creators = creators.find_creators(namespace)
        self.groups = groups.find_groups(
            self.creators,
        )

    def find_creators(self) -> dict[str, Creator]:
        """The creators of dodo.py, whether or not it is loaded yet."""
        if not self.creators:
            self.setup({})
        return self.creators

    def setup(self, opt_values: Any) -> None:  # noqa: ANN401, ARG002 - doit's protocol
        """Go to the project, and import dodo."""
        try:
            doit.loader.initial_workdir = os.getcwd()  # noqa: PTH109 - doit has it as text
        except OSError:
            raise InvalidDodoFile("the current folder is gone. Fix: cd to another one") from None
        make_absolute(os.environ, doit.loader.initial_workdir)
        os.chdir(PROJECT)
        try:
            import dodo
        except SyntaxError as error:
            place = f"{error.filename}:{error.lineno}"
            message = f"{place}: {error.msg}"
            raise InvalidDodoFile(message) from None

        self.settings = dodo.DOIT_CONFIG
        self.take_creators(vars(dodo))

    def load_doit_config(self) -> dict[str, Any]:
        """The settings in dodo, with a reporter that leaves the exit code to us."""
        config: dict[str, Any] = doit.loader.load_doit_config(
            {"DOIT_CONFIG": self.settings},
        )
        self.reporter = config.get("reporter")
        if self.reporter is not None:
            self.reporter.ends_process = False
        return config

    def load_tasks(
        self,
        cmd: Any,  # noqa: ANN401 - doit's command
        pos_args: list[str],
    ) -> list[Task]:
        """The tasks for *cmd*; targets in *pos_args*, which doit reads next, become absolute."""
        if cmd.execute_tasks:
            self.words = pos_args
            self.refuse_company(pos_args)
            # What a dead command left is brought to its end before anything goes on with it.
            cleanup.clean_up()
        if cmd.wants == "named":
            self.make(self.find_named(pos_args))
            tasks = self.list_tasks()
            self.find_targets(pos_args, tasks)
        else:
            self.make(self.creators)
            tasks = self.list_tasks()
        if cmd.execute_tasks or cmd.is_strict or self.is_strict:
            command_line.refuse_unknown(pos_args, tasks)
        self.place_memory(getattr(cmd, "dep_manager", None))
        return tasks

    def is_command(self, name: str) -> bool:
        """Whether *name* is a command, which has the whole line to itself."""
        group = self.groups.get(name)
        return group is not None and not group.are_steps

    def refuse_company(self, words: Sequence[str]) -> None:
        """Raise InvalidCommand for a command that is typed behind a step, or meant by a pattern.

        What is behind a command is its own; it says what it does not take.
        """
        command_line.refuse_assignment(words)
        before = ""
        for word in words:
            if self.is_command(before):
                return
            # The value of an option may be called like a command.
            if not before.startswith("-"):
                self.refuse_pattern(word)
                if before:
                    self.refuse_command(word)
            before = word

    def refuse_command(self, word: str) -> None:
        """Raise InvalidCommand when *word* is a command, which has the whole line to itself."""
        if self.is_command(word):
            raise InvalidCommand(
                f"{word} is a command, and runs alone: doit {word}",
            )

    def refuse_pattern(self, word: str) -> None:
        """Raise InvalidCommand when *word* is a pattern that names a command."""
        if "*" not in word:
            return
        found = self.match_pattern(word)
        if any(map(self.is_command, found)):
            raise InvalidCommand(
                f"{word!r} names commands too, and a pattern is for steps: doit list",
            )

    def place_memory(
        self,
        manager: Any,  # noqa: ANN401 - doit's
    ) -> None:
        """Have doit's memory beside what this run makes; --db-file stays.

        Which gateway's folder that is for is known only now that the tasks are made.
        """
        backend = getattr(manager, "backend", None)
        if isinstance(backend, Memory) and backend.name == self.settings["dep_file"]:
            backend.name = str(self.layout.database)

    @property
    def layout(self) -> Layout:
        """Where what this run is about goes."""
        import dodo

        layout: Layout = dodo.run.layout
        return layout

    def find_named(self, words: Sequence[str]) -> Iterable[str]:
        """The creators that *words* name; all of them when the first may be a target."""
        if words and self.is_command(words[0]):
            return words[:1]
        if not words:
            defaults = self.settings.get("default_tasks")
            return self.match(defaults or self.creators)
        first, *_ = words
        if not self.match([first]):
            return self.creators
        return self.match(words)

    def match(self, names: Iterable[str]) -> set[str]:
        """The creators of the tasks *names*, which may be patterns or subtasks."""
        found = set()
        for name in names:
            base, _, _ = name.partition(":")
            if base in self.creators:
                found.add(base)
            elif "*" in base:
                found |= self.match_pattern(base)
        return found

    def match_pattern(self, pattern: str) -> set[str]:
        """The creators whose names *pattern* matches."""
        return {
            name  # of a creator, which is that of its task
            for name in self.creators
            if fnmatchcase(name, pattern)
        }

    def make(self, names: Iterable[str]) -> None:
        """Call the creators *names*, and all that their tasks lead to.

        In order of definition: deploy settles the choices that the creators behind it read.
        """
        todo = set(names)
        while todo:
            for name in self.creators:
                if name in todo:
                    break
            self.made[name] = self.create(name)
            for task in self.made[name]:
                todo |= self.follow(task)
            todo -= self.made.keys()

    def create(self, name: str) -> list[Task]:
        """Call one creator: its tasks."""
        creator = self.creators[name]
        options = creators.options_of(creator)
        given = self.read_options(name, options)
        made = list(
            generate_tasks(
                name,
                creator(**given),
                creator.__doc__,
            )
        )
        for task in made:
            self.adopt(task, options)
            task.group = self.groups[name]
        return made

    def read_options(self, name: str, options: creators.Options) -> dict[str, Any]:
        """What was typed of the *options* of a creator."""
        if not options:
            return {}
        words = self.words_behind(name)
        if self.is_command(name):
            return strays.read(name, options, words)
        given, _ = command_line.read(options, words)
        return given

    def words_behind(self, name: str) -> list[str]:
        """The words behind a name; none when it was not typed."""
        if name not in self.words:
            return []
        at = self.words.index(name)
        return self.words[at + 1 :]

    def adopt(self, task: Task, options: creators.Options) -> None:
        """Make doit's *task* a step; files are compared as text, so all become absolute."""
        task.__class__ = Step
        task.file_dep = set(map(creators.resolve, task.file_dep))
        task.targets = list(map(creators.resolve, task.targets))
        if options and task.subtask_of is None:
            task.creator_params = options

    def follow(self, task: Task) -> set[str]:
        """The creators of what *task* depends on; all of them when that is not known."""
        everything = set(self.creators)
        # What another task finds out while it runs may be anything.
        if task.calc_dep:
            return everything
        makers = {creators.maker_of(path, self.layout) for path in task.file_dep}
        if None in makers:
            return everything
        found = self.match(filter(None, makers))
        for name in (*task.task_dep, *task.setup_tasks):
            base, _, _ = name.partition(":")
            if base not in self.creators:
                return everything
            found.add(base)
        return found | self.match(task.wild_dep)

    def list_tasks(self) -> list[Task]:
        """All tasks in order of definition; what was not made is left for doit to make."""
        found: list[Task] = []
        for name in self.creators:
            if name in self.made:
                found += self.made[name]
            else:
                found.append(self.postpone(name))
        return found

    def list_names(self) -> list[Task]:
        """All steps, by name and line of help."""
        return [self.postpone(name) for name in self.creators]

    def postpone(self, name: str) -> Task:
        """A task that doit makes if it is reached after all."""
        doc = self.creators[name].__doc__
        create = functools.partial(self.create, name)
        create.__doc__ = doc
        return Task(
            name,
            None,
            doc=doc,
            loader=DelayedLoader(create, creates=[name]),
        )

    def find_targets(self, words: list[str], tasks: Iterable[Task]) -> None:
        """Replace each of *words* that is a target by its whole path.

        A target is meant from the folder where the command is typed, from the project, or from this
        gateway's part of build/: `release/.env`.
        """
        if not words or self.match(words[:1]):
            return
        targets = set()
        for task in tasks:
            targets.update(task.targets)
        places = (doit.loader.initial_workdir, PROJECT, self.layout.workshop)
        for at, word in enumerate(words):
            for place in places:
                path = os.path.normpath(Path(place, word))
                if path in targets:
                    words[at] = path
