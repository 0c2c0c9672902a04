"""What a worker is started with, and its digests."""

import hashlib

import pytest

from serve import source


def test_the_revision_is_the_digest_that_anybody_can_check(tmp_path):
    config = tmp_path / "litellm_config.yaml"
    config.write_bytes(b"model_list: []\n")
    assert source.revision(config) == hashlib.sha256(b"model_list: []\n").hexdigest()[:12]


def test_a_digest_of_env_needs_the_word_and_is_the_same_on_both_sides():
    assert source.keyed("word", b"A=1\n") == source.keyed("word", b"A=1\n") != source.keyed("other", b"A=1\n")
    assert len(source.keyed("", b"")) == 12


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "litellm_config.yaml"
    path.write_bytes(b"model_list: []\xff\n")
    path.with_name(".env").write_bytes(b"MY_KEY=\xff1\n")
    return path


def test_it_holds_both_files_as_they_are_read(config):
    read = source.read_source(config, "word")
    assert read.config == config.read_bytes()
    assert read.revision == source.revision(config)
    assert read.environment["MY_KEY"].encode("utf-8", "surrogateescape") == b"\xff1"
    assert read.environment["CONFIG_FILE_PATH"] == str(config)
    assert read.digest == source.keyed("word", b"MY_KEY=\xff1\n")


@pytest.mark.parametrize("name", [".env", "litellm_config.yaml"])
def test_without_one_of_the_files_there_is_none(config, name):
    config.with_name(name).unlink()
    with pytest.raises(OSError, match=name):
        source.read_source(config, "")


def test_a_copy_is_served_from_a_file_of_its_own_and_has_the_same_revision(config, tmp_path):
    read = source.read_source(config, "")
    file = tmp_path / "copy.yaml"
    copy = source.copy_source(read, file)
    assert file.read_bytes() == read.config
    assert copy.environment == {**read.environment, "CONFIG_FILE_PATH": str(file)}
    assert (copy.revision, copy.digest) == (read.revision, read.digest)
