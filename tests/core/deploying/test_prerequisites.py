"""What is missing, doubtful or in the way, all at once, before anything is written."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from tasks.core.deploying import caveats, prerequisites
from tasks.core.deploying.context import Context
from tasks.core.deploying.resolve import resolve
from tasks.core.disk import files
from tasks.core.model.choices import Flags
from tasks.core.model.errors import Conflict, GatewayError, InvalidInput
from tasks.core.model.secret import Secret
from tasks.core.service import processes
from tasks.core.values.environment import Finding
from tests.artifacts.fakes import free_port, make_litellm


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


def test_a_port_that_another_program_has_is_a_warning_and_an_error_when_the_gateway_is_to_start(asked_for):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        prerequisites.check_port(asked_for(port=port))
        (doubt,) = prerequisites.find_port_doubts(asked_for(port=port))
        assert f"port {port} is taken by" in doubt
        with pytest.raises(GatewayError, match=f"port {port} is taken by"):
            prerequisites.check_port(asked_for(Flags(start=True), port=port))
    prerequisites.check_port(asked_for(Flags(start=True), port=port))


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


def test_it_goes_on_without_when_that_was_agreed_to(asked_for, monkeypatch):
    asked = asked_for(Flags(allow_missing=True), preset="basic")
    monkeypatch.delenv("VERTEX_PROJECT")
    assert "VERTEX_PROJECT" in " ".join(prerequisites.check_values(asked))


# What preflight remembers


def taken_port(box):
    box.taken = socket.create_server(("127.0.0.1", box.asked.deployment.port))


def another_gateway(box):
    other = box.home / "other"
    other.mkdir()
    (other / "deployment-manifest.json").write_text("{}")
    box.layout.pointer.write_text(f"{other}\n")


def another_tool(box):
    (box.home / ".litellm").mkdir()
    (box.home / ".litellm/claude_configure_state.json").write_text("{}")


def open_folder(box):
    box.layout.gateway.mkdir()
    box.layout.gateway.chmod(0o777)


CHANGES = {
    "settings.json is no JSON": lambda box: box.layout.settings.write_text("{"),
    "settings.json is ignored by Claude Code": lambda box: box.layout.settings.write_text('{"permissions": 5}'),
    "settings.json leads in a circle": lambda box: box.layout.settings.symlink_to("settings.json"),
    "others can read settings.json": lambda box: box.monkeypatch.setattr(files, "open_to_others", lambda _: True),
    "others can write the gateway's folder": open_folder,
    "the gateway's folder is a file": lambda box: box.layout.gateway.write_text(""),
    "another gateway of ours": another_gateway,
    "another tool": another_tool,
    "no certificates any more": lambda box: box.bundle.unlink(),
    "no client certificate any more": lambda box: box.certificate.unlink(),
    "a client certificate that is none": lambda box: box.certificate.write_text("-"),
    "credentials that are none": lambda box: box.credentials.write_text("[]"),
    "credentials that others can read": lambda box: box.credentials.chmod(0o644),
    "a value that cannot be right": lambda box: box.monkeypatch.setenv("VERTEX_PROJECT", "-"),
    "another value": lambda box: box.monkeypatch.setenv("VERTEX_PROJECT", "other-project"),
    "the port is taken": taken_port,
    "a LiteLLM that is refused": lambda box: make_litellm(box.layout.venv, "1.0.0"),
    "a model past its end": lambda box: box.monkeypatch.setattr(caveats.time, "strftime", lambda _: "2099-01-01"),
}
"""Something that a check looks at, as it may become between two deployments."""


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A certificate and its key."""
    paths = [tmp_path_factory.mktemp("pair") / name for name in ("me.pem", "me.key")]
    new = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    command = [*new, "-days", "2", "-subj", "/CN=me", "-out", paths[0], "-keyout", paths[1]]
    subprocess.run(command, check=True, capture_output=True)
    return paths


@pytest.fixture
def box(layout, asked_for, credentials, monkeypatch, pair):
    """A home in which a deployment with all kinds of choices is possible; *asked* is that, read once more each time."""
    layout.claude.mkdir()
    certificate, bundle = (Path(shutil.copy(pair[0], layout.home / name)) for name in ("me.pem", "bundle.pem"))
    chosen = {
        "preset": "basic",
        "port": free_port(),
        "ca_bundle": str(bundle),
        "client_cert": str(certificate),
        "client_key": str(pair[1]),
    }

    first = asked_for(Flags(start=True), **chosen)

    class Box:
        home = layout.home
        taken = None

        @property
        def asked(self):
            return resolve(first.request, Context(layout, os.environ))

    made = Box()
    made.layout, made.bundle, made.certificate = layout, bundle, certificate
    made.credentials, made.monkeypatch = credentials, monkeypatch
    yield made
    if made.taken:
        made.taken.close()


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_for_a_check_has_preflight_look_again(box, change):
    known = prerequisites.list_facts(box.asked)
    assert prerequisites.list_facts(box.asked) == known
    CHANGES[change](box)
    try:
        assert prerequisites.list_facts(box.asked) != known
    except (GatewayError, OSError) as stopped:  # which counts as a change
        with pytest.raises(type(stopped)):
            [*prerequisites.find_doubts(box.asked)]


def test_choices_and_values_are_remembered_and_the_kind_of_run_is_not(asked_for, credentials, monkeypatch):
    monkeypatch.setattr(processes, "is_answered", lambda _: False)
    known = prerequisites.list_facts(asked_for(preset="basic"))
    assert prerequisites.list_facts(asked_for(Flags(start=True), preset="basic")) == known
    assert prerequisites.list_facts(asked_for(preset="basic", port=4567)) != known
    asked = asked_for(preset="basic")
    monkeypatch.setenv("VERTEX_PROJECT", "other-project")
    assert prerequisites.list_facts(asked) != known


def test_no_secret_is_shown_by_its_facts(asked_for):
    assert "sk-tests" not in repr(prerequisites.list_facts(asked_for()))
