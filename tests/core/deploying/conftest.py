"""A checkout with the real templates and nothing chosen, and an empty home beside it."""

import pytest

from tasks.core.deploying import context, from_memory, options
from tasks.core.model.layout import PROJECT, Layout
from tests.steps.conftest import asked_for, credentials, layout, session

__all__ = ["asked_for", "credentials", "layout", "session"]


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with the real templates and an empty workshop, and a home beside it."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "templates").symlink_to(PROJECT / "templates")
    made = Layout.of({"HOME": str(tmp_path / "home")}, project=project)
    made.workshop.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CLAUDE_CONFIG_DIR", raising=False)
    of = Layout.of
    fixed = staticmethod(lambda environ, target=None: of(environ, target, project))
    for module in (context, from_memory, options):
        monkeypatch.setattr(module, "Layout", type("Fixed", (), {"of": fixed}))
    monkeypatch.setattr(options, "get_initial_workdir", lambda: str(tmp_path / "here"))
    return made
