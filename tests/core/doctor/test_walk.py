"""The doctor's small judgements, and what it sees of kinds that are no process of this machine."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from tasks.core.claude.layers import Layers
from tasks.core.doctor import gateway, network, walk
from tasks.core.doctor.case import FAIL, OK, SKIP, WARN, Case
from tasks.core.http import client
from tasks.core.http.answers import Response
from tasks.core.model.choices import Choices
from tasks.core.model.errors import Unhealthy
from tasks.core.model.layout import PROJECT, Layout
from tasks.core.model.network import is_local, is_spared
from tasks.core.model.release import Manifest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("hosts", "spares"),
    [
        ("127.0.0.1", True),
        ("localhost, 127.0.0.1", True),
        ("localhost 127.0.0.1:4000", True),
        ("*", True),
        ("", False),
        ("localhost", False),
        ("127.0.0.0/8", False),
        (".0.0.1", True),
    ],
)
def test_what_no_proxy_spares(hosts, spares):
    assert is_spared("http://127.0.0.1:4000", hosts) is spares


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:1", True),
        ("http://localhost", True),
        ("http://[::1]:1", True),
        ("https://x.example", False),
        ("http://[", False),
    ],
)
def test_what_is_an_address_of_this_machine(url, here):
    assert is_local(url) is here


def test_an_address_is_shown_without_its_credentials():
    assert network.shown("http://ada:p@ss@proxy:8080") == "http://[hidden]@proxy:8080"
    assert network.shown("http://proxy:8080") == "http://proxy:8080"


def case_of(root: Path, managed: dict[str, object] | None = None) -> Case:
    """A home where a gateway elsewhere is deployed, at an address that nothing can be asked at."""
    (root / "managed").mkdir()
    if managed is not None:
        (root / "managed" / "managed-settings.json").write_text(json.dumps(managed))
    environ = {"HOME": str(root), "PATH": "", "HTTPS_PROXY": "http://proxy.invalid:1"}
    layout = Layout.of(environ, project=PROJECT)
    layout.gateway.mkdir(parents=True)
    layout.env_file.write_text("GATEWAY_TOKEN=tk-0123456789\n")
    layout.env_file.chmod(0o600)
    url = "https://gateway.example.com"
    layout.settings.write_text(
        json.dumps({"env": {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_AUTH_TOKEN": "tk-0123456789"}})
    )
    chosen = Choices(preset="enterprise", gateway_type="custom", gateway_url=url).to_json()
    when = time.strftime("%Y-%m-%d")
    manifest = Manifest("dep", when, "1", "custom", url, (), {}, {}, chosen, token_variable="GATEWAY_TOKEN")
    layout.manifest.write_text(json.dumps(manifest.to_json()))
    return Case(layout, Layers(layout, environ, root, root / "managed"), environ)


def test_a_gateway_elsewhere_has_no_process_here(tmp_path):
    case = case_of(tmp_path)
    for link in ("program", "port", "process"):
        assert {each.state for each in walk.looked(link, case)} == {SKIP}, link
    for link in ("credentials", "address", "network", "providers"):
        assert {each.state for each in walk.looked(link, case)} == {OK}, link


def test_a_gateway_elsewhere_is_asked_as_claude_code_would(tmp_path, monkeypatch):
    asked = []

    def send(request):
        asked.append(request)
        known = request.headers["Authorization"] == "Bearer tk-0123456789"
        return Response(200 if known else 401, "application/json", '{"data": [{"id": "m"}]}', "")

    monkeypatch.setattr(client, "send", send)
    case = case_of(tmp_path)
    for link in ("readiness", "key", "models"):
        assert {each.state for each in walk.looked(link, case)} == {OK}, link
    names = walk.looked("names", case)
    assert {each.state for each in names} == {WARN}
    assert any("claude-opus-5-5 is asked for (default, opus, subagents)" in each.says for each in names)
    assert len(asked) == 2
    assert {request.url for request in asked} == {"https://gateway.example.com"}
    assert asked[0].route.environ["HTTPS_PROXY"] == "http://proxy.invalid:1"


def test_a_token_that_others_can_read_is_told_with_what_mends_it(tmp_path, monkeypatch):
    case = case_of(tmp_path)
    monkeypatch.setattr(gateway.files, "open_to_others", lambda path: path == case.layout.settings)
    (found,) = [each for each in walk.looked("files", case) if each.where and "settings.json" in each.where]
    assert (found.state, found.fix) == (WARN, f"chmod 600 {case.layout.settings}")


NO_DB = '{"error": {"message": "No connected db."}}'


@pytest.mark.parametrize(
    ("answer", "odd"),
    [
        (Response(401, "", "", ""), {"key": FAIL}),
        (Response(400, "application/json", NO_DB, ""), {"key": FAIL}),
        (Response(400, "application/json", '{"error": "limit must be a number"}', ""), {}),
        (Response(404, "", "", ""), {}),
        (Response(501, "", "", ""), {}),
        (Response(429, "", "", ""), {"readiness": WARN}),
        (Response(500, "", "", ""), {"readiness": FAIL}),
        (Response(503, "text/html", "<html>", ""), {"readiness": FAIL}),
        (Response(302, "text/html", "", "https://login.example.com"), {"readiness": FAIL}),
        (Response(200, "text/html", "<html>Log in</html>", ""), {"readiness": FAIL}),
    ],
)
def test_a_gateway_elsewhere_that_answers_the_same_to_everything(tmp_path, monkeypatch, answer, odd):
    monkeypatch.setattr(client, "send", lambda *_: answer)
    case = case_of(tmp_path)
    links = ("readiness", "key", "models", "names")
    found = [each for link in links for each in walk.looked(link, case)]
    assert {each.link: each.state for each in found if each.state in (FAIL, WARN)} == odd
    assert [each.link for each in found] == list(links)
    assert all(answer.location in each.says for each in found if each.state == FAIL and answer.location)


@pytest.mark.parametrize(("status", "state"), [(200, WARN), (302, OK), (400, OK), (401, OK), (429, OK), (503, OK)])
def test_only_a_stranger_who_is_let_in_is_a_finding(tmp_path, monkeypatch, status, state):
    def send(request):
        known = request.headers["Authorization"] == "Bearer tk-0123456789"
        return Response(200 if known else status, "application/json", '{"data": [{"id": "m"}]}', "")

    monkeypatch.setattr(client, "send", send)
    (found,) = walk.looked("key", case_of(tmp_path))
    assert found.state == state
    assert ("refuses another" in found.says) == (state == OK)
    assert ("does not tell" in found.says) == (status in (429, 503))


def test_a_gateway_elsewhere_that_nobody_reaches(tmp_path, monkeypatch):
    def send(_):
        raise Unhealthy("nothing answers", where="x")

    monkeypatch.setattr(client, "send", send)
    case = case_of(tmp_path)
    assert [each.state for each in walk.looked("readiness", case)] == [FAIL]


def test_the_token_is_sent_to_nobody_else(tmp_path, monkeypatch):
    monkeypatch.setattr(client, "send", lambda *_: pytest.fail("it was asked"))
    case = case_of(tmp_path, {"env": {"ANTHROPIC_BASE_URL": "https://managed.example.com"}})
    for link in ("readiness", "key", "models"):
        assert [each.state for each in walk.looked(link, case)] == [SKIP]


def test_what_is_managed_breaks_the_way(tmp_path):
    managed = {"forceLoginMethod": "claudeai", "env": {"ANTHROPIC_BASE_URL": "https://managed.example.com"}}
    case = case_of(tmp_path, managed)
    (login,) = [each for each in walk.looked("credentials", case) if each.state == FAIL]
    assert "managed-settings.json" in login.where
    (address,) = [each for each in walk.looked("address", case) if each.state == FAIL]
    assert "managed.example.com" in address.says


def test_a_managed_file_that_is_no_json_keeps_claude_from_starting(tmp_path):
    case = case_of(tmp_path, {})
    (tmp_path / "managed" / "managed-settings.json").write_text("{")
    assert any("does not start" in each.says for each in walk.looked("settings", case) if each.state == FAIL)


def test_a_damaged_manifest_is_a_finding_and_no_traceback(tmp_path):
    case = case_of(tmp_path)
    case.layout.manifest.write_text("{}")
    found = list(walk.walk(case))
    assert any(each.state == FAIL and "manifest" in each.where for each in found)
