"""`doit help`, and what else asks for it: `-h`, `deploy --help`, `help deploy`, `deploy help`."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Any

from doit.cmd_base import DoitCmdBase
from doit.cmd_help import Help as DoitHelp
from doit.exceptions import InvalidCommand

from tasks.core.cli import command_line
from tasks.core.console import console
from tasks.core.frame import creators, groups, help_page, vocabulary
from tasks.core.frame.sealed import Sealed
from tasks.core.model import project
from tasks.core.model.layout import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tasks.core.frame.help_page import Command

WORD = "help"
EVERYTHING = "--all"
DODO = "task"
"""The word for doit's own page on the fields of a task."""

DOIT = groups.Group("doit's own")

ALL = {
    "name": "all",
    "long": "all",
    "type": bool,
    "default": False,
    "help": "also the steps of a deployment, and what is for maintainers",
}


def find_help(words: Sequence[str]) -> list[str]:
    """*words* as a call of `help`; none when they ask for something else."""
    asked = [word for word in words if word in (*command_line.HELP, WORD)]
    if not asked:
        return []
    others = [word for word in words if word not in command_line.HELP]
    if len(others) > 1 and others[0] == "run":
        del others[0]
    if others[:1] == [WORD]:
        return others
    if not others or others == [EVERYTHING]:
        return [WORD, *others]
    name, *behind = others
    if name.startswith("-"):
        return []
    # `lint help` could be about a file; only `lint --help` has words between.
    if behind == [WORD] or command_line.HELP.intersection(words):
        return [WORD, name]
    return []


def show_version() -> None:
    """The version of this program, and of what it runs with."""
    from doit import __version__

    console.tell(f"{PACKAGE} {project.read_version()}")
    doit = ".".join(map(str, __version__))
    console.tell(f"doit {doit}, Python {platform.python_version()}")


class Help(Sealed, DoitHelp):  # type: ignore[misc]
    """Shows all commands, or one of them."""

    name = WORD
    wants = "named"
    doc_purpose = "show all commands, or one with its options and examples"
    doc_usage = "[COMMAND]"
    cmd_options = (ALL,)

    def execute(
        self,
        params: Any,  # noqa: ANN401 - doit's
        args: list[str],
    ) -> int:
        """Show the page that was asked for."""
        if len(args) > 1:
            message = f"help is about one command at a time: doit help {args[0]}"
            raise InvalidCommand(message)
        if not args:
            self.loader.setup(params)
            self.show_all(everything=params["all"])
        elif args[0] == DODO:
            self.print_task_help()
        elif args[0] in self.cmds:
            self.show(
                describe_doit(
                    self.cmds[args[0]](
                        cmds=self._cmds,
                        **self.init_kwargs,
                    )
                )
            )
        else:
            DoitCmdBase.execute(
                self,
                params,
                args,
            )
        return 0

    def _execute(self, pos_args: list[str]) -> None:
        """Show the page of one of our own commands."""
        (name,) = pos_args
        for task in self.task_list:
            if task.name == name:
                options = [*task.creator_params, *task.params]
                self.show(
                    help_page.describe(
                        name,
                        self.find_doc(task),
                        options,
                    )
                )

    def find_doc(self, task: Any) -> str:  # noqa: ANN401 - doit's
        """The docstring of the function that made *task*; a subtask has a line of its own."""
        creator = self.loader.creators.get(task.name)
        if creator is None:
            return str(task.doc)
        return creator.__doc__ or ""

    def show(self, command: Command) -> None:
        """Print the page of *command*."""
        deploying = [] if command.name == "deploy" else self.find_deploy_options()
        values = help_page.find_values(command.options, vocabulary.find_layout())
        write(
            help_page.command_page(
                command,
                deploying,
                values,
                help_page.page_width(),
            )
        )

    def find_deploy_options(self) -> creators.Options:
        """The options that other commands have from `deploy`."""
        creator = self.loader.creators.get("deploy")
        return creators.options_of(creator)

    def show_all(self, *, everything: bool) -> None:
        """Print the page of all commands."""
        import dodo

        head = help_page.describe(help_page.FRONT, dodo.__doc__)
        found = self.find_commands(everything=everything)
        write(
            help_page.front_page(
                head,
                found,
                project.read_version(),
                help_page.page_width(),
            )
        )

    def find_commands(self, *, everything: bool) -> Mapping[groups.Group, list[Command]]:
        """All commands in their groups; *everything*: those that are hidden, too."""
        made = self.loader.creators
        found = {}
        for group, names in groups.by_group(made).items():
            is_seen = everything or group.is_on_front_page
            if names and is_seen and group is not groups.INNER:
                found[group] = [
                    help_page.describe(
                        name,
                        made[name].__doc__,
                    )
                    for name in names
                ]
        if everything:
            found[DOIT] = [
                help_page.Command(
                    name,
                    kind.doc_purpose,
                )
                for name, kind in self.cmds.items()
            ]
        return found


def describe_doit(command: Any) -> Command:  # noqa: ANN401 - of doit
    """One of doit's own commands."""
    options = tuple(vars(option) for option in command.cmdparser.options)
    notes = command.doc_description or ""
    usage = f"doit {command.name} {command.doc_usage}".rstrip()
    return help_page.Command(
        command.name,
        command.doc_purpose,
        ((usage, ""),),
        " ".join(notes.split()),
        tuple(option for option in options if option["long"]),
        is_of_doit=True,
    )


def write(lines: Iterable[str]) -> None:
    """Print a page."""
    console.tell("\n".join(lines))
