"""Situations of Claude Code: what our commands say of them, and what the real client does there."""

from __future__ import annotations

import shutil

import pytest

from tests import client_cases

CASES = [case for case in client_cases.named() if case.client is not None]


@pytest.fixture(scope="module")
def gateways():
    with client_cases.recording() as made:
        yield made


@pytest.mark.sample(12)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_we_say_of_it_what_the_client_does(case, sandbox, gateways, claude):
    if shutil.which(case.facts.get("without", "")):
        pytest.skip("says what happens where a program is missing")
    assert client_cases.Play(case, sandbox, gateways, claude).find_faults() == []
