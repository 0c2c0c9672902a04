"""health: what is asked, what it costs, and what is said of each way in which it can be ill."""

from __future__ import annotations

import io
import json

import pytest

from tasks import health
from tasks.core.catalogue import schemas
from tasks.core.history import history
from tasks.core.http import gateway
from tasks.core.model.errors import Unhealthy
from tasks.core.model.layout import PROJECT
from tasks.core.model.release import Manifest

SCHEMA = PROJECT / "templates" / "schemas" / "health.schema.json"
DOWN = Unhealthy("nothing answers", "Start the gateway: doit start", where="http://x")


class Gateway:
    """What the gateway says; whatever is an error is raised. *asked* are the models that were asked for an answer."""

    def __init__(self):
        self.ready, self.models, self.answers, self.asked = True, ["demo"], {}, []

    def readiness(self, url, timeout):
        return self.ready

    def served_models(self, url, key):
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
    for name in ("readiness", "served_models", "ask"):
        monkeypatch.setattr(gateway, name, getattr(play, name))
    return play


@pytest.fixture
def deployed(asked_for, monkeypatch):
    """A gateway as it was deployed; nothing of it is on the disk."""

    def make(listed=("demo",), **choices):
        asked = asked_for(**choices)
        modes = {"start-gateway.sh": "0755"} if asked.deployment.gateway.process else {}
        facts = {"source_version": "", "files": {}, "modes": modes, "choices": asked.request.choices.to_json()}
        url, kind = asked.deployment.url, asked.deployment.gateway.id
        manifest = Manifest("id", "time", gateway_type=kind, gateway_url=url, models=tuple(listed), **facts)
        monkeypatch.setattr(history, "current", lambda layout: manifest)
        return asked

    return make


def look(asked, deep=False, yes=False, as_json=False):
    return health.look(asked, deep=deep, yes=yes, as_json=as_json)


def found(asked, capsys, **options):
    failure = look(asked, as_json=True, **options)
    known = json.loads(capsys.readouterr().out)
    assert schemas.findings(known, SCHEMA, file="health") == []
    assert known["healthy"] is (failure is None)
    assert failure is None or failure.exit_code == 6
    return known


def test_all_is_well_and_nothing_was_asked_that_costs(deployed, played, capsys):
    known = found(deployed(), capsys)
    assert (known["ready"], known["serves"], known["missing"], known["asked"]) == (True, ["demo"], [], [])
    assert look(deployed()) is None
    assert "demo" in capsys.readouterr().out
    assert played.asked == []


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ((False, DOWN), "nothing answers"),
        ((False, ["demo"]), "readiness"),
        ((True, []), "demo"),
        ((True, gateway.Answered("not this key", "Deploy.", where="x", status=400, said="No db.")), "this key"),
    ],
)
def test_each_illness_has_its_sentence(deployed, played, capsys, state, says):
    played.ready, played.models = state
    assert not found(deployed(), capsys, deep=True, yes=True)["healthy"]
    failure = look(deployed())
    assert failure.exit_code == 6
    assert says in str(failure.message)


def test_nobody_is_asked_when_the_gateway_cannot_be_reached(deployed, played, capsys):
    played.models = DOWN
    assert found(deployed(), capsys, deep=True, yes=True)["asked"] == []
    assert played.asked == []


def test_each_model_that_serves_a_tier_is_asked_once(deployed, played, capsys, credentials):
    names = ["gemini-3.5-flash", "glm-5.2"]
    played.models = names
    known = found(deployed(names, preset="basic", models=tuple(names), opus="glm-5.2"), capsys, deep=True, yes=True)
    assert {one["model"]: one["tiers"] for one in known["asked"]} == {
        "glm-5.2": ["opus"],
        "gemini-3.5-flash": ["sonnet", "haiku"],
    }
    assert sorted(played.asked) == sorted(names)
    assert all(one["says"] == "Hello. \\x1b[2J" for one in known["asked"])


def test_a_model_that_fails_is_told_with_cause_and_cure(deployed, played, capsys):
    error = gateway.Answered("the provider limits requests", "Wait.", where="x", status=429, said="RESOURCE_EXHAUSTED")
    played.answers["demo"] = error
    (one,) = found(deployed(), capsys, deep=True, yes=True)["asked"]
    assert one["problem"] == {"said": "RESOURCE_EXHAUSTED", "means": "the provider limits requests", "fix": "Wait."}
    failure = look(deployed(), deep=True, yes=True)
    assert "demo" in str(failure.message)
    told = capsys.readouterr().out
    assert "RESOURCE_EXHAUSTED" in told
    assert "Wait." in told


def test_it_is_said_before_that_it_may_cost_money(deployed, played, capsys, monkeypatch):
    failure = look(deployed(), deep=True)
    assert (failure.exit_code, played.asked) == (3, [])
    assert "money" in capsys.readouterr().err

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for answer in ("n\n", "\n", ""):  # the last one is Ctrl-D
        monkeypatch.setattr(health.sys, "stdin", Terminal(answer))
        assert (look(deployed(), deep=True).exit_code, played.asked) == (1, [])
        told = capsys.readouterr()
        assert (told.out, "Send them? [y/N]" in told.err) == ("", True)
    monkeypatch.setattr(health.sys, "stdin", Terminal("y\n"))
    assert look(deployed(), deep=True) is None
    assert played.asked == ["demo"]


@pytest.fixture
def elsewhere(deployed, played):
    """A gateway elsewhere, deployed with one name for a tier, as `doit deploy --sonnet theirs` does."""
    played.ready = False
    return deployed(("theirs",), gateway_type="custom", gateway_url="https://gateway.example.com", sonnet="theirs")


def answered(status):
    return gateway.Answered("not there", "", where="x", status=status)


@pytest.mark.parametrize("status", [404, 405])
def test_a_gateway_elsewhere_need_not_list_its_models(elsewhere, played, capsys, status):
    played.models = answered(status)
    known = found(elsewhere, capsys, deep=True, yes=True)
    assert (known["healthy"], known["ready"], known["serves"], known["missing"]) == (True, None, [], [])
    assert played.asked == ["theirs"]
    assert found(elsewhere, capsys)["healthy"]
    played.answers["theirs"] = answered(404)
    assert not found(elsewhere, capsys, deep=True, yes=True)["healthy"]


def test_a_gateway_elsewhere_that_refuses_the_token_is_ill(elsewhere, played, capsys):
    played.models = answered(401)
    assert not found(elsewhere, capsys)["healthy"]


def test_what_a_gateway_elsewhere_serves_unlisted_is_no_illness_once_it_answered(elsewhere, played, capsys):
    played.models = ["another"]
    assert found(elsewhere, capsys)["missing"] == ["theirs"]
    assert found(elsewhere, capsys, deep=True, yes=True)["healthy"]


def test_what_has_no_log_here_is_not_sent_to_it(elsewhere, played, capsys):
    played.models = ["another"]
    failures = [look(elsewhere)]
    played.answers["theirs"] = answered(500)
    played.models = ["theirs"]
    failures += [look(elsewhere, deep=True, yes=True)]
    assert not any("doit logs" in str(each.message) for each in failures)


def test_the_local_gateway_must_list_its_models(deployed, played, capsys):
    played.models = answered(404)
    assert not found(deployed(), capsys)["healthy"]
