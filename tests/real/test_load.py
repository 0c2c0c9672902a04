"""No request is lost while configurations are swapped: the short form of `python tests/load.py`."""

import asyncio

import pytest

from tests.load import Gateway, under_load, upstream

pytestmark = [pytest.mark.real, pytest.mark.nightly]


@pytest.mark.timeout(300)
def test_two_swaps_under_load_lose_nothing(tmp_path, litellm_python):
    with upstream() as url:
        gateway = Gateway(tmp_path / "one", litellm_python, url)
        try:
            gateway.start()
            gateway.ready()
            seen, took = asyncio.run(under_load(gateway, 2, longest=10))
        finally:
            gateway.end()
    print("\n".join(seen.report()))
    assert len(took) == 2
    assert seen.asked > 100
    assert not seen.failures, seen.samples
