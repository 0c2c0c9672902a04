"""Addresses of OpenAI's API are known by their end."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tasks.core.model import endpoints


@pytest.mark.parametrize(
    ("address", "base"),
    [
        ("https://h/v1/chat/completions", "https://h"),
        ("https://h/team/chat/completions/", "https://h/team"),
        ("http://h:4000/openai/v1/Responses", "http://h:4000/openai"),
        ("https://h/v1/embeddings", "https://h"),
        ("https://h", ""),
        ("https://h/v1", ""),
        ("https://h/v1/messages", ""),
        ("https://h/responses/of/mine", ""),
        ("https://h/mycompletions", ""),
    ],
)
def test_the_base_of_an_endpoint(address, base):
    assert endpoints.find_base(urlsplit(address)) == base
