"""Who starts claude, and with what: what each file says is found with its line; what does no harm is not reported."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from tasks.core.claude.layers import Layers
from tasks.core.doctor import starters
from tasks.core.doctor.case import Case
from tasks.core.model.layout import Layout

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.core.doctor.case import Check

URL = "http://127.0.0.1:4000"
OURS = {"env": {"ANTHROPIC_BASE_URL": URL, "ANTHROPIC_AUTH_TOKEN": "sk-ours-0123456789"}}
CODE = ".config/Code/User/settings.json"


class Home:
    """A home in which a gateway is deployed, and a project below it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environ = {"HOME": str(root), "PATH": str(root / "bin")}
        self.put("project/readme", "")
        self.put(".claude/settings.json", json.dumps(OURS))

    def put(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def look(self, *, deployed: bool = True) -> list[Check]:
        layout = Layout.of(self.environ)
        layers = Layers(layout, self.environ, self.root / "project", self.root / "managed")
        case = Case(layout, layers, self.environ)
        case.__dict__["manifest"] = SimpleNamespace(gateway_url=URL) if deployed else None
        return [*starters.starters(case)]

    def warned(self) -> list[tuple[str, str]]:
        """Where something is wrong, and what."""
        found = [check for check in self.look() if check.state != "ok"]
        assert all(check.state == "warn" and check.fix for check in found)
        return [(check.where, check.says) for check in found]


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


def test_where_nothing_starts_it_in_another_way_all_is_well(home):
    home.put(".bashrc", "alias c=claude\nalias ll='ls -l'\nclaude() {\n  command claude \"$@\"\n}\n")
    home.put(CODE, '{"claudeCode.environmentVariables": [], "editor.fontSize": 12}')
    assert [check.state for check in home.look()] == ["ok"]
    assert [check.state for check in home.look(deployed=False)] == ["skip"]


@pytest.mark.parametrize(
    ("member", "says"),
    [
        ('"claudeCode.environmentVariables": {"ANTHROPIC_BASE_URL": "x"}', "must be a list"),
        ('"claudeCode.environmentVariables": "x"', "must be a list"),
        ('"claudeCode.environmentVariables": [{"ANTHROPIC_BASE_URL": "x"}]', "without name and value"),
        ('"claude-code.environmentVariables": [{"ANTHROPIC_BASE_URL": "x"}]', "without name and value"),
        ('"claudeCode.env": {"ANTHROPIC_BASE_URL": "x"}', "claudeCode.env is no setting"),
        ('"claudeCode.environment": []', "claudeCode.environment is no setting"),
        ('"terminal.integrated.env.linux": {"CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST": "1"}', "MANAGED_BY_HOST"),
        ('"terminal.integrated.env.osx": {"CLAUDE_CONFIG_DIR": "/x"}', "CLAUDE_CONFIG_DIR"),
        ('"claudeCode.environmentVariables": [{"name": "ANTHROPIC_BASE_URL", "value": "x"}]', "another value"),
        ('"claudeCode.environmentVariables": [{"name": "CLAUDE_CONFIG_DIR", "value": "/x"}]', "another value"),
        ('"claudeCode.environmentVariables": [{"name": "CLAUDE_CODE_USE_MANTLE", "value": "1"}]', "another value"),
    ],
)
def test_settings_of_vs_code_that_do_nothing_or_harm(home, member, says):
    home.put(CODE, f"{{\n  // mine\n  {member},\n}}")
    ((where, said),) = home.warned()
    assert where == f"~/{CODE}:3"
    assert says in said


@pytest.mark.parametrize(
    "member",
    [
        '"terminal.integrated.env.linux": {"ANTHROPIC_BASE_URL": "http://old", "PATH": "x"}',  # settings win over it
        f'"claudeCode.environmentVariables": [{{"name": "ANTHROPIC_BASE_URL", "value": "{URL}"}}]',
        '"claudeCode.environmentVariables": [{"name": "MY_OWN", "value": "1"}]',
        '"claudeCode.preferredLocation": "panel"',
        '"claudeCodeX.env": {}',
    ],
)
def test_settings_of_vs_code_that_do_no_harm(home, member):
    home.put(CODE, f"{{{member}}}")
    assert home.warned() == []


def test_settings_of_vs_code_that_it_cannot_read(home):
    home.put("project/.vscode/settings.json", '"claudeCode.environmentVariables": []')
    ((where, _),) = home.warned()
    assert where == "~/project/.vscode/settings.json"


def test_the_login_page_of_the_extension(home):
    home.put(".vscode/extensions/anthropic.claude-code-2.1.332/package.json", "{}")
    ((_, said),) = home.warned()
    assert "login" in said
    home.put(CODE, '{"claudeCode.disableLoginPrompt": true}')
    assert home.warned() == []


def test_variables_of_the_terminal_of_a_jetbrains_ide(home):
    entries = '<map>\n<entry key="ANTHROPIC_BASE_URL" value="x" />\n<entry key="CLAUDE_CONFIG_DIR" value="/x" />'
    home.put(".config/JetBrains/PyCharm2026.2/options/terminal.xml", entries)
    ((where, said),) = home.warned()
    assert where.endswith("terminal.xml:3")
    assert "CLAUDE_CONFIG_DIR" in said


@pytest.mark.parametrize(
    ("file", "text", "line", "says"),
    [
        (".bashrc", "alias claude='CLAUDE_CONFIG_DIR=$HOME/.work command claude'\n", 1, "no gateway is deployed"),
        (".zshrc", "\nexport CLAUDE_CONFIG_DIR=~/.work\n", 2, "a new terminal sets CLAUDE_CONFIG_DIR"),
        (".bashrc", "export CLAUDE_CONFIG_DIR=$(pick)\n", 1, "only a shell could know"),
        (".bashrc", "w() {\n  CLAUDE_CONFIG_DIR=$1 claude\n}\n", 1, "only a shell could know"),
        (".bashrc", "alias c='CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST=1 claude'\n", 1, "wins over the deployed settings"),
        (".bashrc", "alias c='ANTHROPIC_UNIX_SOCKET=/x claude'\n", 1, "wins over the deployed settings"),
        (".bashrc", "alias c='ANTHROPIC_MODEL=glm claude'\n", 1, "say nothing"),
        (".bashrc", "alias c='CLAUDE_CODE_USE_MANTLE=1 claude'\n", 1, "say nothing"),
        (".bashrc", "alias c='ANTHROPIC_BASE_URL=http://glm claude'\n", 1, "settings win"),
        (".bashrc", "alias c='claude --settings ~/glm.json'\n", 1, "passes --settings"),
        (".bashrc", 'claude() {\n  eval "$RUN"\n}\n', 1, "only a shell could read"),
        (".config/fish/config.fish", "function g\n set -lx ANTHROPIC_MODEL x\n claude\nend\n", 1, "say nothing"),
    ],
)
def test_aliases_functions_and_exports(home, file, text, line, says):
    home.put(file, text)
    ((where, said),) = home.warned()
    assert where == f"~/{file}:{line}"
    assert says in said


def test_a_folder_into_which_the_same_gateway_is_deployed_is_well(home):
    home.put(".bashrc", "alias claude='CLAUDE_CONFIG_DIR=$HOME/.work claude'\nexport CLAUDE_CONFIG_DIR=$HOME/.claude\n")
    home.put(".work/settings.json", json.dumps(OURS))
    assert home.warned() == []


def test_no_value_that_may_be_a_secret_is_shown(home):
    home.put(".bashrc", "alias c='ANTHROPIC_AUTH_TOKEN=canary ANTHROPIC_CUSTOM_HEADERS=canary claude'\n")
    assert "canary" not in str(home.look())


@pytest.mark.parametrize("last", ['exec /opt/claude/claude "$@"', 'exec "$REAL" "$@"'])
def test_a_wrapper_on_path(home, last):
    program = home.put("bin/claude", f"#!/bin/sh\nexport CLAUDE_CONFIG_DIR=/srv/claude\n{last}\n")
    program.chmod(0o755)
    ((where, said),) = home.warned()
    assert where.startswith("~/bin/claude")
    assert "the wrapper sets CLAUDE_CONFIG_DIR=/srv/claude" in said


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (".github/workflows/claude.yml", "jobs:\n  - uses: anthropics/claude-code-action@v1\n"),
        (".gitlab-ci.yml", "script:\n  - claude -p 'review'\n"),
        (
            ".devcontainer/devcontainer.json",
            '{\n"features": {"ghcr.io/anthropics/devcontainer-features/claude-code:1": {}}}',
        ),
        ("package.json", '{\n"dependencies": {"@anthropic-ai/claude-agent-sdk": "0.3.332"}}'),
        ("pyproject.toml", '[project]\ndependencies = ["claude-agent-sdk"]\n'),
    ],
)
def test_where_a_project_starts_it_is_a_note(home, file, text):
    home.put("project/.git/HEAD", "")
    home.put(f"project/{file}", text)
    note, well = home.look()
    assert (note.state, note.where, well.state) == ("skip", f"~/project/{file}:2", "ok")
    home.put(f"project/{file}", f"{text}\n# ANTHROPIC_BASE_URL")
    assert [check.state for check in home.look()] == ["ok"]


def test_a_claude_of_windows_beside_this_one(home, monkeypatch):
    monkeypatch.setattr(starters, "WINDOWS", home.root / "c" / "Users")
    path = home.put("c/Users/ada/.claude/settings.json", "{}")
    assert home.warned() == []
    home.environ["WSL_DISTRO_NAME"] = "Ubuntu"
    ((where, said),) = home.warned()
    assert where == str(path)
    assert "Windows" in said
    path.write_text(json.dumps(OURS))
    assert home.warned() == []
