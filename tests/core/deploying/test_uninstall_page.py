"""What a person sees before an uninstall: all that goes, and all that stays."""

import pytest

from tasks.core.deploying import removal, uninstall, uninstall_page
from tasks.core.litellm import packages
from tests.core.places import CONFIG, layout_in, stand


@pytest.fixture
def layout(tmp_path, monkeypatch):
    monkeypatch.setattr(uninstall_page.history, "numbers", lambda _: [1])
    return layout_in(tmp_path)


def page(layout, plan, *, purge=False):
    """What goes and what stays, as one text each."""
    text = "\n".join(uninstall_page.lines(layout, plan, purge=purge, width=100))
    goes, _, stays = text.partition("This stays:")
    return goes, stays


def test_files_settings_and_the_environment_of_litellm_go(layout, monkeypatch):
    venv = layout.gateway / "venv-1"
    venv.mkdir()
    (venv / packages.STAMP).write_text("x" * 5000)
    monkeypatch.setattr(removal, "GIGABYTE", 5000)
    deployed = stand(layout, CONFIG, b"a: 1\n", b"a: 1\n")
    goes, stays = page(layout, uninstall.plan_uninstall(layout, deployed))
    assert CONFIG in goes
    assert "venv-1, 1.0 GB" in goes
    assert "1 revision" in stays
    assert "1 revision" not in goes


def test_an_edited_file_stays_and_purging_takes_the_history_too(layout):
    deployed = stand(layout, CONFIG, b"a: 2\n", b"a: 1\n")
    goes, stays = page(layout, uninstall.plan_uninstall(layout, deployed), purge=True)
    assert CONFIG in stays
    assert "1 revision" in goes
    assert "revision" not in stays


def test_where_only_the_history_is_left_it_is_what_a_purge_removes(layout):
    stand(layout, CONFIG, b"a: 1\n", b"a: 1\n")
    goes, stays = page(layout, None, purge=True)
    assert "1 revision" in goes
    assert not stays
