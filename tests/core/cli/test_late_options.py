"""Options behind the words of a command, where doit itself took them for words."""

from __future__ import annotations

import pytest

from tasks.core.cli import late_options
from tasks.core.cli.steps import JSON, WORDS, text_option
from tasks.core.model.errors import UsageError

OPTIONS = [JSON, text_option("dir", "FOLDER", "where"), WORDS]


@pytest.mark.parametrize(
    ("words", "given", "names"),
    [
        ([], {}, []),
        (["A", "B"], {}, ["A", "B"]),
        (["A", "--dir", "/x", "B"], {"dir": "/x"}, ["A", "B"]),
        (["A", "--dir=/x", "--json"], {"dir": "/x", "as_json": True}, ["A"]),
    ],
)
def test_they_are_options_all_the_same(words, given, names):
    assert late_options.split(words, OPTIONS) == (given, names)


def test_an_unknown_one_is_refused():
    with pytest.raises(UsageError, match="nonsense"):
        late_options.split(["A", "--nonsense"], OPTIONS)
