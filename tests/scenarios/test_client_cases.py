"""Situations of Claude Code in which our own words are the point: tests/client_cases; tests/real has the others."""

from __future__ import annotations

import pytest

from tests import client_cases

CASES = [
    case
    for case in client_cases.named()
    if case.client is None and not case.name.startswith("message-")  # those are tests of the corpus
]


@pytest.fixture(scope="module")
def gateways():
    with client_cases.recording() as made:
        yield made


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_said_of_it_is_right(case, sandbox, gateways):
    assert client_cases.Play(case, sandbox, gateways).find_faults() == []
