"""When somebody is told that certificates have ended."""

from __future__ import annotations

import pytest

from tasks.core.http import tls
from tests.scenarios.test_doctor import ENDED


@pytest.fixture
def valid():
    """The certificates that this system trusts, and that have not ended."""
    path = tls.roots()
    if path is None:
        pytest.skip("no certificates here")
    parts = [f"{part}-----END CERTIFICATE-----\n" for part in path.read_text().split("-----END CERTIFICATE-----")[:-1]]
    good = [part for part in parts if tls.ended(part.encode(), "f") is None]
    if len(good) <= tls.FEW:
        pytest.skip("too few certificates here")
    return good


def test_a_bundle_of_which_all_has_ended():
    found = tls.ended(ENDED.encode(), "f")
    assert found is not None
    assert found.whole
    assert "Ended authority of a test" in found.says


def test_one_of_a_networks_own_few(valid):
    found = tls.ended((ENDED + valid[0]).encode(), "f")
    assert found is not None
    assert not found.whole


def test_an_ended_root_among_those_of_a_system_is_nobodys_concern(valid):
    assert tls.ended((ENDED + "".join(valid)).encode(), "f") is None
    assert tls.ended("".join(valid[:2]).encode(), "f") is None
