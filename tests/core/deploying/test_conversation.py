"""A conversation from each answer to "What do you have?": what follows, going back, and what is prefilled."""

import pytest

from tasks.core.catalogue import catalogue
from tasks.core.console.question import WentBack
from tasks.core.deploying import conversation, detection, model_questions, questions, situation
from tasks.core.deploying.context import Context
from tasks.core.deploying.conversation import Conversation
from tasks.core.deploying.request import Request
from tasks.core.deploying.resolve import resolve
from tasks.core.model.choices import Choices
from tasks.core.model.layout import Layout

ADDRESS = "https://gw.example.com"
OFFERS = [offer.id for offer in detection.list_offers(catalogue.load(Layout.of({"HOME": "/nonexistent"})))]
EXAMPLES = {
    "VERTEX_PROJECT": "my-project-1",
    "AWS_REGION": "us-east-1",
    "OPENROUTER_MODEL": "a/b",
    "OLLAMA_MODEL": "qwen3-coder",
    "ANTHROPIC_API_KEY": "sk-ant-0123456789",
}


class Person:
    """Answers questions by name; what has no answer is kept as it is marked. BACK goes back."""

    def __init__(self, **answers):
        self.answers = answers
        self.asked = []

    def choose(self, question):
        self.asked.append(question)
        answer = self._take(question.name)
        marked = tuple(item.value for item in question.items if item.chosen)
        return answer or marked or (question.items[0].value,)

    def type(self, question, check):
        self.asked.append(question)
        answer = self._take(question.name)
        text = answer[0] if answer else question.default
        if text:
            check(text)
        return text

    def _take(self, name):
        answer = self.answers.get(name, ())
        if isinstance(answer, list):
            answer = answer.pop(0) if answer else ()
        if answer == "BACK":
            raise WentBack
        return (answer,) if isinstance(answer, str) else answer

    @property
    def names(self):
        return [question.name for question in self.asked]


@pytest.fixture
def talk(checkout, monkeypatch):
    """Hold a conversation with a person: its request at the end."""
    monkeypatch.setattr(detection, "find_listeners", lambda _: ())
    monkeypatch.setattr(situation.litellm, "find", lambda *_: None)

    def hold(person, choices=None, given=(), **more):
        context = Context(checkout, {"HOME": str(checkout.home), "PATH": "/nonexistent"})
        monkeypatch.setattr(conversation.prompts, "chosen", person.choose)
        monkeypatch.setattr(conversation.prompts, "typed", person.type)
        talking = Conversation(resolve(Request(choices or Choices()), context), given)
        talking.hold(**more)
        return talking.request

    return hold


@pytest.mark.parametrize("have", OFFERS)
def test_each_answer_leads_to_its_preset_and_all_that_is_missing_is_asked_for_once(talk, have, tmp_path):
    key = tmp_path / "key.json"
    key.write_text('{"type": "service_account"}')
    key.chmod(0o600)
    answers = EXAMPLES | {"GOOGLE_APPLICATION_CREDENTIALS": str(key), "gateway_url": ADDRESS, "start": "no"}
    person = Person(have=have, **answers)
    request = talk(person)
    assert request.choices.preset == have.removesuffix("-litellm")
    assert len(set(person.names)) == len(person.names)
    assert person.names[0] == "have"
    for name in set(person.names) & EXAMPLES.keys():
        assert request.answers[name].plain == EXAMPLES[name]


def test_a_litellm_of_the_persons_own_is_not_asked_whose_it_is(talk):
    person = Person(have="enterprise-litellm", gateway_url=ADDRESS)
    request = talk(person)
    assert "gateway_type" not in person.names
    assert (request.choices.gateway_type, request.choices.gateway_url) == ("litellm", ADDRESS)


def test_something_else_asks_for_a_preset(talk):
    person = Person(have=questions.OTHER, preset="multi-provider")
    request = talk(person, about_machine=False)
    assert person.names == ["have", "preset", "models", "tiers"]
    assert request.choices == Choices("multi-provider")


def test_a_person_who_goes_back_finds_the_answer_that_was_given(talk):
    person = Person(have=["openai"], models=["BACK"])
    request = talk(person, about_machine=False)
    assert person.names == ["have", "models", "have", "models", "tiers"]
    assert request.choices.preset == "openai"


def test_only_what_to_deploy_is_asked_without_the_machine(talk):
    person = Person(have="openai")
    talk(person, about_machine=False)
    assert person.names == ["have", "models", "tiers"]


NOW = Choices(
    "enterprise",
    gateway_type="truefoundry",
    gateway_url=ADDRESS,
    opus="big",
    sonnet="middle",
    haiku="small",
)


@pytest.mark.parametrize(
    "now",
    [
        Choices("basic", models=("codestral", "glm-5.2"), opus="glm-5.2", port=4100),
        Choices("openai"),
        Choices("multi-provider"),
        NOW,
        NOW._replace(gateway_type="litellm"),
    ],
)
def test_keeping_every_answer_changes_nothing(talk, now, monkeypatch):
    monkeypatch.setattr(Request, "known_choices", property(lambda self: self.choices))
    person = Person()
    assert talk(person, now, about_machine=False).choices == now
    assert person.names[0] == "have"


def test_a_deployed_address_and_the_names_of_tiers_are_there_to_be_kept(talk, monkeypatch):
    monkeypatch.setattr(Request, "known_choices", property(lambda self: self.choices))
    person = Person(tiers=model_questions.NO, sonnet="other")
    request = talk(person, NOW, about_machine=False)
    defaults = {question.name: question.default for question in person.asked}
    assert (defaults["gateway_url"], defaults["opus"]) == (ADDRESS, "big")
    assert request.choices == NOW._replace(sonnet="other")


def test_the_models_of_the_preset_are_chosen_again_by_choosing_them(talk, monkeypatch):
    monkeypatch.setattr(Request, "known_choices", property(lambda self: self.choices))
    models = ("gpt-6-astra", "gpt-6.1-sol", "gpt-6-luna")
    request = talk(Person(models=models), Choices("openai", models=models[:1]), about_machine=False)
    assert request.choices == Choices("openai")


ORDER = ["have", "models", "tiers", "OPENAI_API_KEY", "start"]


@pytest.mark.parametrize("place", range(len(ORDER)))
def test_going_back_asks_the_question_before_again(talk, place):
    answers = {"have": "openai", "OPENAI_API_KEY": "sk-0123456789abcdef", "start": "no"}
    again = answers.get(ORDER[place], ())
    person = Person(**answers | {ORDER[place]: ["BACK", again, again]})
    talk(person)
    before = max(place - 1, 0)
    assert person.names == [*ORDER[: place + 1], *ORDER[before:]]


def test_going_back_takes_back_what_an_answer_did(talk):
    person = Person(have=["openai", "anthropic"], models=["BACK"])
    request = talk(person, about_machine=False)
    assert person.names == ["have", "models", "have", "models", "tiers"]
    assert request.choices == Choices("anthropic")
    assert request.typed["preset"] == "anthropic"


def test_a_value_that_was_typed_is_asked_for_again_after_going_back(talk):
    person = Person(have="openai", OPENAI_API_KEY=["sk-0123456789abcdef", ()], start=["BACK"])
    request = talk(person)
    assert person.names.count("OPENAI_API_KEY") == 2
    assert not request.answers
    assert request.flags.allow_missing


def test_starting_agrees_to_installing_litellm_and_is_not_asked_twice(talk):
    person = Person(have="demo", start="yes")
    request = talk(person)
    assert (request.flags.start, request.flags.yes) == (True, True)
    assert person.names == ["have", "start"]


def test_with_options_only_the_rest_is_asked(talk):
    person = Person(gateway_url=ADDRESS)
    talk(person, Choices("enterprise"), given=("preset",), about_machine=False)
    assert person.names == ["gateway_type", "gateway_url", "tiers"]


def test_what_looks_wrong_is_answered_with_an_example(talk):
    variable = catalogue.load(Layout.of({"HOME": "/nonexistent"})).variables["VERTEX_PROJECT"]
    with pytest.raises(conversation.UsageError) as refused:
        conversation._check_value(variable, "bad project!")
    assert "example: my-project-123" in str(refused.value)
    assert "gcloud" not in str(refused.value)
