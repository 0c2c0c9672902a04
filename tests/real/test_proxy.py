"""A network whose only way out is a proxy with a password: the real LiteLLM and the real Claude Code get through it.

The provider is a server behind TLS with an authority of its own. Its name is known to the proxy alone.
"""

import json
import ssl
import subprocess

import pytest
import trustme
from asking import ask
from forward import PASSWORD, USER, forward

from tasks.core.http import gateway
from tasks.core.model.errors import Unhealthy
from tasks.core.model.layout import Layout
from tests.artifacts.fakes import Folder, clear, free_port
from tests.conftest import make_sandbox
from tests.messages_server import PIECES, TOKEN, serving

pytestmark = [pytest.mark.real, pytest.mark.sample(1)]

TEXT = "".join(PIECES).strip()
KNOWN = {"GATEWAY_TOKEN": TOKEN, "PROXY_USERNAME": USER, "PROXY_PASSWORD": PASSWORD}
HOST = "provider.test"


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    """Speaks Anthropic's API behind TLS; with it the file of the authority that signed its certificate."""
    authority, bundle = trustme.CA(organization_name="The provider"), tmp_path_factory.mktemp("ca") / "provider.pem"
    authority.cert_pem.write_to_path(str(bundle))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(tls)
    with serving(tls=tls) as play:
        play.bundle, play.address = bundle, f"https://{HOST}:{play.url.rpartition(':')[2]}"
        yield play


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    with forward(tmp_path_factory.mktemp("proxy")) as made:
        yield made


class Behind:
    """A LiteLLM of this machine in front of that provider, in a network with that proxy."""

    def __init__(self, root, litellm, provider, proxy, bundle=None):
        self.box, self.port = make_sandbox(root), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.layout = Layout.of({"HOME": str(self.box.home)}, project=self.box.project)
        self.folder = Folder(self.box.gateway, self.box.home, self.port)
        there = ("--preset", "enterprise", "--gateway-url", provider.address, "--topology", "local-proxy")
        self.words = (*there, "--port", str(self.port), "--litellm", str(litellm), "--proxy", proxy.url)
        self.words += ("--ca-bundle", str(bundle)) if bundle else ()

    def deploy(self, *words, **changed):
        usual = list(self.words)
        for option in {*words}.intersection(usual):
            at = usual.index(option)
            del usual[at : at + 2]
        return self.box.deploy(*usual, "--sonnet", "acct/sonnet", *words, env=KNOWN | changed)

    def reach(self, **environ):
        """What `doit doctor --providers` says of the one host, and how it ends."""
        result = self.box.doit("doctor", "--providers", "--json", env=environ)
        assert PASSWORD not in result.text
        (found,) = json.loads(result.out)["hosts"]
        assert result.code == 6 or found["state"] == "ok", result.text
        return found["state"]

    def ask(self):
        return ask(self.url, gateway.own_key(self.layout), "acct/sonnet", stream=True).strip()


@pytest.fixture
def behind(tmp_path, litellm_executable, provider):
    made = []

    def make(proxy, bundle=None):
        made.append(Behind(tmp_path / "box", litellm_executable, provider, proxy, bundle))
        return made[-1]

    (tmp_path / "box").mkdir()
    yield make
    for each in made:
        clear(each.folder)


def test_with_its_password_everything_goes_through_it_but_what_is_on_this_machine(behind, provider, proxy, claude):
    here = behind(proxy, provider.bundle)
    here.deploy("--start")
    assert here.reach() == "ok"
    assert here.ask() == TEXT
    work = here.box.root / "work"
    work.mkdir()
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(here.box.home), "TERM": "dumb", "CLAUDE_CODE_MAX_RETRIES": "0"}
    command = [claude, "-p", "say hi"]
    streams = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True}
    done = subprocess.run(command, cwd=work, env=environ, timeout=120, **streams)
    assert (done.returncode, done.stdout.strip()) == (0, TEXT), done.stdout + done.stderr
    came = proxy.came()
    assert f"CONNECT {HOST}" in came
    assert f":{here.port}" not in came


@pytest.mark.nightly
@pytest.mark.parametrize("wrong", [{"PROXY_PASSWORD": "wrong"}, {"PROXY_USERNAME": "", "PROXY_PASSWORD": ""}])
def test_with_another_or_none_a_person_is_told_that_it_is_the_proxy(behind, provider, proxy, wrong):
    here = behind(proxy, provider.bundle)
    here.deploy("--start", **wrong)
    assert here.reach() == "407"
    with pytest.raises(Unhealthy) as error:
        gateway.ask(here.url, gateway.own_key(here.layout), "acct/sonnet")
    assert "PROXY_PASSWORD" in error.value.remedy
    result = here.box.doit("doctor", "--deep", "--yes")
    assert result.code == 6
    assert "PROXY_PASSWORD" in result.text


@pytest.mark.nightly
def test_an_authority_that_nobody_or_only_this_system_knows_is_named(behind, provider, proxy):
    here = behind(proxy)
    here.deploy("--start")
    assert here.reach() == "tls"
    assert here.reach(SSL_CERT_FILE=str(provider.bundle)) == "tls"
    with pytest.raises(Unhealthy):
        here.ask()


@pytest.mark.nightly
def test_a_proxy_that_opens_tls_is_trusted_with_its_certificates_only(behind, tmp_path, provider):
    opens, bundle = trustme.CA(organization_name="The network"), tmp_path / "network.pem"
    opens.cert_pem.write_to_path(str(bundle))
    with forward(tmp_path / "proxy", opens, provider.bundle) as proxy:
        here = behind(proxy, provider.bundle)
        here.deploy()
        assert here.reach() == "tls"
        here.deploy("--ca-bundle", str(bundle), "--start")
        assert here.reach() == "ok"
        assert here.ask() == TEXT


@pytest.mark.nightly
def test_a_host_that_the_network_forbids_is_told_from_one_that_is_not_there(behind, provider, proxy):
    here = behind(proxy, provider.bundle)
    here.deploy("--gateway-url", "https://forbidden.test")
    assert here.reach() == "policy"
    here.deploy("--gateway-url", f"https://nobody.test:{free_port()}")
    assert here.reach() == "beyond"
    here.deploy("--proxy", f"http://127.0.0.1:{free_port()}")
    assert here.reach() == "proxy-tcp"
