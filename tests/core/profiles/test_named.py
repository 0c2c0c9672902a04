"""Profiles: what is kept of choices, and what is refused."""

import pytest

from tasks.core.model.choices import Choices
from tasks.core.model.errors import UsageError
from tasks.core.model.layout import Layout
from tasks.core.profiles import named

CHOICES = Choices("basic", models=("codestral",), port=4100, target="/there", scope="/app")


@pytest.fixture
def layout(tmp_path):
    made = Layout.of({"HOME": str(tmp_path)})
    made.profiles.mkdir(parents=True)
    return made


def test_what_is_kept_says_what_and_never_where(layout):
    named.path_of(layout, "work").write_bytes(named.content(CHOICES))
    assert named.names(layout) == ["work"]
    assert named.read(layout, "work") == Choices("basic", models=("codestral",), port=4100)
    assert named.read(layout, "work").at(CHOICES) == CHOICES


@pytest.mark.parametrize("name", ["", "..", "a/b", "A", "-x", ".x", "a b", "x" * 65, "a\n"])
def test_what_is_no_name_never_becomes_a_path(layout, name):
    for use in (named.exists, named.path_of, named.read, named.remove):
        with pytest.raises(UsageError):
            use(layout, name)


def test_other_files_beside_them_are_none(layout):
    for name in ("notes.txt", "Bad Name.json", ".hidden.json"):
        (layout.profiles / name).write_text("{}")
    assert named.names(layout) == []


def test_the_last_one_takes_the_folder_with_it(layout):
    for name in ("a", "b"):
        named.path_of(layout, name).write_bytes(named.content(CHOICES))
    named.remove(layout, "a")
    assert named.names(layout) == ["b"]
    named.remove(layout, "b")
    assert not layout.profiles.exists()


@pytest.mark.parametrize("data", [b"", b"\xff", b"{", b"[]", b'{"preset": 5, "no": 1}', b'{"a": 1, "a": 2}'])
def test_a_damaged_one_is_a_sentence_with_its_path(layout, data):
    named.path_of(layout, "work").write_bytes(data)
    with pytest.raises(UsageError) as refused:
        named.read(layout, "work")
    assert "work.json" in str(refused.value)
