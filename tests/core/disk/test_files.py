"""A file stands whole, with its mode, or not at all; links are followed, and no reader ever sees half of it."""

import errno
import hashlib
import os
import stat
import tempfile
from pathlib import Path

import pytest

from tasks.core.disk import files, store
from tasks.core.model.errors import Conflict


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def public():
    """A folder into which every user of this machine can look."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        path.chmod(0o755)
        yield path


@pytest.mark.parametrize(
    ("mode", "folder", "readable"),
    [(0o600, 0o755, False), (0o604, 0o755, True), (0o644, 0o755, True), (0o644, 0o700, False)],
)
def test_who_else_can_read_a_file_depends_on_the_folders_too(public, mode, folder, readable):
    (public / "inner").mkdir()
    file = public / "inner" / "settings.json"
    file.write_text("{}")
    file.chmod(mode)
    (public / "inner").chmod(folder)
    assert files.open_to_others(file) == readable
    assert not files.open_to_others(public / "none")


@pytest.fixture
def failing(monkeypatch):
    """Let one function of os fail."""

    def fail(name, code):
        def refuse(*_args, **_kwargs):
            raise OSError(code, os.strerror(code))

        monkeypatch.setattr(os, name, refuse)

    return fail


def test_all_files_below_a_folder_are_told_in_order_but_links_to_nothing_and_bytecode(tmp_path):
    (tmp_path / "b" / "c").mkdir(parents=True)
    for name in ("b/c/deep.yaml", "b/one.yaml", "a.yaml"):
        (tmp_path / name).write_text("")
    (tmp_path / ".#a.yaml").symlink_to("somebody@somewhere")
    (tmp_path / "b" / "__pycache__").mkdir()
    (tmp_path / "b" / "__pycache__" / "one.pyc").write_text("")
    assert files.below(tmp_path) == [str(tmp_path / name) for name in ("a.yaml", "b/c/deep.yaml", "b/one.yaml")]


@pytest.mark.parametrize("wanted", [0o600, 0o644, 0o755, 0o400])
def test_a_new_file_has_its_mode_whatever_the_umask(tmp_path, wanted):
    for mask in (0, 0o077, 0o777):
        before = os.umask(mask)
        try:
            assert files.write(tmp_path / f"{mask}", b"x", wanted)
        finally:
            os.umask(before)
        assert mode(tmp_path / f"{mask}") == wanted


def test_it_is_private_from_its_first_moment(tmp_path, monkeypatch):
    seen = []
    fchmod = os.fchmod
    monkeypatch.setattr(os, "fchmod", lambda fd, m: (seen.append(stat.S_IMODE(os.fstat(fd).st_mode)), fchmod(fd, m)))
    before = os.umask(0)
    try:
        files.write(tmp_path / "f", b"secret", 0o644)
    finally:
        os.umask(before)
    assert seen == [0o600]


def test_what_stands_already_is_not_touched(tmp_path):
    path = tmp_path / "f"
    assert files.write(path, b"x", 0o600)
    before = path.stat()
    assert not files.write(path, b"x", 0o600)
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_a_wrong_mode_alone_is_reason_enough(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"x")
    path.chmod(0o666)
    assert files.write(path, b"x", 0o600)
    assert mode(path) == 0o600


def test_missing_folders_are_made(tmp_path):
    files.write(tmp_path / "a" / "b" / "f", b"x", 0o600)
    assert (tmp_path / "a" / "b" / "f").read_bytes() == b"x"


def test_links_are_followed_to_the_end_and_stay(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("there/file")
    files.write(tmp_path / "one", b"new", 0o600)
    assert (tmp_path / "one").is_symlink()
    assert (tmp_path / "two").is_symlink()
    assert (tmp_path / "there" / "file").read_bytes() == b"new"
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["file"]


@pytest.mark.parametrize("kind", ["itself", "each other", "directory", "fifo"])
def test_what_is_no_place_for_a_file_is_a_conflict(tmp_path, kind):
    path = tmp_path / "f"
    match kind:
        case "itself":
            path.symlink_to("f")
        case "each other":
            path.symlink_to("g")
            (tmp_path / "g").symlink_to("f")
        case "directory":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(Conflict) as refused:
        files.write(path, b"x", 0o600)
    assert str(tmp_path) in str(refused.value)
    assert sorted(tmp_path.iterdir()) == before


def test_another_name_of_the_same_file_keeps_the_old_content(tmp_path):
    path, other = tmp_path / "f", tmp_path / "other"
    path.write_bytes(b"old")
    os.link(path, other)
    files.write(path, b"new", 0o600)
    assert (path.read_bytes(), other.read_bytes()) == (b"new", b"old")


@pytest.mark.parametrize("function", ["fsync", "fchmod", "replace", "rename"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EPERM])
def test_when_it_cannot_be_written_the_old_one_stands_and_nothing_is_left(tmp_path, failing, function, code):
    path = tmp_path / "f"
    path.write_bytes(b"old")
    failing(function, code)
    if function in ("replace", "rename"):  # whichever of both pathlib uses
        failing({"replace": "rename", "rename": "replace"}[function], code)
    with pytest.raises(OSError) as failed:
        files.write(path, b"new", 0o600)
    assert failed.value.errno == code
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_the_old_one(tmp_path):
    if not os.path.exists("/dev/full"):  # noqa: PTH110
        pytest.skip("no /dev/full here")
    import resource
    import signal

    path = tmp_path / "f"
    path.write_bytes(b"old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(OSError, match=r"large|File"):
            files.write(path, b"x" * 1000, 0o600)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_that_waits_under_the_temporary_name_is_not_followed(tmp_path, monkeypatch):
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    monkeypatch.setattr(os, "urandom", lambda size: b"\0" * size)
    (tmp_path / store.name_temporary()).symlink_to(victim)
    with pytest.raises(FileExistsError):
        files.write(tmp_path / "f", b"new", 0o600)
    assert victim.read_bytes() == b"precious"


@pytest.mark.parametrize("data", [b"", b"\0\xff\r\n", b"x" * 3_000_000])
def test_any_bytes_come_back(tmp_path, data):
    files.write(tmp_path / "f", data, 0o600)
    assert files.read(tmp_path / "f") == data


def test_what_is_not_there_is_none(tmp_path):
    assert files.read(tmp_path / "f") is None
    assert files.mode_of(tmp_path / "f") is None


def test_a_digest_says_how_it_was_made():
    assert files.digest(b"x") == "sha256:" + hashlib.sha256(b"x").hexdigest()


def test_private_folders_are_made_all_the_way_and_others_left(tmp_path):
    tmp_path.chmod(0o755)
    before = os.umask(0)
    try:
        files.make_private_dir(tmp_path / "a" / "b")
        files.make_private_dir(tmp_path / "a" / "b")
    finally:
        os.umask(before)
    assert [mode(path) for path in (tmp_path, tmp_path / "a", tmp_path / "a" / "b")] == [0o755, 0o700, 0o700]


def test_a_file_in_the_place_of_a_private_folder_is_told(tmp_path):
    (tmp_path / "f").write_text("x")
    with pytest.raises((OSError, Conflict)):
        files.make_private_dir(tmp_path / "f" / "g")
