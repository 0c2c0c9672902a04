"""What a command goes on with: what is deployed, and what was chosen since for the same folder."""

import json

import pytest

from tasks.core.deploying import remembered
from tasks.core.deploying.remembered import recall
from tasks.core.model.choices import Choices
from tasks.core.model.errors import Conflict

BASIC = Choices("basic", port=4100)


def choose(layout, choices, *, is_kept=False):
    remembered.note(remembered.recall_at(layout), choices, is_kept=is_kept)


def is_noted(layout, *, is_kept):
    return remembered.is_noted(remembered.recall_at(layout), BASIC, is_kept=is_kept)


def deploy(layout, revision=1, **choices):
    layout.gateway.mkdir(parents=True, exist_ok=True)
    named = {"revision": revision, "deployment_id": f"dep-{revision}", "timestamp": "2026-11-30T00:00:00Z"}
    layout.manifest.write_text(json.dumps({**named, "choices": choices}))


def test_every_checkout_goes_on_with_what_is_deployed(checkout):
    deploy(checkout, preset="basic", port=4100)
    known = recall(checkout)
    assert known.for_deployment == known.for_steps == known.for_looking == BASIC
    assert (known.is_fresh, known.chosen) == (True, None)


def test_what_a_deployment_tried_is_for_steps_alone(checkout):
    deploy(checkout, preset="demo")
    choose(checkout, BASIC)
    known = recall(checkout)
    assert (known.for_deployment, known.for_steps, known.for_looking) == (Choices("demo"), BASIC, Choices("demo"))
    assert not known.is_fresh


def test_what_was_kept_is_for_the_next_deployment_too(checkout):
    choose(checkout, BASIC, is_kept=True)
    known = recall(checkout)
    assert known.for_deployment == known.for_steps == known.for_looking == BASIC
    assert not known.is_fresh


def test_a_first_deployment_that_failed_leaves_everything_to_be_asked(checkout):
    choose(checkout, BASIC)
    assert recall(checkout).is_fresh
    assert recall(checkout).for_deployment == Choices()


@pytest.mark.parametrize("is_kept", [True, False])
def test_it_loses_against_whatever_was_deployed_or_taken_away_since(checkout, is_kept):
    deploy(checkout, preset="demo")
    choose(checkout, BASIC, is_kept=is_kept)
    deploy(checkout, 2, preset="multi-provider")  # by another checkout
    assert recall(checkout).for_steps == Choices("multi-provider")
    deploy(checkout, preset="demo")
    assert recall(checkout).for_steps == BASIC
    checkout.manifest.unlink()
    assert recall(checkout).chosen is None


def test_what_was_chosen_and_then_deployed_is_not_pending(checkout):
    choose(checkout, BASIC)
    deploy(checkout, preset="basic", port=4100)
    assert recall(checkout).chosen is None
    assert recall(checkout).deployed.choices == BASIC


def test_it_is_noted_once(checkout):
    assert not is_noted(checkout, is_kept=False)
    choose(checkout, BASIC)
    assert is_noted(checkout, is_kept=False)
    assert not is_noted(checkout, is_kept=True)
    deploy(checkout, preset="basic", port=4100)
    assert is_noted(checkout, is_kept=True)
    assert checkout.choices.stat().st_mode & 0o777 == 0o600
    remembered.forget(checkout)
    assert recall(checkout).noted is None


def test_each_folder_has_a_memory_of_its_own(checkout):
    elsewhere = checkout.home / "elsewhere"
    choose(checkout._replace(gateway=elsewhere), BASIC._replace(target=str(elsewhere)), is_kept=True)
    assert recall(checkout).layout.gateway == elsewhere
    assert recall(checkout, str(checkout.gateway)).for_deployment == Choices()
    deploy(checkout, preset="demo")
    assert recall(checkout).layout == checkout
    assert recall(checkout).for_deployment == Choices("demo")


def test_the_folder_that_is_noted_beside_the_settings_counts_while_a_gateway_is_there(checkout):
    elsewhere = checkout._replace(gateway=checkout.home / "elsewhere")
    deploy(elsewhere, preset="basic", port=4100)
    checkout.claude.mkdir(exist_ok=True)
    checkout.pointer.write_text(f"{elsewhere.gateway}\n")
    assert recall(checkout).for_deployment == BASIC._replace(target=str(elsewhere.gateway))
    elsewhere.manifest.unlink()
    assert recall(checkout).layout == checkout


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "5", '"x"', '{"choices": {"preset": 5, "no": 1}}', '{"choices": 1}', "\x00"]
)
def test_what_cannot_be_read_is_as_if_nothing_was(checkout, text):
    checkout.choices.write_text(text)
    assert recall(checkout).for_steps == Choices()
    checkout.gateway.mkdir(parents=True)
    checkout.manifest.write_text(text)
    checkout.choices.unlink()
    assert recall(checkout).for_steps == Choices()


def test_a_folder_in_the_place_of_the_note_is_no_traceback(checkout):
    checkout.choices.mkdir()
    assert recall(checkout).for_steps == Choices()


def test_a_run_is_refused_once_something_else_was_deployed_since_it_began(checkout):
    deploy(checkout, preset="demo")
    known = recall(checkout)
    remembered.refuse_moved(known)
    deploy(checkout, 2, preset="basic")
    with pytest.raises(Conflict):
        remembered.refuse_moved(known)
