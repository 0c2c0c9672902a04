"""The command line that says the same."""

from tasks.core.deploying.command import spell_choices, spell_command
from tasks.core.deploying.request import Request
from tasks.core.model.choices import Choices


def test_the_command_that_says_the_same():
    choices = Choices("basic", models=("codestral", "glm-5.2"), headers=("X-Team: a b",), port=4100)
    words = list(spell_choices(choices))
    assert words[:4] == ["--preset", "basic", "--models", "codestral,glm-5.2"]
    assert words[4:] == ["--header", "X-Team: a b", "--port", "4100"]


def test_the_command_holds_choices_and_flags_and_no_values():
    request = Request(Choices()).with_options(preset="basic", models="codestral").with_flags(start=True, yes=True)
    command = spell_command(request)
    assert command == "doit deploy --preset basic --models codestral --start --yes --no-input"
    moved = request.with_options(target="/somewhere/with a blank")
    assert "'/somewhere/with a blank'" in spell_command(moved)
