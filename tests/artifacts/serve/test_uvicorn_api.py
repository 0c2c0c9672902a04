"""What is used of uvicorn is there in the oldest one that is accepted; without uvicorn see test_serve.py."""

import uvicorn

from serve import uvicorn_api


def test_the_parts_of_uvicorn_are_uvicorns_own():
    assert uvicorn_api.uvicorn is uvicorn
    assert {uvicorn_api.Multiprocess.__module__, uvicorn_api.Process.__module__} == {"uvicorn.supervisors.multiprocess"}
    assert set(uvicorn_api.__all__) <= set(vars(uvicorn_api))
