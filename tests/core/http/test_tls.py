"""When an expired certificate is worth a message, and which certificates a client can show."""

from __future__ import annotations

import subprocess

import pytest

from tasks.core.http import tls
from tasks.core.model.choices import Choices
from tasks.core.model.errors import InvalidInput, UsageError
from tasks.core.model.secret import Secret
from tests.scenarios.test_doctor import ENDED

PHRASE = "open sesame"


@pytest.fixture
def valid():
    """The certificates that this system trusts, and that have not ended."""
    path = tls.find_system_bundle()
    if path is None:
        pytest.skip("no certificates here")
    parts = [f"{part}-----END CERTIFICATE-----\n" for part in path.read_text().split("-----END CERTIFICATE-----")[:-1]]
    good = [part for part in parts if tls.find_expired(part.encode(), "f") is None]
    if len(good) <= tls.FEW:
        pytest.skip("too few certificates here")
    return good


def test_a_bundle_of_which_all_has_ended():
    found = tls.find_expired(ENDED.encode(), "f")
    assert found is not None
    assert found.whole
    assert "Ended authority of a test" in found.says


def test_one_of_a_networks_own_few(valid):
    found = tls.find_expired((ENDED + valid[0]).encode(), "f")
    assert found is not None
    assert not found.whole


def test_an_ended_root_among_those_of_a_system_is_nobodys_concern(valid):
    assert tls.find_expired((ENDED + "".join(valid)).encode(), "f") is None
    assert tls.find_expired("".join(valid[:2]).encode(), "f") is None


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A folder with me.pem, me.key, the same key locked, and the key of somebody else."""
    place = tmp_path_factory.mktemp("pair")
    new = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-days", "2")
    for name in ("me", "other"):
        command = [*new, "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem"]
        subprocess.run(command, cwd=place, check=True, capture_output=True)
    locking = ["openssl", "rsa", "-aes128", "-in", "me.key", "-out", "locked.key", "-passout", "stdin"]
    subprocess.run(locking, cwd=place, check=True, capture_output=True, input=PHRASE.encode())
    (place / "text.pem").write_text("nothing of that kind")
    return place


def check(place, certificate="me.pem", key="me.key", passphrase=None):
    tls.check_client_certificate(Choices(client_cert=str(place / certificate), client_key=str(place / key)), passphrase)


def test_what_belongs_together_is_taken(pair):
    check(pair)
    check(pair, key="locked.key", passphrase=Secret(PHRASE))
    tls.check_client_certificate(Choices(), None)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"certificate": "nowhere.pem"}, "is not there"),
        ({"key": "nowhere.key"}, "is not there"),
        ({"key": "other.key"}, "not the key of this certificate"),
        ({"certificate": "text.pem"}, "no PEM"),
        ({"key": "text.pem"}, "no PEM"),
        ({"key": "locked.key"}, "is locked"),
        ({"key": "locked.key", "passphrase": "another"}, "does not open"),
    ],
)
def test_what_would_fail_later_is_said_now(pair, wrong, said):
    with pytest.raises(InvalidInput, match=said):
        check(pair, **wrong)


def test_one_without_the_other_is_no_choice():
    for half in ({"client_cert": "/me.pem"}, {"client_key": "/me.key"}):
        with pytest.raises(UsageError):
            tls.check_client_certificate(Choices(**half), None)
