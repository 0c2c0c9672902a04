"""What is missing, doubtful or in the way, all at once, before anything is written."""

import socket

import pytest

from tasks.core.deploying import prerequisites
from tasks.core.model.choices import Flags
from tasks.core.model.errors import Conflict, GatewayError, InvalidInput
from tasks.core.model.secret import Secret
from tasks.core.service import processes
from tasks.core.values.environment import Finding


@pytest.mark.parametrize(
    ("found", "secret", "says"),
    [
        (Finding("A", "v", "the environment"), False, "v, from the environment"),
        (Finding("A", Secret("sk-x"), ".env"), True, "set, from .env"),
        (Finding("A", "v", "~/.zshrc", "ALIAS"), False, "v, from ~/.zshrc (as ALIAS)"),
        (Finding("A", None, "generated"), True, "made for this gateway"),
        (Finding("A", None, "nowhere", note="x is a placeholder"), False, "not found (x is a placeholder)"),
    ],
)
def test_where_a_value_comes_from_is_said_and_no_secret_is(found, secret, says):
    assert prerequisites.describe_origin(found, is_secret=secret) == says


def test_a_secret_that_was_not_wrapped_is_hidden_all_the_same():
    assert "sk-x" not in prerequisites.describe_origin(Finding("A", "sk-x", ".env"), is_secret=True)


def test_a_port_that_another_program_has_is_a_warning_and_an_error_when_the_gateway_is_to_start(asked_for, capsys):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        prerequisites.check_port(asked_for(port=port))
        assert f"port {port} is taken by" in capsys.readouterr().err
        with pytest.raises(GatewayError, match=f"port {port} is taken by"):
            prerequisites.check_port(asked_for(Flags(start=True), port=port))
    prerequisites.check_port(asked_for(Flags(start=True), port=port))


def test_a_port_that_is_taken_since_is_looked_at_again_before_a_start(asked_for):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        taken = prerequisites.list_facts(asked_for(Flags(start=True), port=port))
        before = prerequisites.list_facts(asked_for(port=port))
    assert taken != before
    assert prerequisites.list_facts(asked_for(Flags(start=True), port=port)) == before


@pytest.mark.parametrize("text", [b"{", b"[]", b"null", b'{"env": 5}', b'{"a": 1,}', b"\xff"])
def test_settings_that_cannot_be_edited_are_refused_with_their_place(layout, text):
    layout.claude.mkdir()
    layout.settings.write_bytes(text)
    with pytest.raises(InvalidInput) as refused:
        prerequisites.check_settings(layout)
    assert str(layout.settings) in str(refused.value)
    assert layout.settings.read_bytes() == text


def test_settings_that_lead_in_a_circle_are_a_conflict(layout):
    layout.claude.mkdir()
    layout.settings.symlink_to("settings.json")
    with pytest.raises(Conflict):
        prerequisites.check_settings(layout)


@pytest.mark.parametrize("text", [None, b"{}", b'\xef\xbb\xbf{"env": {}}'])
def test_settings_that_can_be_edited_are_fine(layout, text):
    layout.claude.mkdir()
    if text is not None:
        layout.settings.write_bytes(text)
    prerequisites.check_settings(layout)


def test_all_that_is_missing_is_told_at_once_with_how_to_get_it(asked_for, monkeypatch, capsys):
    asked = asked_for(preset="basic")
    for name in ("VERTEX_PROJECT", "GOOGLE_APPLICATION_CREDENTIALS"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(GatewayError) as refused:
        prerequisites.check_values(asked)
    for name in ("VERTEX_PROJECT", "GOOGLE_APPLICATION_CREDENTIALS", "--allow-missing"):
        assert name in str(refused.value)
    assert refused.value.exit_code == 1


def test_it_goes_on_without_when_that_was_agreed_to(asked_for, monkeypatch, capsys):
    asked = asked_for(Flags(allow_missing=True), preset="basic")
    monkeypatch.delenv("VERTEX_PROJECT")
    prerequisites.check_values(asked)
    assert "VERTEX_PROJECT" in capsys.readouterr().err


def test_what_it_looks_at_is_a_fact_and_the_run_is_not(asked_for, credentials, monkeypatch):
    monkeypatch.setattr(processes, "is_answered", lambda _: False)
    known = prerequisites.list_facts(asked_for(preset="basic"))
    assert prerequisites.list_facts(asked_for(Flags(start=True), preset="basic")) == known
    assert prerequisites.list_facts(asked_for(preset="basic", port=4567)) != known
    asked = asked_for(preset="basic")
    monkeypatch.setenv("VERTEX_PROJECT", "other-project")
    assert prerequisites.list_facts(asked) != known


def test_no_secret_is_shown_by_its_facts(asked_for):
    assert "sk-tests" not in repr(prerequisites.list_facts(asked_for()))
