"""A secret shows nowhere: printed, formatted, logged, pickled, copied, in a traceback."""

import copy
import json
import logging
import pickle
import traceback
from dataclasses import dataclass

import pytest

from tasks.core.model.secret import Secret

TEXT = "sk-very-secret-0123456789"
SECRET = Secret(TEXT)


@dataclass
class Holder:
    value: object


@pytest.mark.parametrize(
    "shown",
    [
        repr(SECRET),
        str(SECRET),
        f"{SECRET}",
        f"{SECRET!r:>40}",
        f"{SECRET:>40}",
        "%s %r" % (SECRET, SECRET),  # noqa: UP031
        "{} {!r}".format(SECRET, SECRET),  # noqa: UP032
        str([SECRET, {SECRET: SECRET}, (SECRET,)]),
        repr(Holder(SECRET)),
        repr(vars(Holder(SECRET))),
        ascii(SECRET),
    ],
)
def test_it_is_hidden_whatever_shows_it(shown):
    assert TEXT not in shown
    assert "[hidden]" in shown


def test_only_reveal_gives_it_away():
    assert SECRET.reveal() == TEXT
    assert [name for name in dir(SECRET) if not name.startswith("_")] == ["reveal"]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_is_never_pickled(protocol):
    for thing in (SECRET, [SECRET], Holder(SECRET)):
        with pytest.raises(TypeError):
            pickle.dumps(thing, protocol)


def test_it_is_neither_json_nor_text():
    for use in (lambda: json.dumps(SECRET), lambda: "" + SECRET, lambda: bytes(SECRET)):
        with pytest.raises(TypeError):
            use()


def test_it_does_not_show_in_a_traceback_or_a_log(caplog):
    try:
        raise ValueError(SECRET)  # noqa: TRY301
    except ValueError as error:
        text = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
        logging.getLogger("any").exception("with %s", SECRET)
    assert "ValueError: [hidden]" in text
    assert TEXT not in caplog.text


def test_it_compares_by_value_and_with_secrets_only():
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2


def test_an_empty_one_is_false():
    assert not Secret("")
    assert Secret("x")


def test_it_holds_nothing_else():
    with pytest.raises(AttributeError):
        SECRET.note = "x"
    assert not hasattr(SECRET, "__dict__")


def test_a_copy_of_it_is_refused_rather_than_shown():
    for make in (copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            make(SECRET)
