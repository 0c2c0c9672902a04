"""What was last chosen here, also in a fresh clone, and where a file of it is damaged."""

import json

import pytest

from tasks.core.deploying.remembered import recall
from tasks.core.model.choices import Choices


def remember(checkout, data):
    checkout.choices.write_text(json.dumps(data))


def test_a_fresh_clone_goes_on_with_what_stands(checkout):
    checkout.gateway.mkdir(parents=True)
    checkout.manifest.write_text(json.dumps({"choices": {"preset": "basic", "port": 4100}}))
    assert recall(checkout) == Choices("basic", port=4100)
    remember(checkout, {"preset": "demo"})
    assert recall(checkout) == Choices("demo")


@pytest.mark.parametrize("text", ["", "{", "[]", "5", '"x"', '{"preset": 5, "no": 1}', '{"port": 1}', "\x00"])
def test_what_cannot_be_remembered_is_as_if_nothing_was(checkout, text):
    checkout.choices.write_text(text)
    assert recall(checkout) == Choices()
    checkout.gateway.mkdir(parents=True)
    checkout.manifest.write_text(text)
    checkout.choices.unlink()
    assert recall(checkout) == Choices()


def test_a_folder_in_the_place_of_the_remembered_is_no_traceback(checkout):
    checkout.choices.mkdir()
    assert recall(checkout) == Choices()
