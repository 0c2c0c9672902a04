"""Stand-ins: no secret and no real address is left, and each mark tells what it was."""

from __future__ import annotations

import pytest

from tasks.core.claude.stand_ins import StandIns

RECORDER = "http://127.0.0.1:4399"
HERE, THERE = "http://127.0.0.1:4000", "https://gateway.example.com"


def make(address=HERE):
    return StandIns(RECORDER, address, ["ANTHROPIC_BASE_URL"], ["ANTHROPIC_API_KEY"])


def test_a_credential_keeps_how_it_begins_and_its_mark_tells_all_its_names():
    made = make()
    key = "sk-ant-api03-0123456789-abcdefghij"
    mark = made.replace_variable("ANTHROPIC_API_KEY", key)
    assert mark.startswith("sk-ant-api03-")
    assert made.replace_variable("MY_TOKEN", key) == mark
    assert made.find_labels(f"Bearer {mark}") == ["ANTHROPIC_API_KEY", "MY_TOKEN"]
    assert made.find_value(mark) == key
    assert made.find_labels("another") == []
    assert key not in repr(made)


@pytest.mark.parametrize(
    "url",
    [
        THERE,
        f"{THERE}/",
        "HTTPS://gateway.example.com/v1",
        "https:gateway.example.com",
        "ht\ntps://gateway.example.com",
    ],
)
def test_an_address_leads_to_the_recorder_however_it_is_written(url):
    made = make()
    replaced = made.replace_variable("ANTHROPIC_BASE_URL", url)
    assert replaced.startswith(f"{RECORDER}/")
    original, path = made.find_address(f"{replaced.removeprefix(RECORDER)}/v1/messages")
    assert original.lower().endswith(("gateway.example.com", "gateway.example.com/v1"))
    assert path == "/v1/messages"


def test_any_other_address_leads_there_too():
    made = make()
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "MINE"):
        assert made.replace_variable(name, "grpc://collector.example.com") == "grpc://collector.example.com"
        assert made.replace_variable(name, "https://collector.example.com").startswith(RECORDER)


@pytest.mark.parametrize(
    ("proxy", "made"),
    [
        ("http://ada:secret@proxy.example.com:8080", RECORDER),
        ("proxy.example.com:8080", "127.0.0.1:4399"),
        ("socks5://proxy", "socks5://127.0.0.1:4399"),
        ("", ""),
    ],
)
def test_a_proxy_is_the_recorder_in_the_same_form(proxy, made):
    assert make().replace_variable("https_proxy", proxy) == made


@pytest.mark.parametrize(
    ("address", "hosts", "made"),
    [
        (HERE, "127.0.0.1:4000,example.com", "127.0.0.1:4399"),
        (HERE, "localhost example.com", "localhost"),
        (HERE, "*", "localhost,127.0.0.1,::1"),
        (THERE, "127.0.0.1", ""),
        (THERE, ".example.com", "localhost,127.0.0.1,::1"),
    ],
)
def test_only_this_machine_is_ever_asked_past_it(address, hosts, made):
    assert make(address).replace_variable("NO_PROXY", hosts) == made


def test_each_header_gets_its_mark_and_an_empty_one_stays_empty():
    made = make()
    text = made.replace_variable("ANTHROPIC_CUSTOM_HEADERS", "x-api-key:\nX-Team: Bearer abc-0123456789")
    first, second = text.split("\n")
    assert first == "x-api-key:"
    assert second.startswith("X-Team: Bearer gatehand-")
    assert made.find_labels(second.partition(":")[2]) == ["ANTHROPIC_CUSTOM_HEADERS (X-Team)"]
