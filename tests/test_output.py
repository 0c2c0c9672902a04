"""What a person sees, byte for byte: tests/golden/output/<case>/ holds it per width, encoding and colour.

A change of how something is shown shows in these files. When it is meant, write them anew, read the diff, commit it:

    GOLDEN=1 python -m pytest tests/test_output.py
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tasks.core.catalogue import models_page
from tasks.core.claude.asked_names import NAMES
from tasks.core.cli.steps import Failure
from tasks.core.console import console
from tasks.core.deploying import plan_page
from tasks.core.deploying.this_run import Run
from tasks.core.doctor import doctor_page
from tasks.core.doctor.case import FAIL, OK, SKIP, WARN, Check
from tasks.core.doctor.verdict import Verdict
from tasks.core.frame import reporter as frame_reporter
from tasks.core.history import history_page
from tasks.core.history.archive import Archive
from tasks.core.history.session import Session
from tasks.core.model.catalogue import Catalogue, Model, Preset, Provider
from tasks.core.model.errors import UsageError
from tasks.core.model.release import Manifest, Revision
from tasks.core.service import status_page

GOLDEN = Path(__file__).parent / "golden" / "output"
REWRITE = bool(os.environ.get("GOLDEN"))
LOOKS = {
    "plain": ("utf-8", {"NO_COLOR": "1"}),
    "colour": ("utf-8", {"FORCE_COLOR": "1"}),
    "ascii": ("ascii", {"NO_COLOR": "1"}),
}
HOME = "/home/ada/.claude"

NEW: dict[str, Any] = {
    "gateway": f"{HOME}/gateway",
    "deployment": {
        "preset": "demo",
        "gateway_type": "local",
        "url": "http://127.0.0.1:4000",
        "models": ["demo"],
        "own_templates": {},
        "tiers": {"opus": "demo", "sonnet": "demo", "haiku": "demo"},
        "revision": 1,
    },
    "files": [
        {"file": "litellm_config.yaml", "action": "create", "added": 66, "removed": 0, "note": ""},
        {"file": ".env", "action": "create", "added": 5, "removed": 0, "note": ""},
    ],
    "settings": {
        "file": f"{HOME}/settings.json",
        "action": "create",
        "keys": [
            {"key": "env.ANTHROPIC_BASE_URL", "action": "set", "before": None, "after": "http://127.0.0.1:4000"},
            {"key": "env.ANTHROPIC_AUTH_TOKEN", "action": "set", "before": None, "after": "[hidden 1a2b]"},
            {"key": "env.ANTHROPIC_API_KEY", "action": "set", "before": None, "after": ""},
        ],
    },
    "asks": [
        {
            "name": name,
            "model": "demo",
            "by": "",
            "where": "",
            "is_ours": True,
            "state": "deployed",
            "answers": "demo",
        }
        for name in NAMES
    ],
    "process": {"action": "none", "why": "it does not run", "wait_seconds": 0},
    "missing": [],
    "warnings": [],
}
NOTHING = {
    **NEW,
    "files": [{**each, "action": "unchanged"} for each in NEW["files"]],
    "settings": {**NEW["settings"], "action": "unchanged", "keys": []},
    "process": {"action": "none", "why": "it runs, and nothing that it reads changes", "wait_seconds": 0},
}
CHANGED = {
    **NEW,
    "deployment": {**NEW["deployment"], "preset": "basic", "models": ["gemini-3.5-flash", "glm-5.2"], "revision": 7},
    "files": [
        {"file": "litellm_config.yaml", "action": "merge", "added": 12, "removed": 3, "note": "your edits are kept"},
        {
            "file": "start-gateway.sh",
            "action": "replace",
            "added": 2,
            "removed": 2,
            "note": "yours is kept as start-gateway.sh.yours",
        },
        {"file": "serve.py", "action": "mode", "added": 0, "removed": 0, "note": "mode 0600 becomes 0644"},
        {"file": "print-token.sh", "action": "remove", "added": 0, "removed": 14, "note": ""},
        {"file": ".env", "action": "unchanged", "added": 0, "removed": 0, "note": ""},
    ],
    "settings": {
        "file": f"{HOME}/settings.json",
        "action": "update",
        "keys": [
            {
                "key": "env.ANTHROPIC_BASE_URL",
                "action": "set",
                "before": "http://127.0.0.1:4000",
                "after": "http://127.0.0.1:4999",
            },
            {
                "key": "env.ANTHROPIC_AUTH_TOKEN",
                "action": "set",
                "before": "[hidden 1a2b]",
                "after": "[hidden 3c4d]",
            },
            {"key": "env.ANTHROPIC_MODEL", "action": "restore", "before": "demo", "after": None},
            {"key": "apiKeyHelper", "action": "withhold", "before": "[hidden 5e6f]", "after": None},
            {"key": "permissions.defaultMode", "action": "keep", "before": "plan", "after": "plan"},
        ],
    },
    "process": {"action": "restart", "why": "it listens elsewhere from now on", "wait_seconds": 20},
    "missing": [
        {
            "variable": "VERTEX_PROJECT",
            "problem": "missing. The project that is billed",
            "fix": "Export it in your shell.",
        }
    ],
    "warnings": ["the gateway moves from http://127.0.0.1:4000 to http://127.0.0.1:4999; start it and claude anew"],
}


def model(name: str, **more: Any) -> Model:
    known: dict[str, Any] = {
        "id": name,
        "name": name.title(),
        "publisher": "somebody",
        "description": "A fast model with good tools, for everyday work.",
        "provider": "vertex",
        "route": f"vertex_ai/{name}",
        "tier": "sonnet",
        "limits": {"input_tokens": 1048576, "output_tokens": 65536},
        "prices": {"input": 0.3, "output": 2.5},
        "tools": "yes",
        "verified_on": "2026-11-22",
        "verified_with": "litellm 1.106.2",
    }
    return Model(**{**known, **more})


MODELS = [
    model("gemini-3.5-flash"),
    model("deepseek-r1", tier="opus", retires_on="2026-10-01", replacement="deepseek-v4.1-flash", notes="It thinks."),
    model("anything", prices={}, description="Whatever you like."),
]

KNOWN = Catalogue(
    models={each.id: each for each in MODELS},
    providers={"vertex": Provider("vertex", "Google Vertex AI", "", ("VERTEX_PROJECT", "VERTEX_LOCATION"))},
    presets={"basic": Preset("basic", "Basic", "", "local", ready=True, models=("deepseek-r1",))},
    gateways={},
    neighbours={},
    variables={},
)


def revision(number: int, action: str, names: tuple[str, ...]) -> Revision:
    manifest = Manifest(
        deployment_id="dep-20261122-143022",
        timestamp="2026-11-22T14:30:22Z",
        source_version="0.1.0",
        gateway_type="local",
        gateway_url="http://127.0.0.1:4000",
        models=names,
        files={},
        modes={},
        choices={},
        token_variable="LITELLM_MASTER_KEY",
        deployed_by="ada",
        revision=number,
    )
    return Revision(action, manifest, {}, ())


REVISIONS = [
    revision(1, "deploy", ("demo",)),
    revision(12, "rollback to 1", ("gemini-3.5-flash", "glm-5.2", "codestral", "gemini-3.5-flash-lite")),
]
ARCHIVES = [
    Archive(Path("gateway-backup-20261122-143022.tar.gz"), "?", 5120, facts={"revision": 2}),
    Archive(Path("gateway-backup-20261121-101500.tar.gz"), "?", 4711, ("ends too early",), facts={"revision": 1}),
]

SERVED = "an earlier configuration is served"
VERDICT = Verdict("warn", SERVED, "process", "Restart it: doit restart", ("restart",), 2)
STATUS: dict[str, Any] = {
    "gateway": f"{HOME}/gateway",
    "deployed": {
        "id": "dep-20261122-143022",
        "revision": 12,
        "time": "2026-11-22T14:30:22Z",
        "preset": "basic",
        "gateway_type": "local",
        "url": "http://127.0.0.1:4000",
        "models": ["gemini-3.5-flash", "glm-5.2", "codestral", "gemini-3.5-flash-lite"],
        "own_templates": {},
        "version": "0.1.0",
        "running": "0.1.0",
    },
    "process": {
        "running": True,
        "pid": 4711,
        "port": 4000,
        "uptime_seconds": 7300,
        "memory_bytes": 412e6,
        "litellm": "1.106.2",
        "state": "failed",
        "configuration": "0123456789ab",
        "configuration_on_disk": "ba9876543210",
        "current": False,
        "leaving": 2,
        "failure": "it ended with code 1: Invalid routing strategy",
        "serves": ["gemini-3.5-flash", "glm-5.2", "codestral"],
    },
    "litellm": {"version": "1.106.2", "program": f"{HOME}/gateway/venv/bin/litellm"},
    "drift": [{"name": "litellm_config.yaml", "state": "changed"}, {"name": ".env", "state": "clean"}],
    "strays": [{"pid": 4712, "what": "a gateway on trial"}],
    "checkout": {"differing": ["start-gateway.sh"], "problem": None},
    "chosen": "--port 4010 chosen at 2026-11-22T14:50:00Z, not deployed; try again: doit deploy --port 4010",
    "is_gone": False,
    "points_at": None,
    "asks": [
        {**NEW["asks"][0], "model": "glm-5.1", "by": "model", "where": "~/.claude/settings.json:3", "is_ours": False},
        *NEW["asks"][1:],
    ],
    "lost": [{"file": f"{HOME}/gateway/settings-ledger.json", "problem": "is damaged", "source": ""}],
    "verdict": VERDICT.to_json(),
    "lock": {"pid": 815, "since": "2026-11-22T15:00:00Z", "command": "deploy"},
}
CHECKS = [
    Check("client", WARN, "Claude Code is not on PATH", "", "npm install -g @anthropic-ai/claude-code"),
    Check("settings", OK, "Claude Code's settings name the gateway", "~/.claude/settings.json"),
    Check("settings", WARN, "ANTHROPIC_MODEL is set by the shell too", "~/.bashrc:12", "Take that line out."),
    Check("address", FAIL, "requests go to http://127.0.0.1:9", "environment", "Unset ANTHROPIC_BASE_URL."),
    Check("readiness", SKIP, "not asked: Claude Code would ask somebody else", "http://127.0.0.1:4000"),
]


def examined() -> None:
    """What the doctor finds, each link named once."""
    for before, check in zip([None, *CHECKS], CHECKS, strict=False):
        console.tell("\n".join(doctor_page.lines(check, named=before is None or before.link != check.link)))


def page(plan: dict[str, Any]) -> None:
    console.tell("\n".join(plan_page.lines(plan, console.width())))


def table(rows: list[tuple[str, ...]]) -> None:
    console.tell("\n".join(console.lines(rows, console.width())))


class Step:
    """As much of doit's task as the reporter looks at."""

    actions, meta, doc = [print], {}, "Make the gateway's folder hold the release."

    def __init__(self, name: str) -> None:
        self.name = name


def run() -> None:
    """A run with every state, on stderr."""
    reporter = frame_reporter.Reporter(Session(), Run())
    reporter.started = dict.fromkeys(("install",), 1e12)
    reporter.add_success(Step("install"))
    console.loudness.verbose = True
    reporter.skip_uptodate(Step("settings"))
    console.warn("Claude Code is not on PATH; it can be installed later: npm install -g @anthropic-ai/claude-code")
    wrong = UsageError("there is no revision '9'", "There are 1, 2, 3, 4, 5, 6, 7, 8. See them all: doit history")
    reporter.add_failure(Step("history"), Failure(wrong))


CASES = {
    "plan-of-nothing-new": lambda: page(NOTHING),
    "plan-of-a-first-deployment": lambda: page(NEW),
    "plan-of-a-change": lambda: page(CHANGED),
    "models": lambda: console.tell("\n".join(models_page.table_lines(MODELS, "2026-11-25", console.width()))),
    "model": lambda: console.tell("\n".join(models_page.card_lines(MODELS[1], KNOWN, "2026-11-25", console.width()))),
    "history": lambda: table([history_page.format_revision(each, current=12) for each in REVISIONS]),
    "archives": lambda: table([history_page.format_archive(each) for each in ARCHIVES]),
    "status": lambda: console.tell("\n".join(status_page.lines(STATUS)), hanging=11),
    "doctor": examined,
    "run": run,
}


@pytest.fixture
def shown(monkeypatch):
    """What a case prints in a terminal of this width and look."""

    def show(case: str, width: int, look: str) -> bytes:
        encoding, environ = LOOKS[look]
        for name in ("NO_COLOR", "FORCE_COLOR", "TERM", console.COMMAND):
            monkeypatch.delenv(name, raising=False)
        for name, value in {**environ, "COLUMNS": str(width)}.items():
            monkeypatch.setenv(name, value)
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
        monkeypatch.setattr(console, "loudness", console.Loudness())
        monkeypatch.setattr(sys, "stdout", stream)
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setattr(frame_reporter.time, "monotonic", lambda: 1e12 + 2.3)
        CASES[case]()
        stream.flush()
        return stream.buffer.getvalue()

    return show


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("width", [60, 120])
@pytest.mark.parametrize("case", CASES)
def test_it_looks_as_it_did(shown, case, width, look):
    found = shown(case, width, look)
    path = GOLDEN / case / f"{width}-{look}.txt"
    if REWRITE:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(found)
    assert found.decode() == path.read_text(encoding="utf-8"), f"{path.name}; if this is meant: GOLDEN=1"


@pytest.mark.parametrize("case", CASES)
def test_it_fits_and_no_word_depends_on_how_it_looks(shown, case):
    texts = {(width, look): shown(case, width, look).decode() for width in (60, 120) for look in LOOKS}
    for (width, look), text in texts.items():
        if look != "colour":
            assert max(map(len, text.splitlines())) <= width
            assert "\033" not in text
        if look == "ascii":
            assert text.isascii()
    assert texts[60, "plain"].split() == texts[120, "plain"].split()


def test_every_golden_file_is_of_a_case():
    kept = {str(path.relative_to(GOLDEN)) for path in GOLDEN.rglob("*.txt")}
    assert kept == {f"{case}/{width}-{look}.txt" for case in CASES for width in (60, 120) for look in LOOKS}
