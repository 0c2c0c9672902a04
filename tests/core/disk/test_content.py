"""A file is the same while its content is; times alone say nothing, and nothing hides a change."""

import os
import shutil

import pytest

from tasks.core.disk import content


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_text("one")
    path.chmod(0o644)
    return path


def restore_times(path, status):
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def rewritten_in_place(path):
    before = path.stat()
    path.write_text("two")
    restore_times(path, before)


def replaced(path):
    other = path.with_name("other")
    other.write_text("two")
    restore_times(other, path.stat())
    other.replace(path)


def cut_short(path):
    before = path.stat()
    path.write_text("")
    restore_times(path, before)


def made_private(path):
    path.chmod(0o600)


def removed(path):
    path.unlink()


def became_a_folder(path):
    path.unlink()
    path.mkdir()


def became_a_link_to_nothing(path):
    path.unlink()
    path.symlink_to("nowhere")


def became_a_circle(path):
    path.unlink()
    path.symlink_to(path.name)


CHANGES = [
    rewritten_in_place,
    replaced,
    cut_short,
    made_private,
    removed,
    became_a_folder,
    became_a_link_to_nothing,
    became_a_circle,
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_found_although_time_and_size_are_as_before(file, change):
    seen = content.take(file)
    change(file)
    assert not content.is_same(file, seen)


def copied(path):
    other = path.with_name("other")
    shutil.copy(path, other)
    other.replace(path)


def touched(path):
    os.utime(path, (1, 1))


@pytest.mark.parametrize("change", [copied, touched])
def test_the_same_content_is_the_same_file(file, change):
    seen = content.take(file)
    change(file)
    assert content.is_same(file, seen)


@pytest.mark.parametrize("seen", [None, [], [1], "damaged", [[1], 2, 3], {"a": 1, "b": 2, "c": 3}])
def test_what_was_kept_wrongly_is_no_proof(file, seen):
    assert not content.is_same(file, seen)


def test_of_a_file_that_is_not_there_nothing_is_kept(tmp_path):
    assert content.take(tmp_path / "file") is None
