"""The layers of Claude Code's settings: found where they are, with their lines, and read only; and who wins."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tasks.core.claude.layers import LATER, LAYERS, Held, Key, Layers, prospective, winner, wrapped
from tasks.core.model.layout import Layout
from tasks.core.model.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path


NAME = "ANTHROPIC_BASE_URL"


class Place:
    """A home, a project in it, and a folder for whoever manages the machine."""

    def __init__(self, root: Path) -> None:
        self.home, self.managed = root / "home", root / "managed"
        self.project = self.home / "project"
        (self.project / "sub").mkdir(parents=True)
        self.environ = {"HOME": str(self.home), "SHELL": "/bin/bash"}

    def put(self, path: str, text: str) -> None:
        target = (self.managed if path.startswith("managed") else self.home) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def layers(self, folder: str = "project", **environ: str) -> Layers:
        layout = Layout.of(self.environ)
        return Layers(layout, {**self.environ, **environ}, self.home / folder, self.managed)

    def wins(self, name: str = NAME, folder: str = "project", **environ: str) -> tuple[str, str, str] | None:
        held = self.layers(folder, **environ).winner(name)
        return (held.layer, held.where, held.plain) if held else None


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def env(value: str, name: str = NAME) -> str:
    return json.dumps({"env": {name: value}}, indent=2)


def test_each_layer_wins_over_those_below(place):
    assert place.wins() is None
    assert place.wins(**{NAME: "shell"}) == ("environment", "environment", "shell")
    steps = [
        (".claude/settings.json", "user"),
        ("project/.claude/settings.json", "project"),
        ("project/.claude/settings.local.json", "local"),
        ("managed-settings.json", "managed"),
    ]
    for path, layer in steps:
        place.put(path, env(layer))
        found = place.wins(**{NAME: "shell"})
        assert found is not None
        assert (found[0], found[2]) == (layer, layer)
        assert found[1].endswith(f"{path}:3")


def test_managed_parts_win_over_the_file_the_last_first_and_per_variable(place):
    place.put("managed-settings.json", json.dumps({"env": {NAME: "base", "OTHER": "base"}}))
    place.put("managed-settings.d/10-a.json", env("ten"))
    place.put("managed-settings.d/20-b.json", env("twenty"))
    place.put("managed-settings.d/.30-hidden.json", env("hidden"))
    assert place.wins()[2] == "twenty"
    assert place.wins("OTHER")[2] == "base"


def test_the_local_file_is_that_of_the_repository_and_the_shared_one_that_of_the_folder(place):
    (place.project / ".git").mkdir()
    place.put("project/.claude/settings.json", env("shared"))
    place.put("project/.claude/settings.local.json", env("root"))
    assert place.wins(folder="project/sub")[2] == "root"
    place.put("project/sub/.claude/settings.local.json", env("sub"))
    assert place.wins(folder="project/sub")[2] == "root"
    (place.project / ".claude" / "settings.local.json").unlink()
    assert place.wins(folder="project/sub")[2] == "sub"
    (place.project / "sub" / ".claude" / "settings.local.json").unlink()
    assert place.wins(folder="project/sub") is None


def test_in_the_home_itself_the_users_settings_are_no_project(place):
    place.put(".claude/settings.json", env("user"))
    assert place.wins(folder=".")[0] == "user"
    assert len(place.layers(".").files) == 1


def test_an_empty_text_wins_and_cancels(place):
    place.put(".claude/settings.json", env(""))
    assert place.wins(**{NAME: "shell"}) == ("user", "~/.claude/settings.json:3", "")


def test_profiles_are_told_with_their_lines_but_do_not_count_yet(place):
    place.put(".bashrc", f"# mine\nexport {NAME}=dead\n")
    place.put(".profile", f"export {NAME}=$(compute)\n")
    held = place.layers().of(Key.of(NAME))
    assert [(each.where, each.value) for each in held] == [("~/.bashrc:2", "dead"), ("~/.profile:1", None)]
    assert place.wins() is None
    assert prospective(held) == held[0]


def test_the_nearest_envrc_is_what_a_shell_will_have_there(place):
    place.put(".envrc", f"export {NAME}=far\nexport OTHER=1\n")
    place.put("project/.envrc", f"use nix\nexport {NAME}=near\n")
    place.put(".bashrc", f"export {NAME}=dead\n")
    held = place.layers("project/sub").of(Key.of(NAME))
    assert [(each.layer, each.where) for each in held] == [
        ("direnv", "~/project/.envrc:2"),
        ("profile", "~/.bashrc:1"),
    ]
    assert place.wins() is None
    assert prospective(held) == held[0]
    assert place.layers("project/sub").of(Key.of("OTHER")) == []


def test_vs_code_is_told_with_its_line_and_never_wins(place):
    listed = f'[\n    {{"name": "OTHER", "value": "x"}},\n    {{"name": "{NAME}", "value": "vs"}},\n  ]'
    place.put(".config/Code/User/settings.json", f'{{\n  // mine\n  "claudeCode.environmentVariables": {listed},\n}}')
    (held,) = place.layers().of(Key.of(NAME))
    assert (held.layer, held.where, held.plain) == ("vscode", "~/.config/Code/User/settings.json:5", "vs")
    assert place.wins() is None


def test_a_key_that_is_no_variable_is_not_looked_for_in_the_shell(place):
    place.put(".claude/settings.json", '{"permissions": {"defaultMode": "plan"}, "model": "x"}')
    assert place.wins("permissions.defaultMode")[2] == "plan"
    assert place.wins("model", model="y")[2] == "x"


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 1,}', "\xff", '{"env": {}} x'])
def test_a_file_that_is_off_says_so_and_the_others_count(place, text):
    place.put(".claude/settings.json", env("user"))
    place.put("project/.claude/settings.json", "{}")
    (place.project / ".claude" / "settings.json").write_bytes(text.encode("latin-1"))
    assert place.wins()[0] == "user"
    assert [file.layer for file in place.layers().files if file.problem] == ["project"]


def test_an_empty_file_is_an_empty_object(place):
    place.put(".claude/settings.json", "")
    assert not place.layers().files[0].problem


def test_secrets_do_not_show(place):
    place.put(".claude/settings.json", env("canary-token", "ANTHROPIC_AUTH_TOKEN"))
    layers = place.layers(ANTHROPIC_API_KEY="canary-key")
    held = [*layers.of(Key.of("ANTHROPIC_AUTH_TOKEN")), *layers.of(Key.of("ANTHROPIC_API_KEY"))]
    assert len(held) == 2
    assert "canary" not in repr(held)
    assert "canary" not in repr(layers)


@pytest.mark.parametrize(
    ("text", "variable", "name"),
    [
        ("ANTHROPIC_MODEL", "ANTHROPIC_MODEL", "ANTHROPIC_MODEL"),
        ("env.ANTHROPIC_MODEL", "ANTHROPIC_MODEL", "ANTHROPIC_MODEL"),
        ("https_proxy", "https_proxy", "https_proxy"),
        ("model", None, "model"),
        ("permissions.defaultMode", None, "permissions.defaultMode"),
        ("env", None, "env"),
    ],
)
def test_a_key_is_a_variable_or_a_member(text, variable, name):
    key = Key.of(text)
    assert (key.variable, key.name) == (variable, name)


def test_the_strongest_layer_that_says_something_wins():
    held = [Held(layer, layer, "x") for layer in LAYERS]
    for number, layer in enumerate(LAYERS):
        if layer not in ("vscode", *LATER):
            won = winner(held[number:])
            assert won is not None
            assert won.layer == layer


def test_what_only_vs_code_or_a_new_terminal_has_does_not_count_yet():
    only = [Held("vscode", "", "v"), Held("profile", "~/.bashrc:1", "p")]
    assert winner(only) is None
    assert prospective(only) == only[1]
    assert prospective([*only, Held("environment", "", "e")][::-1]).layer == "environment"


@pytest.mark.parametrize(
    ("name", "value", "hides"),
    [
        ("ANTHROPIC_AUTH_TOKEN", "x", True),
        ("apiKeyHelper", "cat key", True),
        ("ANTHROPIC_CUSTOM_HEADERS", "a: b", True),
        ("HTTPS_PROXY", "http://ada:pw@proxy", True),
        ("HTTPS_PROXY", "http://proxy", False),
        ("CLAUDE_CODE_MAX_OUTPUT_TOKENS", "8192", False),
        ("ANTHROPIC_API_KEY", "", False),
    ],
)
def test_what_tells_is_hidden_and_can_still_be_compared(name, value, hides):
    held = Held("user", "", wrapped(name, value))
    assert isinstance(held.value, Secret) is hides
    assert held.plain == value
    assert not hides or value not in repr(held)


def make_worktree(place, main="main", tree="project"):
    """The files by which git knows a worktree: a pointer to its private folder, and from there to the shared one."""
    private = place.home / main / ".git" / "worktrees" / "w"
    private.mkdir(parents=True)
    (private / "commondir").write_text("../..\n")
    (place.home / tree / ".git").write_text(f"gitdir: {private}\n")


@pytest.mark.parametrize("folder", ["project", "project/sub"])
def test_the_local_settings_of_the_main_checkout_count_in_its_worktrees(place, folder):
    make_worktree(place)
    place.put(f"{folder}/.claude/settings.local.json", env("worktree"))
    assert place.wins(folder=folder)[2] == "worktree"
    place.put("main/.claude/settings.local.json", env("main"))
    assert place.wins(folder=folder)[2] == "main"


def test_local_settings_are_merged_key_by_key(place):
    (place.project / ".git").mkdir()
    place.put("project/.claude/settings.local.json", '{"permissions": {"allow": ["Read"]}}')
    place.put("project/sub/.claude/settings.local.json", env("sub"))
    assert place.wins(folder="project/sub")[2] == "sub"


def test_a_worktree_of_a_bare_repository_has_its_own_local_settings(place):
    private = place.home / "repo.git" / "worktrees" / "w"
    private.mkdir(parents=True)
    (private / "commondir").write_text("../..")
    (place.project / ".git").write_text(f"gitdir: {private}")
    place.put("project/.claude/settings.local.json", env("worktree"))
    assert place.wins()[2] == "worktree"


def test_a_host_that_manages_the_provider_sets_aside_what_settings_say_of_it(place):
    place.put(".claude/settings.json", json.dumps({"env": {NAME: "ours", "API_TIMEOUT_MS": "5"}, "apiKeyHelper": "x"}))
    host = {"CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST": "1"}
    assert place.wins(**host) is None
    assert place.wins("apiKeyHelper", **host) is None
    assert place.wins(**host, **{NAME: "theirs"}) == ("environment", "environment", "theirs")
    assert place.wins("API_TIMEOUT_MS", **host)[2] == "5"
    assert place.wins(**{**host, "CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST": "0"})[2] == "ours"
