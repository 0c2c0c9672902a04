"""What the pages say is true: links lead somewhere, commands work as shown, tables and lists are those of the code."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from doit.doit_cmd import DoitMain

import dodo
import tasks.deploy
from tasks.core.catalogue import catalogue
from tasks.core.frame import guide, pages
from tasks.core.model import errors
from tasks.core.model.errors import GatewayError, InvalidInput
from tasks.core.model.layout import PROJECT, Layout
from tests.artifacts.fakes import Folder, clear, free_port, make_litellm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGES = [PROJECT / "README.md", PROJECT / "CHANGELOG.md", *sorted((PROJECT / "docs").glob("*.md"))]
NAMES = [path.relative_to(PROJECT).as_posix() for path in PAGES]
KNOWN = catalogue.load(Layout.of({"HOME": "/nowhere"}))
TABLES = pages.tables(KNOWN, guide.read(vars(dodo)))
FENCE = re.compile(r"^```(\S*) *([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DEPLOY = {f"--{each['long']}" for each in tasks.deploy.OPTIONS}
SHELL = """
set -eu
doit() { "$DOC_PYTHON" -I tasks/core/frame/launch.py "$@"; }
gatehand() { doit "$@"; }
"""
MOST_WORDS, MOST_LINES = 15_000, 60
COMMAND = r"(?:python3 dodo\.py|doit|gatehand)"
"""How the pages write a command of ours."""


def text_of(name: str) -> str:
    return (PROJECT / name).read_text()


def everything() -> str:
    return "\n".join(path.read_text() for path in PAGES)


def prose(text: str) -> str:
    """*text* without its fenced blocks."""
    return FENCE.sub("", text)


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(path.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(name: str) -> Iterator[str]:
    """The targets of the links of a page that lead into this repository."""
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(text_of(name))):
        if not re.match(r"[a-z]+:", target):
            yield target


@pytest.mark.parametrize("name", [*NAMES, "CONTRIBUTING.md"])
def test_links_lead_somewhere(name):
    for target in links(name):
        file, _, anchor = target.partition("#")
        path = (PROJECT / name).parent / file if file else PROJECT / name
        assert path.exists(), target
        assert not anchor or anchor in anchors(path), target


def test_every_page_is_two_clicks_from_the_readme():
    once = {target.partition("#")[0] for target in links("README.md")}
    twice = {f"docs/{target.partition('#')[0]}" for target in links("docs/index.md")}
    assert set(NAMES) - {"README.md"} <= once | twice
    assert "docs/index.md" in once


def test_the_guide_is_read_in_an_hour_and_the_readme_at_once():
    words = sum(len(path.read_text().split()) for path in (PROJECT / "docs").glob("*.md"))
    assert words <= MOST_WORDS
    assert len(text_of("README.md").splitlines()) <= MOST_LINES


def test_the_readme_has_one_command_for_the_main_job_and_one_for_those_who_change_this():
    blocks = [body.strip() for _, _, body in FENCE.findall(text_of("README.md"))]
    assert blocks[0] == "python3 dodo.py deploy --preset demo --start --yes"
    contributing = text_of("README.md").partition("## Contributing")[2]
    assert [body.strip() for _, _, body in FENCE.findall(contributing)] == ["python3 dodo.py test"]


def test_no_page_is_a_page_of_another():
    """A heading is the answer to one question, so it is in one page only."""
    headings = [heading for path in (PROJECT / "docs").glob("*.md") for heading in titles(path)]
    assert sorted(headings) == sorted(set(headings))


def titles(path: Path) -> list[str]:
    return re.findall(r"^#{1,3} (.+)$", prose(path.read_text()), re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_generated_tables_are_not_stale(name):
    assert pages.filled(text_of(name), TABLES, name) == text_of(name), "run: doit docs"


def test_every_generated_table_stands_somewhere():
    assert set(re.findall(r"<!-- generated: (\S+) -->", everything())) == set(TABLES)


def test_a_mark_without_a_table_is_told():
    with pytest.raises(InvalidInput, match="nonsense"):
        pages.filled("<!-- generated: nonsense -->\n<!-- end -->", TABLES, "page.md")


def test_filling_twice_is_filling_once():
    once = pages.filled("a\n<!-- generated: options -->\n<!-- end -->\nb", TABLES, "page.md")
    assert once.startswith("a\n")
    assert once.endswith("\nb")
    assert pages.filled(once, TABLES, "page.md") == once


def test_every_public_step_is_told(sandbox):
    listed = sandbox.doit("list", "--all", "--quiet")
    assert listed.code == 0, listed.text
    steps = [name for name in listed.out.split() if ":" not in name]
    assert len(steps) > 10
    assert not [step for step in steps if not re.search(rf"{COMMAND} {step}\b", everything())]


def test_every_command_that_is_told_is_one():
    known = {name.removeprefix("task_") for name in vars(dodo) if name.startswith("task_")}
    known |= {command.get_name() for command in DoitMain.DOIT_CMDS}
    known |= {*re.findall(r"def task_([a-z]+)", everything())}  # steps of one's own
    spans = re.findall(rf"`{COMMAND} ([a-z]+)", everything())
    lines = [word for line in called() for word in re.findall(rf"^{COMMAND} ([a-z]+)", line)]
    for command in (*spans, *lines):
        assert command in known, command


def test_every_option_that_is_told_is_one(sandbox):
    code = "import json, dodo; from doit.loader import load_tasks as load; "
    code += "print(json.dumps([p['long'] for task in load(vars(dodo)) for p in task.params if p.get('long')]))"
    found = sandbox.run([sys.executable, "-c", code])
    options = {f"--{name}" for name in json.loads(found.out)} | DEPLOY
    others = {"--foreground", "--no-wait", "--profile", "--user", "--project"}  # of start-gateway.sh, aws, systemctl …
    others |= {
        "--settings",
        "--label",
        "--file",
        "--help",
        "--continue",
        "--all",
        "--dry",
    }  # of claude, secret-tool, doit; --dry_run
    assert told_options() - others <= options


def test_help_can_be_shown_by_every_terminal(sandbox):
    code = "import dodo; from doit.loader import load_tasks as load; "
    code += "told = [t for task in load(vars(dodo)) for t in (task.doc, *(p.get('help') for p in task.params))]; "
    code += "print(ascii([each for each in told if each and not each.isascii()]))"
    assert sandbox.run([sys.executable, "-c", code]).out == "[]\n"
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    sandbox.switch = "-P"  # -I does not hear of PYTHONUTF8
    shown = sandbox.doit("help", "deploy", env=plain)
    assert shown.code == 0, shown.text
    assert "--gateway-type" in shown.out


def told_options() -> set[str]:
    """The options in code spans and in lines that call doit."""
    spans = re.findall(r"`([^`\n]+)`", prose(everything()))
    return {option for text in (*spans, *called()) for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)}


def called() -> Iterator[str]:
    """The lines of the shell blocks that call doit."""
    for _, _, body in FENCE.findall(everything()):
        yield from (line.partition("#")[0] for line in body.splitlines() if re.search(rf"{COMMAND} ", line))


@pytest.mark.parametrize(
    "kind", [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, GatewayError)]
)
def test_every_exit_code_is_told(kind):
    assert re.search(rf"^\| {kind.exit_code} \| \S", text_of("docs/commands.md"), re.MULTILINE)


def test_every_kind_of_gateway_of_a_company_has_a_row():
    remote = {name for name, gateway in KNOWN.gateways.items() if not gateway.process}
    rows = re.findall(
        r"^\| `(\w+)` \| .*bearer|^\| `(\w+)` \| .*x-api-key", text_of("docs/enterprise.md"), re.MULTILINE
    )
    assert remote == {name for row in rows for name in row if name}


def test_every_key_of_the_settings_is_told():
    keys = re.findall(r"^- ((?:`[\w.]+`(?:, )?)+):", text_of("docs/settings.md"), re.MULTILINE)
    told = [key for item in keys for key in re.findall(r"`([\w.]+)`", item)]
    ready = [gateway for gateway in KNOWN.gateways.values() if gateway.ready]
    wanted = {".".join(setting.path).removeprefix("env.") for gateway in ready for setting in gateway.settings}
    assert sorted(told) == sorted(wanted)


def test_named_tests_and_files_exist():
    for path in re.findall(r"`((?:tests|templates|docs|build|tasks)/[\w./-]+)`", everything()):
        assert (PROJECT / path).exists() or path.startswith("build/"), path


def test_the_changelog_has_this_version():
    version = tomllib.loads(text_of("pyproject.toml"))["project"]["version"]
    assert re.search(rf"^## \[{re.escape(version)}\]", text_of("CHANGELOG.md"), re.MULTILINE)


def test_the_picture_shows_the_question_the_plan_and_the_answer_on_a_machine_of_no_one():
    drawn = ET.fromstring(text_of("docs/first-deploy.svg"))
    rows = ["".join(row.itertext()) for row in drawn.iter("{http://www.w3.org/2000/svg}text")]
    text = re.sub(r"\s", "", "".join(rows))
    parts = ["$gatehanddeploy", "Whatdoyouhave?", "Planfor", "Deploythis?", "Undo:gatehanduninstall"]
    places = [text.find(part) for part in [*parts, "$claude", "ClaudeCodev", "Yourgatewayworks"]]
    assert places == sorted(places)
    assert -1 not in places
    paths = {path for row in rows for path in re.findall(r"(?<![\w.:/])/\w+/[\w./-]+", row)}
    assert paths == {"/home/ada"}


def test_what_is_written_is_plain():
    for name in NAMES:
        odd = {letter for letter in text_of(name) if ord(letter) > 0x2190}
        assert not odd - {"\ufe0f"}, f"{name}: {odd}"


@pytest.fixture
def machine(sandbox):
    """A sandbox as a reader has it: LiteLLM (ours costs nothing) is on PATH, gcloud has credentials, a port is free."""
    program = make_litellm(sandbox.root / "litellm")
    port = free_port()
    (sandbox.workshop / "choices.json").write_text(
        json.dumps({"choices": {"preset": "demo", "port": port}, "over": "0 ", "kept": True})
    )
    credentials = sandbox.home / ".config" / "gcloud" / "application_default_credentials.json"
    credentials.parent.mkdir(parents=True)
    credentials.write_text('{"type": "authorized_user"}')
    credentials.chmod(0o600)
    sandbox.extra["PATH"] = f"{program.parent}:{sandbox.environment()['PATH']}"
    sandbox.extra |= {"DOC_PYTHON": sys.executable, "GATEWAY_START_TIMEOUT": "30"}
    yield sandbox
    clear(Folder(sandbox.gateway, sandbox.home, port))


def script(name: str) -> str:
    """The blocks of a page that are marked `run`, one after the other; those marked `fails` must."""
    parts = [SHELL]
    for language, mark, body in FENCE.findall(text_of(name)):
        assert mark in ("", "run", "fails"), mark
        if language == "sh" and mark:
            typed = body.strip()
            run = f"if (set -e; {typed}); then exit 99; fi" if mark == "fails" else typed
            parts.append(f"cat >&2 <<'_EOF_'\n#### {typed}\n_EOF_\n{run}\n")
    return "\n".join(parts)


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if "```sh run\n" in text_of(name)])
def test_commands_work_in_the_order_in_which_they_are_shown(machine, name):
    done = subprocess.run(
        ["sh", "-c", script(name)],
        cwd=machine.project,
        env=machine.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-6000:]
    assert "####" in done.stderr
    assert "Traceback" not in done.stderr
