"""What counts as alike, and what does not."""

from __future__ import annotations

import hashlib
import sqlite3
import stat

import pytest

from tests.crash import tree

FILE = stat.S_IFREG | 0o600
NAME, OTHER = "a" * 16, "b" * 16


def digest(**files: str) -> str:
    return tree.digest_of({f"home/{name.replace('__', '.')}": (FILE, text.encode()) for name, text in files.items()})


def of(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("at 2026-11-30T12:00:00Z", "at 2026-11-30T12:00:01Z"),
        (f"id {NAME}, {OTHER}, {NAME}", f"id {OTHER}, {NAME}, {OTHER}"),
        ("dep-20261130-120000 dep-20261130-120000", "dep-20261130-130000 dep-20261130-130000"),
    ],
)
def test_alike_but_for_clock_and_chance(one, other):
    assert digest(file=one) == digest(file=other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("port 4801", "port 4802"),
        (f"id {NAME}, {OTHER}, {NAME}", f"id {OTHER}, {NAME}, {NAME}"),
        (f"id {NAME}", f"id {NAME}0"),
        ("dep-20261130-120000 dep-20261130-120000", "dep-20261130-120000 dep-20261130-120001"),
        ("text", ""),
    ],
)
def test_not_alike(one, other):
    assert digest(file=one) != digest(file=other)


def test_a_fingerprint_of_another_content_is_not_like_the_right_one():
    right = digest(file="text 1", manifest=of("text 1"))
    assert right != digest(file="text 1", manifest=of("text 2"))
    random = f"key {NAME}"
    assert digest(file=random, manifest=of(random)) == digest(file=f"key {OTHER}", manifest=of(f"key {OTHER}"))


def test_modes_kinds_and_names_count():
    found = {(name, mode): tree.digest_of({name: (mode, b"x")}) for name in "ab" for mode in (FILE, FILE | 4)}
    found["link"] = tree.digest_of({"a": (stat.S_IFLNK | 0o600, b"x")})
    assert len({*found.values()}) == len(found)


def test_numbers_of_processes_count_only_where_there_may_be_others():
    assert digest(__lock='{"pid": 12}') == digest(__lock='{"pid": 4711}')
    assert digest(settings='{"pid": 12}') != digest(settings='{"pid": 4711}')


def test_a_database_is_its_rows(tmp_path):
    def database(value: str) -> tree.Tree:
        path = tmp_path / "doit.db"
        path.unlink(missing_ok=True)
        with sqlite3.connect(path) as connection:
            connection.execute("create table doit (task text, data text)")
            connection.execute("insert into doit values ('render', ?)", [value])
        connection.close()
        return tree.read({"build": tmp_path})

    one = database(f"[17, '{NAME}']")
    assert tree.digest_of(one) == tree.digest_of(database(f"[18, '{OTHER}']"))
    assert tree.digest_of(one) != tree.digest_of(database(f"['{OTHER}', 17]"))
    path = tmp_path / "doit.db"
    begun = sqlite3.connect(path)
    begun.execute("pragma cache_size = 1")
    begun.executemany("insert into doit values (?, ?)", [(str(number), "x" * 999) for number in range(99)])
    under_way = tree.read({"build": tmp_path})
    begun.rollback()
    begun.close()
    before = tree.read({"build": tmp_path})
    assert "build/doit.db-journal" in under_way
    assert under_way["build/doit.db"] != before["build/doit.db"]
    assert tree.digest_of(under_way) == tree.digest_of(before)  # as SQLite has it that finds it so
    cut = one | {"build/doit.db": (one["build/doit.db"][0], one["build/doit.db"][1][:5000])}
    assert tree.digest_of(one) != tree.digest_of(cut)
