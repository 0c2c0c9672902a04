"""Which questions about this machine follow: values that are missing, and whether to start."""

import pytest

from tasks.core.catalogue import catalogue
from tasks.core.deploying import machine_questions
from tasks.core.deploying.situation import Lack, Situation
from tasks.core.model.choices import Choices
from tasks.core.model.layout import Layout

TODAY = "2026-11-25"


@pytest.fixture(scope="module")
def known():
    return catalogue.load(Layout.of({"HOME": "/nonexistent"}))


def asked(catalogue, ask=machine_questions.about_machine, *, choices=None, **facts):
    """The names of all that is asked when every question is settled as suggested."""
    state = Situation(choices or Choices(), today=TODAY, **facts)
    names = []
    while question := ask(state, catalogue):
        names.append(question.name)
        state = state._replace(settled=state.settled | {question.name})
        if question.name == "gateway_url":
            state = state._replace(choices=state.choices.asked(gateway_url="https://gw.example.com"))
    return names


def lack(known, name):
    return Lack(known.variables[name], "missing", "Get one.")


def test_every_missing_value_is_asked_for_and_then_whether_to_start(known):
    lacks = (lack(known, "VERTEX_PROJECT"), lack(known, "ANTHROPIC_API_KEY"))
    question = machine_questions.about_machine(Situation(Choices("basic"), lacks=lacks), known)
    assert (question.name, question.variable, question.items) == ("VERTEX_PROJECT", lacks[0].variable, ())
    ask = machine_questions.about_machine
    assert asked(known, ask, choices=Choices("basic")) == ["start"]
    assert asked(known, ask, choices=Choices("basic"), lacks=lacks) == ["VERTEX_PROJECT", "ANTHROPIC_API_KEY"]


@pytest.mark.parametrize("facts", [{"start": True}, {"is_running": True}, {"asks_all": False}])
def test_starting_is_not_asked_about_when_it_is_clear(known, facts):
    assert asked(known, machine_questions.about_machine, **facts) == []


def test_installing_litellm_is_part_of_starting(known):
    question = machine_questions.about_machine(Situation(Choices(), install_size="0.7 GB"), known)
    assert question.name == "start"
    assert "0.7 GB" in question.items[0].more
    told = Situation(Choices(), install_size="0.7 GB", start=True)
    assert machine_questions.about_machine(told, known).name == "yes"


def test_the_address_of_a_proxy_is_asked_for_instead_of_two_variables(known):
    lacks = (lack(known, "HTTP_PROXY"), lack(known, "HTTPS_PROXY"))
    assert asked(known, machine_questions.about_machine, choices=Choices("proxy"), lacks=lacks)[0] == "proxy"
    settled = Choices("proxy", proxy="http://proxy.example:8080")
    assert "proxy" not in asked(known, machine_questions.about_machine, choices=settled, lacks=lacks[:1])
