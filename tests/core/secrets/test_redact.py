"""Secrets in the texts of other programs: in no spelling that programs use are they shown."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from tasks.core.model.layout import Layout
from tasks.core.model.secret import Secret
from tasks.core.secrets import redact

VALUE = 'p@ss/w"ord+0123456789'
SECRETS = [Secret(VALUE), Secret("other-value-123")]


@pytest.mark.parametrize("before", ["", "a", "ab", "user:", "Bearer "])
@pytest.mark.parametrize("after", ["", "x", "xy", "xyz"])
def test_it_is_found_within_base64_wherever_it_stands(before, after):
    text = base64.b64encode(f"{before}{VALUE}{after}".encode()).decode()
    shown = redact.hide_values(f"it was {text} that was sent", SECRETS)
    assert redact.HIDDEN in shown
    rest = shown.replace(redact.HIDDEN, "").removeprefix("it was ").removesuffix(" that was sent")
    assert len(rest) <= len(base64.b64encode(f"{before}{after}".encode())) + 8


@pytest.mark.parametrize(
    "spelling",
    [VALUE, json.dumps(VALUE), quote(VALUE, safe=""), VALUE.encode().hex(), VALUE.encode().hex().upper()],
)
def test_it_is_found_as_programs_write_it(spelling):
    assert redact.hide_values(f"<{spelling}>", SECRETS).count(redact.HIDDEN) == 1
    assert spelling.strip('"') not in redact.hide_values(f"<{spelling}>", SECRETS)


def test_what_looks_like_a_credential_is_hidden_without_being_known():
    shown = redact.hide_values("sent sk-unknown-0123456789 to https://ada:lovelace@proxy:8080/", [])
    assert "unknown" not in shown
    assert "lovelace" not in shown
    assert "proxy:8080" in shown


def test_what_is_short_is_no_secret_worth_destroying_the_text_for():
    assert redact.hide_values("a demo of demos", [Secret("demo")]) == "a demo of demos"
    assert redact.hide_values("nothing", []) == "nothing"


def test_the_secrets_of_a_gateway_are_the_values_of_telling_names(tmp_path):
    layout = Layout.of({"HOME": str(tmp_path)})
    assert redact.secrets_of(layout) == []
    layout.gateway.mkdir(parents=True)
    layout.env_file.write_text("LITELLM_MASTER_KEY=sk-1234567890\nVERTEX_PROJECT=mine\nAWS_SECRET_ACCESS_KEY='a b'\n")
    assert redact.secrets_of(layout) == [Secret("sk-1234567890"), Secret("a b")]
