"""Backups: made whole or not at all, read back only when every byte is as written."""

import base64
import errno
import gzip
import hashlib
import io
import json
import os
import random
import stat
import tarfile

import pytest

from tasks.core.disk import atomic, files
from tasks.core.history import archive as history_archive
from tasks.core.history import tar_format
from tasks.core.history.tar_format import Member
from tasks.core.model.errors import GatewayError, InvalidInput
from tasks.core.model.secret import Secret
from tasks.core.secrets import encryption

CONTENT = {
    "litellm_config.yaml": b"model_list: []\n",
    ".env": b"LITELLM_MASTER_KEY=sk-1\n",
    "start-gateway.sh": b"#!/bin/sh\n",
}
MODES = {"litellm_config.yaml": 0o644, ".env": 0o600, "start-gateway.sh": 0o755}


@pytest.fixture
def home(tmp_path):
    """A gateway directory with three files, below a home with spaces, quotes and letters of other languages."""
    gateway = tmp_path / 'Jürgen \'O Brien "日本"' / "gateway"
    gateway.mkdir(parents=True)
    for name, data in CONTENT.items():
        (gateway / name).write_bytes(data)
        (gateway / name).chmod(MODES[name])
    return gateway


@pytest.fixture
def create(home):
    def make(stamp="20260101-120000", **options):
        options = {"facts": {"secrets": False, "revision": 1, "created_at": "2026-01-01T12:00:00Z"}, **options}
        return history_archive.create(home / "backups", {name: home / name for name in CONTENT}, stamp=stamp, **options)

    return make


@pytest.fixture
def series(home, create):
    """Seven different backups, oldest first."""

    def make(count=7):
        made = []
        for number in range(count):
            (home / ".env").write_bytes(b"A=%d\n" % number)
            made.append(create(f"20260101-12000{number}").path)
        return made

    return make


def names(directory):
    return sorted(path.name for path in directory.iterdir())


def packed(*members, index=True):
    """A tar.gz of TarInfo or (name, data) members, with an index that lists them unless told otherwise."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        pairs = [
            member if isinstance(member[0], tarfile.TarInfo) else (plain(*member), member[1]) for member in members
        ]
        entries = {
            info.name: {"mode": "0600", "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for info, data in pairs
        }
        if index:
            document = json.dumps({"format": 1, "facts": {}, "members": entries}).encode()
            pairs.insert(0, (plain(tar_format.INDEX, document), document))
        for info, data in pairs:
            tar.addfile(info, io.BytesIO(data))
    return gzip.compress(buffer.getvalue())


def plain(name, data=b"", kind=tarfile.REGTYPE, link="", mode=0o600):
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname, info.mode = len(data), kind, link, mode
    return info


# --- making -----------------------------------------------------------------------------------------------------


def test_a_backup_gives_back_every_file_with_its_mode(create):
    made = create()
    assert made.fresh
    assert made.valid
    assert made.path.name == "gateway-backup-20260101-120000.tar.gz"
    assert made.members == (".env", "litellm_config.yaml", "start-gateway.sh")
    assert made.created_at == "2026-01-01T12:00:00Z"
    assert history_archive.verify(made.path) == []
    assert history_archive.read(made.path) == {name: Member(data, MODES[name]) for name, data in CONTENT.items()}


def test_an_ordinary_tar_program_reads_it_too(create):
    with tarfile.open(create().path) as tar:
        assert tar.getnames() == ["backup.json", ".env", "litellm_config.yaml", "start-gateway.sh"]
        assert {(member.uid, member.gid, member.mtime, member.uname) for member in tar} == {(0, 0, 0, "")}
        assert json.load(tar.extractfile("backup.json"))["facts"]["revision"] == 1


def test_backups_are_private_and_leave_no_debris(home, create):
    made = create()
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert made.path.stat().st_nlink == 1
    assert stat.S_IMODE(made.path.parent.stat().st_mode) == 0o700
    assert names(home / "backups") == ["gateway-backup-20260101-120000.tar.gz", "metadata.json"]
    assert stat.S_IMODE((home / "backups" / "metadata.json").stat().st_mode) == 0o600


def test_modes_do_not_depend_on_the_umask(create):
    before = os.umask(0)
    try:
        assert stat.S_IMODE(create().path.stat().st_mode) == 0o600
    finally:
        os.umask(before)


def test_equal_content_gives_equal_bytes():
    members = {name: Member(data, MODES[name]) for name, data in CONTENT.items()}
    backwards = dict(reversed(members.items()))
    assert tar_format.pack(members, {"a": 1, "b": 2}) == tar_format.pack(backwards, {"b": 2, "a": 1})


def test_nothing_changed_makes_no_second_backup(home, create):
    first = create()
    before = first.path.stat().st_mtime_ns
    again = create("20260101-130000", facts={"secrets": False, "revision": 2})
    assert not again.fresh
    assert again._replace(fresh=True) == first
    assert first.path.stat().st_mtime_ns == before
    assert len(history_archive.listing(home / "backups")) == 1


@pytest.mark.parametrize("change", ["content", "mode", "damaged"])
def test_a_change_or_a_damaged_newest_one_makes_another(home, create, change):
    first = create()
    if change == "content":
        (home / ".env").write_bytes(b"B=2\n")
    elif change == "mode":
        (home / ".env").chmod(0o640)
    else:
        first.path.write_bytes(first.path.read_bytes()[:-20])
    second = create("20260101-130000")
    assert second.fresh
    assert history_archive.listing(home / "backups")[0].path == second.path


def test_backups_of_one_second_get_numbers_and_stay_in_order(home, create):
    for number in range(12):
        (home / ".env").write_bytes(b"A=%d\n" % number)
        create()
    found = [archive.path.name for archive in history_archive.listing(home / "backups")]
    assert found[0] == "gateway-backup-20260101-120000-12.tar.gz"
    assert found[2] == "gateway-backup-20260101-120000-10.tar.gz"
    assert found[-2:] == ["gateway-backup-20260101-120000-2.tar.gz", "gateway-backup-20260101-120000.tar.gz"]


def test_a_file_system_without_links_never_replaces_one_either(home, create, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    first = create()
    before = first.path.read_bytes()
    (home / ".env").write_bytes(b"B=2\n")
    assert create().path.name == "gateway-backup-20260101-120000-2.tar.gz"
    assert first.path.read_bytes() == before


@pytest.mark.parametrize("call", ["write", "fsync", "place", "fchmod"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_an_error_while_writing_is_a_sentence_and_leaves_nothing(home, create, monkeypatch, call, code):
    def fail(*_, **__):
        raise OSError(code, os.strerror(code))

    if call == "place":
        monkeypatch.setattr(atomic, "place", fail)
    else:
        monkeypatch.setattr(os, call, fail)
    with pytest.raises(GatewayError) as caught:
        create()
    monkeypatch.undo()
    assert ("no space left" in str(caught.value)) == (code == errno.ENOSPC)
    assert "\n  " in str(caught.value)
    assert names(home / "backups") == []


def test_a_disk_that_gives_back_something_else_is_noticed(home, create, monkeypatch):
    real = os.fsync

    def spoil(descriptor):
        real(descriptor)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.pwrite(descriptor, b"\0", 30)

    monkeypatch.setattr(os, "fsync", spoil)
    with pytest.raises(GatewayError, match="read back"):
        create()
    monkeypatch.undo()
    assert names(home / "backups") == []


@pytest.mark.parametrize("kind", ["missing", "directory", "fifo"])
def test_what_is_no_file_is_named(home, create, kind):
    (home / ".env").unlink()
    if kind == "directory":
        (home / ".env").mkdir()
    elif kind == "fifo":
        os.mkfifo(home / ".env")
    with pytest.raises(GatewayError, match=r"\.env: .*backed up"):
        create()


def test_links_are_followed(home, create):
    (home / ".env").rename(home / "elsewhere")
    (home / ".env").symlink_to("elsewhere")
    assert history_archive.read(create().path)[".env"].data == CONTENT[".env"]


@pytest.mark.parametrize("name", ["../x", "a/b", "..", ".", "backup.json", "x" * 101, "ä", ""])
def test_names_that_could_not_be_read_back_are_not_written(home, name):
    with pytest.raises(GatewayError, match="cannot be the name"):
        history_archive.create(home / "backups", {name: home / ".env"}, stamp="20260101-120000", facts={})


def test_what_is_too_large_is_refused(home):
    with (home / "big").open("wb") as file:
        file.truncate(tar_format.MEMBER_LIMIT + 1)
    with pytest.raises(GatewayError, match="big is too large"):
        history_archive.create(home / "backups", {"big": home / "big"}, stamp="20260101-120000", facts={})


def test_a_stamp_of_another_shape_is_a_mistake_of_the_caller(create):
    with pytest.raises(ValueError, match="stamp"):
        create("today")


# --- reading ----------------------------------------------------------------------------------------------------

HOSTILE = {
    "absolute name": (packed(("/etc/passwd", b"x")), "/etc/passwd"),
    "name with ..": (packed(("../.bashrc", b"x")), "../.bashrc"),
    "name that is ..": (packed(("..", b"x")), "'..'"),
    "name in a directory": (packed(("a/b", b"x")), "a/b"),
    "name with a prefix": (packed(("d" * 90 + "/" + "e" * 90, b"x")), "ddd/eee"),
    "name with control characters": (packed(("\x1b[31mred", b"x")), r"\\x1b\[31mred"),
    "name in other letters": (packed(("ключ", b"x")), "ключ"),
    "empty name": (packed(("", b"x")), "''"),
    "symbolic link": (packed((plain("a", kind=tarfile.SYMTYPE, link="/etc/passwd"), b"")), "symbolic link"),
    "hard link": (packed((plain("a", kind=tarfile.LNKTYPE, link="backup.json"), b"")), "hard link"),
    "character device": (packed((plain("a", kind=tarfile.CHRTYPE), b"")), "character device"),
    "block device": (packed((plain("a", kind=tarfile.BLKTYPE), b"")), "block device"),
    "FIFO": (packed((plain("a", kind=tarfile.FIFOTYPE), b"")), "FIFO"),
    "directory": (packed((plain("a", kind=tarfile.DIRTYPE), b"")), "directory"),
    "sparse file": (packed((plain("a", kind=tarfile.GNUTYPE_SPARSE), b"")), "no plain file"),
    "extended header": (packed((plain("a", kind=tarfile.XHDTYPE), b"")), "no plain file"),
    "long name": (packed((plain("a", kind=tarfile.GNUTYPE_LONGNAME), b"")), "no plain file"),
    "duplicate": (packed(("a", b"x"), ("a", b"y")), "a is in it twice"),
    "second index": (packed((tar_format.INDEX, b"{}")), "backup.json is in it twice"),
    "no index": (packed(("a", b"x"), index=False), "no backup.json"),
    "unknown name": (
        packed(("a", b"x"), (tar_format.INDEX, b'{"format":1,"facts":{},"members":{}}'), index=False),
        "a is not",
    ),
    "bomb": (gzip.compress(bytes(tar_format.TOTAL_LIMIT + 2**23), 1), "unpacks to more"),
    "too large a file": (packed(("a", bytes(tar_format.MEMBER_LIMIT + 1))), "more than"),
    "too many files": (packed(*((f"f{number}", b"") for number in range(tar_format.COUNT_LIMIT + 1))), "more than"),
    "truncated": (packed(("a", b"x"))[:-9], "cut off"),
    "truncated tar": (gzip.compress(gzip.decompress(packed(("a", b"x" * 9000)))[:4096]), "cut off"),
    "data behind the end": (packed(("a", b"x")) + b"#!/bin/sh", "follows its end"),
    "second gzip stream": (packed(("a", b"x")) * 2, "follows its end"),
    "file behind the end": (gzip.compress(gzip.decompress(packed(("a", b"x"))) * 2), "follows its last"),
    "no gzip": (b"PK\x03\x04", "no gzip"),
    "no tar": (gzip.compress(b"x" * 2000), "no tar"),
    "shorter than a header": (gzip.compress(b"x" * 20), "no tar"),
    "empty": (b"", "cut off"),
    "empty tar": (gzip.compress(bytes(10240)), "no backup.json"),
    "setuid file": (packed((plain("a", mode=0o4755), b"")), "impossible"),
    "index that is no JSON": (packed((tar_format.INDEX, b"{"), index=False), "cannot be read"),
    "index of another shape": (packed((tar_format.INDEX, b"[1]"), index=False), "cannot be read"),
    "deep index": (packed((tar_format.INDEX, b"[" * 100000), index=False), "cannot be read"),
    "index with odd entries": (
        packed((tar_format.INDEX, b'{"format":1,"facts":{},"members":{"a":1}}'), index=False),
        "cannot be read",
    ),
    "index of the future": (packed((tar_format.INDEX, b'{"format":2,"facts":{},"members":{}}'), index=False), "format"),
    "missing file": (
        packed((tar_format.INDEX, b'{"format":1,"facts":{},"members":{"a":{}}}'), index=False),
        "a is missing",
    ),
    "other content": (
        packed(
            (tar_format.INDEX, b'{"format":1,"facts":{},"members":{"a":{"mode":"0600"}}}'), ("a", b"x"), index=False
        ),
        "a is not what",
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile(kind, tmp_path):
    data, reason = HOSTILE[kind]
    path = tmp_path / "gateway-backup-20260101-120000.tar.gz"
    path.write_bytes(data)
    with pytest.raises(InvalidInput, match=reason) as caught:
        history_archive.read(path)
    assert str(path) in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert history_archive.verify(path) == [caught.value.problem]
    assert [archive.valid for archive in history_archive.listing(tmp_path)] == [False]
    assert names(tmp_path) == [path.name]


def test_what_our_own_helper_packs_is_otherwise_accepted(tmp_path):
    (tmp_path / "x.tar.gz").write_bytes(packed(("a", b"x"), ("b", b"")))
    assert history_archive.read(tmp_path / "x.tar.gz") == {"a": Member(b"x", 0o600), "b": Member(b"", 0o600)}


@pytest.mark.parametrize("kind", ["missing", "directory", "fifo"])
def test_what_is_no_backup_is_refused(tmp_path, kind):
    path = tmp_path / "x.tar.gz"
    if kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    with pytest.raises(InvalidInput, match=r"x\.tar\.gz"):
        history_archive.read(path)


def test_five_hundred_flipped_bits_give_no_wrong_data(create):
    path = create().path
    good, right = path.read_bytes(), history_archive.read(path)
    rng = random.Random(7)
    for position in rng.sample(range(len(good) * 8), 500):
        damaged = bytearray(good)
        damaged[position // 8] ^= 1 << position % 8
        path.write_bytes(damaged)
        assert history_archive.verify(path) != []  # metadata.json has the digest of the whole
        try:
            found = history_archive.read(path)
        except InvalidInput:
            continue
        assert found == right  # a bit of the gzip header that says nothing about the content


def test_every_cut_is_noticed(create):
    path = create().path
    good = path.read_bytes()
    for length in range(0, len(good), 7):
        path.write_bytes(good[:length])
        with pytest.raises(InvalidInput):
            history_archive.read(path)


def test_random_bytes_never_give_a_traceback():
    rng = random.Random(7)
    for _ in range(300):
        with pytest.raises(InvalidInput):
            tar_format.unpack(gzip.compress(rng.randbytes(rng.randrange(2000)), 1), "x")


def test_a_member_does_not_show_its_data():
    assert "sk-1" not in repr(Member(b"sk-1", 0o600))


# --- listing and rotating ---------------------------------------------------------------------------------------


def test_no_directory_no_backups(tmp_path):
    assert history_archive.listing(tmp_path / "nowhere") == []
    assert history_archive.rotate(tmp_path / "nowhere") == []


def test_only_regular_files_with_our_names_are_listed(home, create):
    made = create()
    backups = home / "backups"
    odd = [
        "notes.txt",
        "gateway-backup-2026.tar.gz",
        "gateway-backup-20260101-120000.tar.gz.old",
        "x-gateway-backup-20260101-120000.tar.gz",
    ]
    for name in odd:
        (backups / name).write_bytes(made.path.read_bytes())
    (backups / "gateway-backup-20270101-120000.tar.gz").symlink_to(made.path)
    (backups / "gateway-backup-20280101-120000.tar.gz").mkdir()
    assert [archive.path for archive in history_archive.listing(backups)] == [made.path]
    history_archive.rotate(backups, keep=0)
    assert len(names(backups)) == 8


def test_the_newest_five_stay(home, series):
    made = series()
    assert history_archive.rotate(home / "backups") == [made[1], made[0]]
    assert [archive.path for archive in history_archive.listing(home / "backups")] == made[:1:-1]
    assert list(history_archive.read_index(home / "backups")) == [path.name for path in made[:1:-1]]
    assert history_archive.rotate(home / "backups") == []


def test_damaged_ones_neither_count_nor_go(home, series):
    made = series()
    for path in made[4:]:
        path.write_bytes(b"damaged")
    assert history_archive.rotate(home / "backups", keep=2) == [made[1], made[0]]
    assert len(history_archive.listing(home / "backups")) == 5


def test_the_only_good_one_stays(home, series):
    made = series(3)
    made[1].write_bytes(b"damaged")
    made[2].write_bytes(b"damaged")
    assert history_archive.rotate(home / "backups", keep=0) == []


def test_protected_ones_stay(home, series):
    made = series()
    assert history_archive.rotate(home / "backups", keep=1, protect={made[0].name, made[3].name}) == [
        made[5], made[4], made[2], made[1]
    ]  # fmt: skip


def test_metadata_tells_what_is_there(home, create):
    made = create()
    entry = json.loads((home / "backups" / "metadata.json").read_text())["archives"][0]
    assert entry == {
        "filename": made.path.name,
        "created_at": "2026-01-01T12:00:00Z",
        "size_bytes": made.path.stat().st_size,
        "sha256": hashlib.sha256(made.path.read_bytes()).hexdigest(),
        "secrets": False,
        "members": sorted(CONTENT),
    }


@pytest.mark.parametrize(
    "damage", [None, b"", b"{", b"[]", b'{"archives": 3}', b'{"archives": [3, {}]}', b"\xff", b"[" * 99999]
)
def test_metadata_may_be_lost_or_damaged(home, series, damage):
    made = series(3)
    metadata = home / "backups" / "metadata.json"
    before = metadata.read_bytes()
    metadata.unlink() if damage is None else metadata.write_bytes(damage)
    assert [archive.valid for archive in history_archive.listing(home / "backups")] == [True] * 3
    create_again = history_archive.create(
        home / "backups", {n: home / n for n in CONTENT}, stamp="20260102-000000", facts={}
    )
    assert create_again.path == made[2]
    assert metadata.read_bytes() == before


def test_metadata_that_cannot_be_written_does_not_spoil_the_backup(create, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(files, "write", full)
    assert create().valid


def test_a_short_disk_is_told_of(tmp_path):
    assert history_archive.space_warning(tmp_path / "not" / "yet", 1) is None
    warning = history_archive.space_warning(tmp_path / "not" / "yet", 2**60)
    assert "needed" in warning
    assert str(tmp_path) in warning


# --- secrets ----------------------------------------------------------------------------------------------------


def test_secrets_without_a_pass_phrase_are_refused_unless_asked_for(create):
    facts = {"secrets": True}
    with pytest.raises(GatewayError, match="pass phrase"):
        create(facts=facts)
    assert create(facts=facts, plain_secrets=True).secrets


def test_without_the_package_it_says_what_to_install(monkeypatch, create):
    monkeypatch.setitem(__import__("sys").modules, "pyrage", None)
    with pytest.raises(GatewayError, match="pip install pyrage"):
        create(facts={"secrets": True}, passphrase=Secret("correct horse"))


SEALED_QUICKLY = base64.b64decode(
    "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCA1dVpZRnFGNTk1ci9zUFFob3RNNnVBIDEKb1NXNzhKZXFFLzRlTThkNzM4"
    "bm9ISHRpMjhoUk5DeDI3K2JVejU3RUlZbwotLS0gN0xna1NKeUpZeWlqZVUvdXVQRWpwaDYzajcrN2d1dDdKK0hScUpGSlhDMAqj"
    "YCHdu5dhICo4Q6MM3dZM33do1IuqWsy4SLoRXRpbwfdLsDlpoP/A4g=="
)
"""`as it was` under "correct horse" with the least possible work; what seal() makes takes a second to open."""


@pytest.mark.slow
def test_sealed_is_what_any_age_program_opens():
    pytest.importorskip("pyrage")
    assert encryption.unseal(SEALED_QUICKLY, Secret("correct horse"), "x") == b"as it was"
    assert encryption.seal(b"sk-1", Secret("correct horse")).startswith(b"age-encryption.org/v1\n-> scrypt ")


@pytest.mark.parametrize("phrase", ["correct horse ", "x"])
def test_another_pass_phrase_opens_nothing(phrase):
    pytest.importorskip("pyrage")
    with pytest.raises(InvalidInput, match="x: does not open") as caught:
        encryption.unseal(SEALED_QUICKLY, Secret(phrase), "x")
    assert "horse" not in str(caught.value)


def test_no_flipped_bit_of_a_sealed_backup_is_accepted():
    pytest.importorskip("pyrage")
    for position in range(0, len(SEALED_QUICKLY) * 8, 3):
        damaged = bytearray(SEALED_QUICKLY)
        damaged[position // 8] ^= 1 << position % 8
        if b" scrypt" in damaged and damaged[:60].count(b" 1\n"):  # more work is asked for otherwise: seconds to years
            with pytest.raises(InvalidInput):
                encryption.unseal(bytes(damaged), Secret("correct horse"), "x")


@pytest.fixture
def quick(monkeypatch):
    """Sealing without the second of work; the number of openings so far."""
    opened = []

    def seal(data, phrase):
        return hashlib.sha256(phrase.reveal().encode()).digest() + data[::-1]

    def unseal(data, phrase, where):
        opened.append(where)
        if not phrase or not data.startswith(hashlib.sha256(phrase.reveal().encode()).digest()):
            raise InvalidInput("does not open", where=where)
        return data[32:][::-1]

    monkeypatch.setattr(encryption, "seal", seal)
    monkeypatch.setattr(encryption, "unseal", unseal)
    return opened


def test_an_encrypted_backup(home, create, quick):
    phrase = Secret("correct horse")
    made = create(facts={"secrets": True}, passphrase=phrase)
    assert made.path.name.endswith(".tar.gz.age")
    assert (made.secrets, made.encrypted, made.fresh) == (True, True, True)
    assert b"sk-1" not in made.path.read_bytes()
    assert history_archive.read(made.path, phrase)[".env"].data == CONTENT[".env"]
    with pytest.raises(InvalidInput, match="does not open"):
        history_archive.read(made.path, Secret("wrong"))
    quick.clear()
    found = history_archive.listing(home / "backups")[0]
    assert (found.valid, found.secrets, found.members) == (True, True, made.members)
    assert quick == []  # listing costs no second each


def test_an_encrypted_backup_is_made_once(home, create, quick):
    phrase, facts = Secret("correct horse"), {"secrets": True}
    made = create(facts=facts, passphrase=phrase)
    assert create("20260101-130000", facts=facts, passphrase=phrase).path == made.path
    assert create("20260101-140000", facts=facts, passphrase=Secret("another")).fresh
    assert create("20260101-150000", facts=facts, plain_secrets=True).fresh


def test_an_encrypted_backup_needs_metadata_or_its_pass_phrase(home, create, quick):
    phrase, facts = Secret("correct horse"), {"secrets": True}
    made = create(facts=facts, passphrase=phrase)
    (home / "backups" / "metadata.json").unlink()
    assert history_archive.verify(made.path) == ["cannot be checked without its pass phrase"]
    assert history_archive.verify(made.path, phrase) == []
    assert create("20260101-130000", facts=facts, passphrase=phrase).path == made.path  # and is remembered again
    assert history_archive.verify(made.path) == []
    made.path.write_bytes(made.path.read_bytes()[:-1] + b"\0")
    assert history_archive.verify(made.path) == ["refused: it is not as it was when it was made"]


def test_a_program_that_was_edited_is_named(home, create):
    (home / "revision.json").write_text(json.dumps({"manifest": {"files": {"start-gateway.sh": files.digest(b"")}}}))
    sources = {name: home / name for name in (*CONTENT, "revision.json")}
    history_archive.create(home / "backups", sources, stamp="20260101-120000", facts={"secrets": False})
    (archive,) = history_archive.listing(home / "backups")
    assert archive.edited == ("start-gateway.sh",)
    (archive,) = history_archive.listing(create().path.parent)[:1]
    assert not archive.edited
