"""When somebody is told that certificates have ended."""

from __future__ import annotations

import pytest

from tasks.tools import certificates
from tests.scenarios.test_doctor import ENDED


@pytest.fixture
def valid():
    """The certificates that this system trusts, and that have not ended."""
    path = certificates.roots()
    if path is None:
        pytest.skip("no certificates here")
    parts = [f"{part}-----END CERTIFICATE-----\n" for part in path.read_text().split("-----END CERTIFICATE-----")[:-1]]
    good = [part for part in parts if certificates.ended(part.encode(), "f") is None]
    if len(good) <= certificates.FEW:
        pytest.skip("too few certificates here")
    return good


def test_a_bundle_of_which_all_has_ended():
    found = certificates.ended(ENDED.encode(), "f")
    assert found is not None
    assert found.whole
    assert "Ended authority of a test" in found.says


def test_one_of_a_networks_own_few(valid):
    found = certificates.ended((ENDED + valid[0]).encode(), "f")
    assert found is not None
    assert not found.whole


def test_an_ended_root_among_those_of_a_system_is_nobodys_concern(valid):
    assert certificates.ended((ENDED + "".join(valid)).encode(), "f") is None
    assert certificates.ended("".join(valid[:2]).encode(), "f") is None
