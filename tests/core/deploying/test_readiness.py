"""What is ready, before the first question: what is there, what is missing, what makes all questions needless."""

import pytest

from tasks.core.deploying import readiness
from tasks.core.deploying.context import Context
from tasks.core.deploying.request import Request
from tasks.core.deploying.resolve import resolve
from tasks.core.model.choices import Choices
from tasks.core.model.errors import GatewayError


@pytest.fixture
def resolved(checkout, tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()
    environ = {"HOME": str(checkout.home), "PATH": str(folder)}
    return resolve(Request(Choices()), Context(checkout, environ))


def states(resolved):
    return {line.text.partition(" ")[0]: line.state for line in readiness.list_lines(resolved)}


def test_what_is_missing_is_marked(resolved):
    assert states(resolved) == {"Python": "ok", "Claude": "warn", "LiteLLM": "warn", "gcloud": "skip"}


def test_what_is_there_is_named_with_its_version_or_place(resolved, tmp_path, checkout):
    for name in ("claude", "gcloud"):
        path = tmp_path / "bin" / name
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    assert states(resolved)["Claude"] == "ok"
    assert states(resolved)["gcloud"] == "warn", "it has no credentials"
    gcloud = checkout.home / ".config" / "gcloud"
    (gcloud / "configurations").mkdir(parents=True)
    (gcloud / "application_default_credentials.json").write_text("{}")
    assert states(resolved)["gcloud"] == "warn", "it has no project"
    (gcloud / "configurations" / "config_default").write_text("[core]\nproject = my-project-1\n")
    line = next(line for line in readiness.list_lines(resolved) if line.text.startswith("gcloud"))
    assert line.state == "ok"
    assert "my-project-1" not in line.text


def test_what_makes_every_answer_useless_ends_it_before_the_first_question(resolved, checkout):
    checkout.gateway.parent.mkdir(parents=True)
    checkout.gateway.write_text("a file")
    with pytest.raises(GatewayError, match="not a directory"):
        readiness.report(resolved)
    checkout.gateway.unlink()
    checkout.settings.write_text("{ broken")
    with pytest.raises(GatewayError):
        readiness.report(resolved)
