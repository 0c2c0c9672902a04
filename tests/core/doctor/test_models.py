"""The doctor asks the model of each tier: what is asked, what it costs, and what is said of each failure."""

from __future__ import annotations

import io
import json

import pytest

from tasks.core.catalogue import schemas
from tasks.core.claude.layers import Layers
from tasks.core.doctor import consent, doctor_page, walk
from tasks.core.doctor.case import FAIL, OK, SKIP, Case, Modes
from tasks.core.http import gateway
from tasks.core.model.choices import Choices
from tasks.core.model.errors import GatewayError, Unhealthy, UsageError
from tasks.core.model.layout import PROJECT, Layout
from tasks.core.model.release import Manifest

SCHEMA = PROJECT / "templates" / "schemas" / "doctor.schema.json"
URL = "https://gateway.example.com"
DEEP = Modes(deep=True)


class Gateway:
    """What the gateway says; whatever is an error is raised. *asked*: the models that were asked."""

    def __init__(self):
        self.models, self.answers, self.asked = ["theirs"], {}, []

    def listed(self, remote):
        if isinstance(self.models, Exception):
            raise self.models
        return self.models

    def ask(self, url, key, model):
        self.asked.append(model)
        answer = self.answers.get(model, "Hello.\n\x1b[2J")
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def played(monkeypatch):
    play = Gateway()
    monkeypatch.setattr(gateway, "ask", play.ask)
    monkeypatch.setattr("tasks.core.doctor.remote.listed", play.listed)
    monkeypatch.setattr("tasks.core.doctor.remote.stranger_refused", lambda remote: True)
    return play


@pytest.fixture
def case(tmp_path):
    """A gateway of another machine, deployed here with names for the tiers."""

    def make(modes=DEEP, **tiers):
        environ = {"HOME": str(tmp_path), "PATH": ""}
        layout = Layout.of(environ, project=PROJECT)
        layout.gateway.mkdir(parents=True, exist_ok=True)
        layout.env_file.write_text("GATEWAY_TOKEN=tk-0123456789\n")
        layout.env_file.chmod(0o600)
        settings = {"env": {"ANTHROPIC_BASE_URL": URL, "ANTHROPIC_AUTH_TOKEN": "tk-0123456789"}}
        layout.settings.write_text(json.dumps(settings))
        tiers = tiers or {"sonnet": "theirs"}
        chosen = Choices(preset="enterprise", gateway_type="custom", gateway_url=URL, **tiers).to_json()
        manifest = Manifest("dep", "now", "1", "custom", URL, (), {}, {}, chosen, token_variable="GATEWAY_TOKEN")
        layout.manifest.write_text(json.dumps(manifest.to_json()))
        return Case(layout, Layers(layout, environ, tmp_path, tmp_path / "managed"), environ, modes)

    return make


def look(case):
    """The checks of the link; the document with all of them is as its schema says."""
    found = walk.looked("replies", case)
    document = json.loads(json.dumps(doctor_page.describe(case, found, case.layout.home)))
    assert schemas.findings(document, SCHEMA, file="doctor") == []
    return found


def answered(status, said=""):
    return gateway.Answered("the provider limits requests", "Wait.", where="x", status=status, said=said)


def test_without_being_told_to_it_asks_no_model(case, played):
    (check,) = look(case(Modes()))
    assert (check.state, played.asked) == (SKIP, [])


def test_each_model_that_serves_a_tier_is_asked_once(case, played):
    found = look(case(opus="theirs", sonnet="another", haiku="another"))
    assert {check.state for check in found} == {OK}
    assert sorted(played.asked) == ["another", "theirs"]
    assert all("Hello. \\x1b[2J" in check.says for check in found)
    assert any("sonnet, haiku" in check.says for check in found)


def test_a_model_that_fails_is_reported_with_cause_and_cure(case, played):
    played.answers["theirs"] = answered(429, "RESOURCE_EXHAUSTED")
    (check,) = look(case())
    assert (check.state, check.fix) == (FAIL, "Wait.")
    assert "theirs" in check.says
    assert "limits requests" in check.says
    assert "RESOURCE_EXHAUSTED" in check.says


@pytest.mark.parametrize(
    ("says", "asked"),
    [
        (answered(404), ["theirs"]),
        (answered(405), ["theirs"]),
        (answered(401), []),
        (answered(500), []),
        (Unhealthy("nothing answers"), []),
        (["another"], ["theirs"]),
    ],
)
def test_a_remote_gateway_need_not_list_its_models_but_must_be_reached(case, played, says, asked):
    played.models = says
    look(case())
    assert played.asked == asked


def test_it_asks_first_whether_it_may_cost_money(case, played, capsys, monkeypatch):
    layout = case().layout

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    with pytest.raises(UsageError):
        consent.ask(layout, yes=False)
    assert "money" in capsys.readouterr().err
    for answer in ("n\n", "\n", ""):  # the last one is Ctrl-D
        monkeypatch.setattr(consent.sys, "stdin", Terminal(answer))
        with pytest.raises(GatewayError):
            consent.ask(layout, yes=False)
        said = capsys.readouterr()
        assert (said.out, "Send them? [y/N]" in said.err) == ("", True)
    monkeypatch.setattr(consent.sys, "stdin", Terminal("y\n"))
    consent.ask(layout, yes=False)
    consent.ask(layout, yes=True)
