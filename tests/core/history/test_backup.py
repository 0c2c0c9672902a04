"""Copies of settings.json: which one is the newest."""

from __future__ import annotations

import time

import pytest

from tasks.core.history import backup
from tasks.core.model.layout import Layout


@pytest.fixture
def layout(tmp_path, monkeypatch):
    """A home in which all happens within one second."""
    now = time.gmtime()
    monkeypatch.setattr(backup.time, "gmtime", lambda: now)
    made = Layout.of({"HOME": str(tmp_path)})
    made.settings.parent.mkdir(parents=True, exist_ok=True)
    return made


@pytest.mark.parametrize("count", [2, 3, 4])
def test_of_one_second_the_last_copy_is_the_newest(layout, count):
    for number in range(count):
        layout.settings.write_text(f'{{"number": {number}}}')
        backup.keep(layout)
    assert backup.newest_settings(layout).read_text() == layout.settings.read_text()


def test_what_was_changed_and_changed_back_within_one_second_is_copied_again(layout):
    for text in ("{}", '{"model": "opus"}', "{}"):
        layout.settings.write_text(text)
        backup.keep(layout)
    assert [path.read_text() for path in backup.list_settings(layout)] == ["{}", '{"model": "opus"}', "{}"]
