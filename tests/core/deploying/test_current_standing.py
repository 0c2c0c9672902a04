"""What is found, beside what we last left: content, mode, release, digests."""

import pytest

from tasks.core.deploying import current
from tasks.core.disk import files
from tests.core.places import CONFIG, ENV, SCRIPT, layout_in, stand


@pytest.fixture
def layout(tmp_path):
    return layout_in(tmp_path)


def test_a_file_that_we_left_is_not_edited(layout):
    manifest = stand(layout, CONFIG, b"ours", b"ours", 0o640)
    (found,) = current.find_files(layout, [CONFIG], manifest).values()
    assert (found.found, found.mode, found.released, found.edited) == (b"ours", 0o640, b"ours", False)


def test_one_that_somebody_changed_is(layout):
    manifest = stand(layout, CONFIG, b"mine", b"ours")
    assert current.find_files(layout, [CONFIG], manifest)[CONFIG].edited


def test_one_that_is_gone_is_not_and_tells_so(layout):
    manifest = stand(layout, CONFIG, None, b"ours")
    found = current.find_files(layout, [CONFIG], manifest)[CONFIG]
    assert (found.found, found.mode, found.edited) == (None, None, False)


def test_files_of_the_manifest_are_looked_at_although_nobody_asked(layout):
    manifest = stand(layout, SCRIPT, b"ours", b"ours")
    assert list(current.find_files(layout, [CONFIG], manifest)) == [CONFIG, SCRIPT]


def test_a_file_that_was_there_before_us_was_never_released(layout):
    stand(layout, CONFIG, b"mine", None)
    found = current.find_files(layout, [CONFIG], None)[CONFIG]
    assert (found.found, found.released, found.left) == (b"mine", None, None)


def test_secrets_are_fingerprinted_with_a_key_and_the_rest_is_not(layout):
    assert current.digest(layout, CONFIG, b"x") == files.digest(b"x")
    keyed = current.digest(layout, ENV, b"x")
    assert keyed.startswith("hmac-sha256:")
    assert keyed == current.digest(layout, ENV, b"x")
    assert keyed != current.digest(layout, ENV, b"y")


def test_a_linked_folder_and_a_linked_file_are_followed(tmp_path, layout):
    manifest = stand(layout, CONFIG, b"ours", b"ours")
    (layout.gateway / CONFIG).rename(tmp_path / "elsewhere.yaml")
    (layout.gateway / CONFIG).symlink_to(tmp_path / "elsewhere.yaml")
    layout.gateway.rename(tmp_path / "gateway")
    layout.gateway.symlink_to(tmp_path / "gateway")
    assert current.find_files(layout, [CONFIG], manifest)[CONFIG].found == b"ours"
