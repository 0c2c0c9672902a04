"""A deployment to look at without doit: a checkout with the real templates, an empty home, nothing of the machine's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tasks.core.deploying.context import Context
from tasks.core.deploying.request import Request
from tasks.core.deploying.resolve import Resolved, resolve
from tasks.core.history.session import Session
from tasks.core.model.choices import Choices, Flags
from tasks.core.model.layout import PROJECT, Layout

if TYPE_CHECKING:
    from pathlib import Path

VALUES = {
    "LITELLM_MASTER_KEY": "sk-tests-0123456789abcdef0123456789abcdef",
    "VERTEX_PROJECT": "my-project-1",
    "VERTEX_LOCATION": "us-central1",
}


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """Where everything goes; the gateway's folder is not made yet."""
    project, home = tmp_path / "project", tmp_path / "home"
    for folder in (project / "build", home):
        folder.mkdir(parents=True)
    (project / "templates").symlink_to(PROJECT / "templates")
    (project / "pyproject.toml").symlink_to(PROJECT / "pyproject.toml")
    for name in ("CLAUDE_CONFIG_DIR", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    return Layout.of({"HOME": str(home)}, project=project)


@pytest.fixture
def asked_for(layout: Layout, monkeypatch: pytest.MonkeyPatch):
    """Make the choices and flags of a run."""

    def make(flags: Flags | None = None, **choices) -> Resolved:
        for name, value in VALUES.items():
            monkeypatch.setenv(name, value)
        return resolve(Request(Choices(**choices), flags or Flags()), Context(layout, os.environ))

    return make


@pytest.fixture
def session() -> Session:
    """What the steps of a run share."""
    return Session()


@pytest.fixture
def credentials(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that could hold Google's credentials."""
    path = layout.home / "key.json"
    path.write_text('{"type": "service_account"}')
    path.chmod(0o600)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    return path
