"""The folder of the gateway is looked at before anything is written."""

import pytest

from tasks.core.deploying import place
from tasks.core.disk import files
from tasks.core.model.errors import GatewayError


def test_a_place_that_is_not_there_yet_is_fine(layout):
    place.check_folder(layout)
    assert not layout.gateway.exists()


def test_a_file_in_the_way_is_told(layout):
    layout.claude.write_text("x")
    with pytest.raises(GatewayError, match="not a directory") as refused:
        place.check_folder(layout)
    assert "--target" in refused.value.remedy


def test_a_full_disk_is_told_before_anything_is_written(layout, monkeypatch):
    monkeypatch.setattr(files, "LEAST_SPACE", 1 << 62)
    with pytest.raises(GatewayError, match="free"):
        place.check_folder(layout)


def test_a_place_that_may_not_be_written_is_told(layout, monkeypatch):
    monkeypatch.setattr(place.os, "access", lambda *_: False)
    with pytest.raises(GatewayError, match="may not be written"):
        place.check_folder(layout)
