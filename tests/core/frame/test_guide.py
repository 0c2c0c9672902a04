"""Help, docs/commands.md and the tasks say the same of every command and every option."""

from __future__ import annotations

import itertools
import re
import shlex

import pytest

import dodo
from tasks.core.catalogue import schemas
from tasks.core.frame import creators, examples, groups, guide, help_page
from tasks.core.model.layout import PROJECT
from tasks.core.text import documents

GUIDE = guide.read(vars(dodo))
COMMANDS = {command.name: command for command in itertools.chain.from_iterable(GUIDE.values())}
DEPLOYING = COMMANDS["deploy"].options
PAGE = (PROJECT / "docs" / "commands.md").read_text()
EVERYWHERE = {"--quiet", "--verbose", "--yes", "--help"}


def spell(option):
    return f"--{option['long']}"


def find_options(text):
    """The options that *text* names."""
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))


def page(name, width=80):
    deploying = [] if name == "deploy" else DEPLOYING
    return "\n".join(help_page.command_page(COMMANDS[name], deploying, {}, width))


def test_every_command_is_on_the_page_of_all_and_nothing_else(sandbox):
    shown = sandbox.doit("help", "--all")
    listed = re.findall(r"^  ([a-z-]+)  ", shown.out.partition("\ndoit's own\n")[0], re.MULTILINE)
    assert sorted(listed) == sorted(COMMANDS)
    front = sandbox.doit("--help").out
    for group, commands in GUIDE.items():
        assert (group.title in front) == group.is_on_front_page
        for command in commands:
            assert bool(re.search(rf"^  {command.name} ", front, re.MULTILINE)) == group.is_on_front_page


def test_every_command_is_in_docs_and_nothing_else():
    table = PAGE.partition("generated: steps -->")[2].partition("<!-- end")[0]
    assert sorted(re.findall(r"^- `gatehand ([a-z]+)`: ", table, re.MULTILINE)) == sorted(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_on_the_page_of_its_command_and_nothing_else(name):
    shown = page(name)
    options = set(map(spell, COMMANDS[name].options))
    rows = set(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", shown, re.MULTILINE))
    pointed = find_options(shown.partition("Options of deploy")[2].partition("\n\n")[0])
    assert (rows | pointed) - EVERYWHERE == options - EVERYWHERE


def test_every_option_is_in_docs_and_nothing_else():
    table = PAGE.partition("generated: options -->")[2].partition("<!-- end")[0]
    deploying, _, others = table.partition("**Of other commands**")
    spelled = r"`(?:-\w, )?(--[a-z-]+)[^`]*`: "
    assert set(re.findall(rf"^- {spelled}", deploying, re.MULTILINE)) == set(map(spell, DEPLOYING))
    found = set()
    for name, options in re.findall(r"^- ([a-z]+): (.*)$", others, re.MULTILINE):
        found |= {(name, option) for option in find_options(options)}
    wanted = set()
    for command in COMMANDS.values():
        own, _ = help_page.divide(command.options, DEPLOYING)
        wanted |= {(command.name, spell(option)) for option in own if command.name != "deploy"}
    assert "`--json`" in PAGE
    assert found == {(name, option) for name, option in wanted if option != "--json"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_does_and_names_its_value(name):
    for option in COMMANDS[name].options:
        assert option["help"], option
        assert option["type"] is bool or option["type"] is int or option.get("metavar"), option


def test_the_file_of_examples_is_valid_and_about_commands_that_there_are():
    schema = PROJECT / "templates" / "schemas" / "help.schema.json"
    assert not schemas.findings(documents.load_yaml(examples.FILE), schema, file="commands.yaml")
    assert set(examples.read()) <= {*COMMANDS, help_page.FRONT}
    assert not set(examples.find_synonyms()) & set(COMMANDS)


def test_every_example_is_a_command_with_options_that_it_has():
    for name, shown in examples.read().items():
        for typed, says in shown.examples:
            assert says
            line = typed.partition("$(")[2].rstrip(')"') if "$(" in typed else typed
            doit, command, *words = shlex.split(line)
            assert doit == "doit"
            command, _, _ = command.partition(":")
            assert name in (command, help_page.FRONT)
            known = set(map(spell, COMMANDS[command].options))
            assert find_options(" ".join(words).partition(" -- ")[0]) <= known, typed


def test_commands_that_can_be_undone_or_looked_at_come_before_the_steps_on_top():
    order = [*groups.by_group(creators.find_creators(vars(dodo)))]
    assert order[0] is groups.DEPLOY
