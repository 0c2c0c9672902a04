"""The options of the program, and what it refuses before it listens."""

import os
import sys
from pathlib import Path

import pytest

from serve import main as program


@pytest.fixture
def arguments(monkeypatch, tmp_path):
    config = tmp_path / "litellm_config.yaml"
    config.write_text("model_list: []\n")

    def give(*words, config=config):
        monkeypatch.setattr(sys, "argv", ["serve.py", "--config", str(config), "--port", "4000", *words])
        return program.parse_arguments()

    return give


def test_what_is_not_given_is_as_documented(arguments):
    given = arguments()
    assert (given.host, given.port, given.start_timeout) == ("127.0.0.1", 4000, 300)
    assert (given.instance, given.status) == ("", None)


def test_what_is_given_is_taken(arguments):
    given = arguments("--host", "0:0::1", "--start-timeout", "5", "--instance", "word", "--status", "/there/status")
    assert (given.host, given.start_timeout, given.instance) == ("::1", 5, "word")
    assert given.status == Path("/there/status")


def test_a_name_in_place_of_an_address_is_wrong_usage(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        arguments("--host", "localhost")
    assert caught.value.code == 2
    assert "argument --host: invalid address value: 'localhost'" in capsys.readouterr().err


@pytest.mark.parametrize("config", ["here.yaml", "/no/such/file.yaml"])
def test_a_configuration_that_is_not_there_is_refused(arguments, config):
    with pytest.raises(SystemExit, match="is no file, or not an absolute path"):
        program.check(arguments(config=config))


@pytest.mark.parametrize(("version", "is_accepted"), [("0.50.9", False), ("0.51.0", True), ("1.0", True)])
def test_an_old_uvicorn_is_refused(arguments, monkeypatch, version, is_accepted):
    monkeypatch.setattr(program.uvicorn, "__version__", version)
    given = arguments()
    if is_accepted:
        program.check(given)
        return
    with pytest.raises(SystemExit, match=f"uvicorn {version} is too old"):
        program.check(given)


def test_it_supervises_sockets_where_it_was_told_and_keeps_its_folder_from_litellm(arguments, monkeypatch):
    arguments("--host", "192.0.2.7")
    folder = str(Path(program.__file__).resolve().parent)
    seen = []

    class Supervisor:
        exit_code = 6

        def __init__(self, given, path, sockets):
            seen.append((path, sockets))

        def run(self):
            seen.append(list(sys.path))

    monkeypatch.setattr(program, "Supervisor", Supervisor)
    monkeypatch.setattr(program, "listen", lambda host, port: (host, port))
    monkeypatch.setattr(sys, "path", [folder, *sys.path])
    mask = os.umask(0o022)
    try:
        assert program.main() == 6
        assert os.umask(mask) == 0o077
    finally:
        os.umask(mask)
    assert seen[0] == (Path(program.__file__), [("127.0.0.1", 4000), ("192.0.2.7", 4000)])
    assert folder not in seen[1]
