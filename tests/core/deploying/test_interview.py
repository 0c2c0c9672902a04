"""What an interview leaves behind: the command that says the same, and nothing at all where it was stopped."""

import pytest

from tasks.core.deploying import interview
from tasks.core.deploying.request import Request
from tasks.core.model.choices import Choices


def test_the_command_holds_choices_and_flags_and_no_values():
    request = Request(Choices()).with_options(preset="basic", models="codestral").with_flags(start=True, yes=True)
    command = interview.command(request)
    assert command == "doit deploy --preset basic --models codestral --start --yes --no-input"
    moved = request.with_options(target="/somewhere/with a blank")
    assert "'/somewhere/with a blank'" in interview.command(moved)


def test_whatever_stops_it_ends_with_a_sentence(capsys):
    for error, code in ((KeyboardInterrupt(), 130), (EOFError(), 130)):
        with pytest.raises(SystemExit) as ended, interview.ending():
            raise error
        assert ended.value.code == code
        assert "Nothing was changed." in capsys.readouterr().err
