"""The way out: a proxy's address with its credentials, and one list of what is reached without it."""

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.model import network
from tasks.core.model.deployment import PROXIES, TRUST, settings_of
from tasks.core.model.secret import Secret

WORDS = st.text(min_size=1).filter(lambda text: text.isprintable())


@given(WORDS, WORDS)
def test_any_user_and_password_can_be_put_into_an_address(user, password):
    made = urlsplit(network.with_credentials("http://proxy.example.com:8080", user, password))
    assert (made.hostname, made.port) == ("proxy.example.com", 8080)
    assert (unquote(made.username or ""), unquote(made.password or "")) == (user, password)


def test_credentials_that_are_there_are_replaced():
    assert network.with_credentials("http://a:b@proxy:1", "c", "d") == "http://c:d@proxy:1"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://proxy:8080", "http://ada:pw@proxy:8080/", True),
        ("http://proxy:8080", "http://proxy:8081", False),
        ("http://proxy:8080", "https://proxy:8080", False),
        ("http://proxy:8080", "http://proxy:port", False),
    ],
)
def test_two_addresses_are_the_same_proxy_whoever_asks(one, other, same):
    assert network.same_place(one, other) is same


def test_hosts_reached_directly_are_written_so_that_both_sides_understand_them():
    assert network.no_proxy("a.example *.corp", "a.example,.internal") == (
        "a.example,.corp,.internal,localhost,127.0.0.1,::1"
    )
    assert network.not_understood(["10.0.0.0/8", "web*.corp", ".corp", "*"]) == ["10.0.0.0/8", "web*.corp"]


@given(st.text())
def test_this_machine_is_always_reached_directly(text):
    made = network.no_proxy(text)
    assert set(network.LOOPBACK) <= set(made.split(","))
    assert network.no_proxy(made) == made


@pytest.fixture
def settled():
    from tests.core.model.test_deployment import settled

    return settled


def test_a_chosen_proxy_gets_the_credentials_that_are_found(settled):
    there = settled(proxy="http://proxy:8080")
    found = {"PROXY_USERNAME": "ada", "PROXY_PASSWORD": "p@ss", "NO_PROXY": ".corp"}
    made = network.derived(there, found, "/bundle")
    assert made["HTTPS_PROXY"].value == made["HTTP_PROXY"].value == Secret("http://ada:p%40ss@proxy:8080")
    assert made["NO_PROXY"].value == ".corp,localhost,127.0.0.1,::1"
    assert "HTTPS_PROXY" in there.needs


def test_credentials_of_an_earlier_deployment_stay_with_their_proxy_only(settled):
    found = {"HTTPS_PROXY": "http://ada:pw@proxy:8080"}
    same, other = (network.derived(settled(proxy=url), found, "") for url in ("http://proxy:8080", "http://new:8080"))
    assert same["HTTPS_PROXY"].value == Secret("http://ada:pw@proxy:8080")
    assert other["HTTPS_PROXY"].value == "http://new:8080"


def test_certificates_reach_each_library_that_the_models_bring(settled):
    made = network.derived(settled(ca_bundle="/ca.pem"), {}, "/gateway/certificates.pem")
    assert {name: each.value for name, each in made.items()} == dict.fromkeys(TRUST, "/gateway/certificates.pem")


def test_without_a_proxy_or_certificates_nothing_is_derived(settled):
    assert network.derived(settled(), {"HTTPS_PROXY": "http://proxy:1"}, "/b") == {}
    assert {("env", name) for name in PROXIES}.isdisjoint(setting.path for setting in settings_of(settled()))


def test_a_proxy_of_the_shell_that_is_not_chosen_is_told_without_its_password(settled):
    shell = {"https_proxy": "http://ada:p@ss@proxy:8080"}
    (told,) = network.doubts(settled(preset="basic"), {}, shell)
    assert "--proxy http://proxy:8080" in told
    assert "ada" not in told
    for well in (settled(preset="basic", proxy="http://proxy:8080"), settled(preset="demo")):
        assert list(network.doubts(well, {"NO_PROXY": ".corp"}, shell)) == []
    assert list(network.doubts(settled(preset="basic"), {}, {})) == []


def test_what_litellm_would_not_reach_directly_is_told(settled):
    (told,) = network.doubts(settled(proxy="http://proxy:8080"), {"NO_PROXY": "10.0.0.0/8,.corp"}, {})
    assert "10.0.0.0/8" in told
    assert ".corp" not in told
