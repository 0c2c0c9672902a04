"""How shell files start claude: read in their text, with the line, what is given, and what cannot be known."""

from __future__ import annotations

import pytest

from tasks.core.values.claude_calls import find_calls, read_script

HOME = "/home/ada"


@pytest.mark.parametrize(
    ("text", "name", "variables"),
    [
        ("alias claude='A=$HOME/x command claude'\n", "alias claude", {"A": "/home/ada/x"}),
        ('alias work="A=1 B=2 claude --verbose"\n', "alias work", {"A": "1", "B": "2"}),
        ('alias glm="TOKEN=$(pass glm) claude"\n', "alias glm", {"TOKEN": None}),
        ("alias -g c='env A=1 /usr/local/bin/claude'\n", "alias c", {"A": "1"}),
        ("alias a=ls c='A=~/x claude'\n", "alias c", {"A": "/home/ada/x"}),
        ('glm() { A=1 claude "$@"; }\n', "function glm", {"A": "1"}),
        ("function claude {\n  export A=1\n  B=2 command claude\n}\n", "function claude", {"A": "1", "B": "2"}),
        ("if true; then\n  glm ()\n  {\n    A=1 claude\n  }\nfi\n", "function glm", {"A": "1"}),
        ("c() {\n  export A=$B\n  exec claude\n}\n", "function c", {"A": None}),
    ],
)
def test_what_an_alias_or_a_function_gives(text, name, variables):
    (call,) = find_calls(text, "sh", HOME)
    assert (call.name, dict(call.variables), call.is_known) == (name, variables, True)


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("alias claude 'env A=/x claude'\n", {"A": "/x"}),
        ("alias claude='A=1 claude'\n", {"A": "1"}),
        ("function glm --wraps claude\n  set -lx A http://x\n  command claude $argv\nend\n", {"A": "http://x"}),
    ],
)
def test_what_fish_gives(text, variables):
    (call,) = find_calls(text, "fish", HOME)
    assert dict(call.variables) == variables


@pytest.mark.parametrize(
    "text",
    [
        "alias ll='ls -l'\n",
        "alias grepc='grep claude'\n",
        "# alias claude='A=1 claude'\n",
        "cat <<X\nalias claude='A=1 claude'\nX\n",
        "install() {\n  npm install claude\n}\n",
        "echo claude\n",
    ],
)
def test_what_starts_something_else_is_no_call(text):
    assert find_calls(text, "sh", HOME) == []


@pytest.mark.parametrize(
    "text",
    [
        "alias claude='eval $START'\n",
        "alias claude=$OTHER\n",
        "claude() {\n  eval $X\n}\n",
        "claude() {\n  A=1 claude\n",
    ],
)
def test_what_only_a_shell_could_read_is_unknown(text):
    (call,) = find_calls(text, "sh", HOME)
    assert not call.is_known


def test_lines_and_options():
    calls = find_calls("# mine\nalias a='claude --settings x.json -p'\n\nb() {\n  claude --bare\n}\n", "sh", HOME)
    assert [(call.name, call.line, call.options) for call in calls] == [
        ("alias a", 2, ["--settings"]),
        ("function b", 4, ["--bare"]),
    ]


def test_a_value_is_in_no_repr():
    (call,) = find_calls("alias c='TOKEN=canary claude'\n", "sh", HOME)
    assert "canary" not in repr(call)


def test_a_wrapper_is_read_where_it_is_a_script():
    call = read_script('#!/usr/bin/env bash\nexport A=1\nexec /opt/claude "$@"\n', HOME)
    assert call is not None
    assert (dict(call.variables), call.is_known) == ({"A": "1"}, True)
    other = read_script('#!/bin/sh\nexport A=1\nexec "$REAL" "$@"\n', HOME)
    assert other is not None
    assert (dict(other.variables), other.is_known) == ({"A": "1"}, False)
    assert read_script("#!/usr/bin/env node\nrequire('x')\n", HOME) is None
    assert read_script("\x7fELF", HOME) is None
