"""The real Claude Code and a gateway that a company runs: every way to show a token, and a LiteLLM in between."""

import http.client
import json
import ssl
import subprocess

import asking
import pytest
from deployed import clear, demo

from tasks.core.http import gateway
from tasks.core.model.layout import Layout
from tests.artifacts.fakes import Folder, free_port
from tests.conftest import make_sandbox
from tests.messages_server import PIECES, TOKEN, serving

pytestmark = [pytest.mark.real, pytest.mark.sample(1)]

TEXT = "".join(PIECES).strip()


def ask(claude, box, *words, **environ):
    work = box.root / "work"
    work.mkdir(exist_ok=True)
    base = {"PATH": "/usr/bin:/bin", "HOME": str(box.home), "TERM": "dumb", "CLAUDE_CODE_MAX_RETRIES": "0"}
    return subprocess.run(
        [claude, "-p", "say hi", *words],
        cwd=work,
        env=base | environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


def deployed(root, play, *words, **values):
    """A sandbox whose Claude Code is joined to that server."""
    box = make_sandbox(root)
    joined = ("--preset", "enterprise", "--gateway-url", play.url, *words)
    box.deploy(*joined, env={"GATEWAY_TOKEN": play.token, **values})
    return box


def messages(play):
    """The headers of the requests for an answer that came."""
    return [each.headers for each in play.asked() if each.path == "/v1/messages"]


@pytest.mark.parametrize("auth", ["bearer", "x-api-key", "apikeyhelper"])
def test_claude_code_shows_the_token_and_sends_every_header(tmp_path, claude, auth):
    headers = ("--header", "x-team: blue", "--header", "x-cost: {COST_CENTRE}")
    with serving() as play:
        box = deployed(tmp_path, play, "--auth", auth, "--sonnet", "acct/sonnet", *headers, COST_CENTRE="c-17")
        stale = {"ANTHROPIC_API_KEY": "old", "ANTHROPIC_AUTH_TOKEN": "older", "CLAUDE_CODE_USE_BEDROCK": "1"}
        done = ask(claude, box, **stale)
        assert (done.returncode, done.stdout.strip()) == (0, TEXT), done.stdout + done.stderr
        for sent in messages(play):
            shown = [sent.get("authorization"), sent.get("x-api-key")]
            bearer, key = f"Bearer {TOKEN}", TOKEN
            assert shown == {"bearer": [bearer, ""], "x-api-key": [None, key], "apikeyhelper": [bearer, key]}[auth]
            assert (sent["x-team"], sent["x-cost"]) == ("blue", "c-17")
    assert (TOKEN in box.settings.read_text()) == (auth != "apikeyhelper")


@pytest.mark.parametrize("auth", ["bearer", "x-api-key", "apikeyhelper"])
def test_no_login_of_the_users_reaches_the_gateway(tmp_path, claude, auth):
    with serving() as play:
        box = deployed(tmp_path, play, "--auth", auth)
        state = {"primaryApiKey": "sk-ant-api03-canary-console", "hasCompletedOnboarding": True}
        (box.home / ".claude.json").write_text(json.dumps(state))
        login = {"accessToken": "sk-ant-oat01-canary", "refreshToken": "canary", "expiresAt": 9999999999999}
        login |= {"scopes": ["user:inference"], "subscriptionType": "max"}
        (box.home / ".claude" / ".credentials.json").write_text(json.dumps({"claudeAiOauth": login}))
        done = ask(claude, box, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1")
        assert done.returncode == 0, done.stdout + done.stderr
        assert messages(play)
        assert "canary" not in json.dumps([dict(each.headers) for each in play.asked()])


BEARER = {"authorization": f"Bearer {TOKEN}", "x-api-key": ""}
KINDS = {
    "portkey": (
        "",
        {"PORTKEY_API_KEY": TOKEN, "PORTKEY_PROVIDER": "@anthropic-prod"},
        {**BEARER, "x-portkey-api-key": TOKEN, "x-portkey-provider": "@anthropic-prod"},
    ),
    "vercel": ("", {"AI_GATEWAY_API_KEY": TOKEN}, BEARER),
    "zuplo": ("", {"GATEWAY_TOKEN": TOKEN}, BEARER),
    "cloudflare": (
        "/v1/account/gateway/anthropic",
        {"ANTHROPIC_API_KEY": "sk-ant-a-key-of-the-tests", "CF_AIG_TOKEN": "a-token-of-cloudflare"},
        {"x-api-key": "sk-ant-a-key-of-the-tests", "cf-aig-authorization": "Bearer a-token-of-cloudflare"},
    ),
    "truefoundry": ("", {"TFY_API_KEY": TOKEN}, BEARER),
    "litellm": ("", {"GATEWAY_TOKEN": TOKEN}, BEARER),
}
"""Of each kind what its address ends with, what it needs, the token first, and all that tells the server who asks."""
TELLING = ("authorization", "x-api-key", "cookie", "proxy-authorization", "x-portkey-", "cf-aig-")
"""How the names of headers begin that tell who asks."""


@pytest.mark.sample(2)
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_shown_what_it_wants_and_nothing_else(tmp_path, claude, kind):
    path, given, wanted = KINDS[kind]
    box = make_sandbox(tmp_path)
    with serving() as play:
        play.token = next(iter(given.values()))
        names = ("--opus", "acct/opus", "--sonnet", "acct/sonnet", "--haiku", "acct/haiku")
        box.deploy("--gateway-type", kind, "--gateway-url", play.url + path, *names, env=given)
        play.asked()
        done = ask(claude, box, ANTHROPIC_AUTH_TOKEN="older")
        assert (done.returncode, done.stdout.strip()) == (0, TEXT), done.stdout + done.stderr
        answered = [each for each in play.asked() if each.path == f"{path}/v1/messages"]
    assert {each.body["model"] for each in answered} >= {"acct/sonnet"}
    for each in answered:
        assert {name: value for name, value in each.headers.items() if name.startswith(TELLING)} == wanted


@pytest.mark.nightly
@pytest.mark.parametrize("auth", ["x-api-key", "apikeyhelper"])
def test_a_gateway_on_this_machine_is_shown_its_key_in_every_way(tmp_path, claude, litellm_executable, auth):
    with demo(tmp_path, litellm_executable) as made:
        made.box.deploy(*made.words, "--auth", auth, "--start")
        done = ask(claude, made.box, ANTHROPIC_AUTH_TOKEN="older")
        assert (done.returncode, done.stdout[:20]) == (0, "Your gateway works: "), done.stdout + done.stderr
        assert (made.key.reveal() in made.box.settings.read_text()) == (auth != "apikeyhelper")
        result = made.box.doit("check")
        assert result.code == 0, result.text


def test_a_helper_of_somebody_else_is_not_asked_meanwhile_and_comes_back(tmp_path, claude):
    box = make_sandbox(tmp_path)
    box.claude.mkdir()
    before = '{"apiKeyHelper": "echo a-key-for-another-server"}\n'
    box.settings.write_text(before)
    with serving() as play:
        box.deploy("--preset", "enterprise", "--gateway-url", play.url, env={"GATEWAY_TOKEN": TOKEN})
        assert ask(claude, box).returncode == 0
        assert {sent.get("x-api-key") for sent in messages(play)} == {""}
    assert box.doit("uninstall").code == 0
    assert box.settings.read_text() == before


def test_a_new_token_in_env_is_shown_without_deploying_again(tmp_path, claude):
    with serving() as play:
        box = deployed(tmp_path, play, "--auth", "apikeyhelper")
        assert ask(claude, box).returncode == 0
        play.token = "quite-another-token"
        assert ask(claude, box).returncode != 0
        env = box.gateway / ".env"
        env.write_text(env.read_text().replace(TOKEN, "'quite-another-token' # since Monday"))
        done = ask(claude, box)
        assert (done.returncode, done.stdout.strip()) == (0, TEXT), done.stdout + done.stderr


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    """Certificates of an authority of one's own: ca.pem, server.pem and client.pem with their keys."""
    place = tmp_path_factory.mktemp("papers")

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=place, check=True, capture_output=True)

    new = ("-newkey", "rsa:2048", "-nodes")
    openssl("req", "-x509", *new, "-days", "2", "-subj", "/CN=The tests", "-keyout", "ca.key", "-out", "ca.pem")
    (place / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1")
    signed = ("-req", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names")
    for name in ("server", "client"):
        openssl("req", *new, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        openssl("x509", *signed, "-in", f"{name}.csr", "-out", f"{name}.pem")
    openssl("rsa", "-aes128", "-passout", "pass:open sesame", "-in", "client.key", "-out", "locked.key")
    return place


@pytest.mark.parametrize("key", ["client.key", "locked.key"])
def test_a_gateway_that_wants_a_certificate_is_shown_one(tmp_path, claude, papers, key):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(papers / "server.pem", papers / "server.key")
    tls.load_verify_locations(papers / "ca.pem")
    tls.verify_mode = ssl.CERT_REQUIRED
    shown = ("--client-cert", str(papers / "client.pem"), "--client-key", str(papers / key))
    phrase = {"CLAUDE_CODE_CLIENT_KEY_PASSPHRASE": "open sesame"} if key == "locked.key" else {}
    with serving(tls=tls) as play:
        box = deployed(tmp_path, play, *shown, "--ca-bundle", str(papers / "ca.pem"), **phrase)
        done = ask(claude, box)
        assert (done.returncode, done.stdout.strip()) == (0, TEXT), done.stdout + done.stderr
        assert box.doit("check").code == 0


class Between:
    """A LiteLLM in front of that server, deployed and started."""

    def __init__(self, root, play, litellm, *words):
        self.port = free_port()
        more = ("--topology", "local-proxy", "--port", str(self.port), "--litellm", str(litellm), *words)
        self.box = deployed(root, play, *more)
        self.layout = Layout.of({"HOME": str(self.box.home)}, project=self.box.project)
        self.folder, self.url = Folder(self.box.gateway, self.box.home, self.port), f"http://127.0.0.1:{self.port}"


@pytest.fixture(scope="module", params=["bearer", "x-api-key"])
def between(request, tmp_path_factory, litellm_executable):
    with serving() as play:
        words = ("--auth", request.param, "--sonnet", "acct/sonnet", "--header", "x-team: blue")
        made = Between(tmp_path_factory.mktemp("between"), play, litellm_executable, *words)
        made.play, made.auth = play, request.param
        try:
            made.box.deploy("--start")
            play.asked()
            yield made
        finally:
            clear(made.folder)


@pytest.mark.parametrize(
    ("asked", "called"),
    [("acct/sonnet", "acct/sonnet"), ("claude-sonnet-9", "acct/sonnet"), ("claude-haiku-5-5", "claude-haiku-5-5")],
)
def test_litellm_asks_the_companys_gateway_with_its_token_and_its_headers(between, asked, called):
    key = gateway.own_key(between.layout)
    assert asking.ask(between.url, key, asked, stream=True).strip() == TEXT
    (sent,) = between.play.asked()
    assert sent.body["model"] == called
    shown = (sent.headers.get("authorization"), sent.headers.get("x-api-key"))
    assert shown == ((f"Bearer {TOKEN}", None) if between.auth == "bearer" else (None, TOKEN))
    assert sent.headers["x-team"] == "blue"
    assert key.reveal() not in json.dumps(sent.headers)


def test_what_claude_code_tries_out_is_passed_on(between):
    connection = http.client.HTTPConnection("127.0.0.1", between.port, timeout=60)
    headers = {"Authorization": f"Bearer {gateway.own_key(between.layout).reveal()}", "anthropic-version": "2023-06-01"}
    body = {"model": "acct/sonnet", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
    body["context_management"] = {"edits": []}
    connection.request(
        "POST", "/v1/messages", json.dumps(body), headers | {"anthropic-beta": "context-management-2025-06-27"}
    )
    assert connection.getresponse().status == 200
    (sent,) = between.play.asked()
    assert "context-management-2025-06-27" in sent.headers["anthropic-beta"]
    assert sent.body["context_management"] == {"edits": []}


def test_claude_code_is_answered_through_both(between, claude):
    done = ask(claude, between.box)
    assert (done.returncode, done.stdout.strip()) == (0, TEXT), done.stdout + done.stderr
    assert {each.body["model"] for each in between.play.asked()} <= {"acct/sonnet", "claude-haiku-5-5"}


def test_the_whole_way_is_compatible(between):
    result = between.box.doit("check", "--paid", "--yes")
    assert result.code == 0, result.text
