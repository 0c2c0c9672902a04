"""Whatever stops an interview leaves nothing behind."""

import pytest

from tasks.core.deploying import interview


def test_whatever_stops_it_ends_with_a_sentence(capsys):
    for error, code in ((KeyboardInterrupt(), 130), (EOFError(), 130)):
        with pytest.raises(SystemExit) as ended, interview.ending():
            raise error
        assert ended.value.code == code
        assert "Nothing was changed." in capsys.readouterr().err
