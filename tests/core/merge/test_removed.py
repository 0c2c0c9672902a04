"""What a user took out of a file is known for as long as it is out."""

from __future__ import annotations

import pytest

from tasks.core.merge import merge
from tasks.core.merge.removed import carry

A, B, C = (f"  - model_name: {name}\n    litellm_params:\n      model: x/{name}\n" for name in "abc")
TWICE = A + A.replace("x/a", "y/a")


def config(*models, more="settings:\n  drop: true\n  wait: 5\n"):
    return "model_list:\n" + "".join(models) + more


def gone(found, base, before=()):
    return carry(before, base.encode(), found.encode())


def test_nothing_is_out_of_what_is_as_it_was_left():
    assert gone(config(A, B), config(A, B)) == ()


@pytest.mark.parametrize(
    ("found", "labels"),
    [
        (config(A), {"model_list[b]"}),
        (config(A, B, more="settings:\n  wait: 5\n"), {"settings.drop"}),
        (config(A, B, more=""), {"settings"}),
        (config(B, C, A), set()),
        (config(A, B).replace("x/b", "z/b"), set()),
    ],
)
def test_what_the_user_took_out_has_a_label(found, labels):
    assert set(gone(found, config(A, B))) == labels


def test_one_of_two_routes_of_a_name_is_told_by_its_route():
    assert gone(config(A), config(TWICE)) == ("model_list[a = y/a]",)


def test_it_is_known_over_a_deployment_that_does_not_have_it_and_forgotten_once_it_is_back():
    known = gone(config(A), config(A, B))
    assert gone(config(C), config(C), known) == known
    assert gone(config(B, C), config(C), known) == ()


@pytest.mark.parametrize("found", ["model_list: [", "- x\n", "", "\x00"])
def test_a_text_that_says_nothing_changes_nothing(found):
    assert gone(found, config(A, B), ("model_list[c]",)) == ("model_list[c]",)


def test_a_missing_file_changes_nothing():
    assert carry(("x",), b"a: 1\n", None) == ("x",)


def merged(base, found, wanted, removed=()):
    return merge.litellm_config(base, found, wanted, "config", removed).text


def test_what_was_taken_out_is_not_added_again():
    removed = gone(config(A), config(A, B))
    assert "model_name: b" in merged(config(C), config(C), config(A, B))
    again = merged(config(C), config(C), config(A, B), removed)
    assert "model_name: a" in again
    assert "model_name: b" not in again


def test_what_the_user_put_back_is_not_taken_out():
    assert "model_name: b" in merged(config(C), config(B, C), config(A, B), ("model_list[b]",))


@pytest.mark.parametrize(
    ("comment", "is_lost"),
    [
        ("      model: x/b  # mine\n", True),
        ("      # mine\n      model: x/b\n", False),  # a whole line stays
        ("      model: 'x/b # mine'\n", False),  # no comment
    ],
)
def test_a_comment_that_goes_with_its_model_is_named(comment, is_lost):
    base = config(A, B)
    found = base.replace("      model: x/b\n", comment)
    whole = merged(base, found, config(A)) if "'" not in comment else base
    lost = merge.find_lost_comments(base, found, whole)
    assert lost == (["# mine"] if is_lost else [])
