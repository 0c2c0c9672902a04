"""Whom a path can be changed by: owner and mode of each component, links followed."""

from __future__ import annotations

import os
import stat
from types import SimpleNamespace

import pytest

from tasks.core.disk import trust
from tasks.core.disk.trust import Component
from tasks.core.model.errors import Conflict

ME, ROOT, OTHER = 1000, 0, 4242
DIRECTORY, FILE, LINK = stat.S_IFDIR, stat.S_IFREG, stat.S_IFLNK
OWN_GROUP, SHARED_GROUP = 1000, 100


@pytest.fixture
def ada(monkeypatch):
    """This user is ada, whose group is hers alone; everybody is in the group users."""
    groups = {OWN_GROUP: ("ada", []), SHARED_GROUP: ("users", []), 1001: ("ada", ["bob"])}

    def find_group(gid):
        name, members = groups[gid]
        return SimpleNamespace(gr_name=name, gr_mem=members)

    monkeypatch.setattr(os, "geteuid", lambda: ME)
    monkeypatch.setattr("pwd.getpwuid", lambda _: SimpleNamespace(pw_name="ada"))
    monkeypatch.setattr("grp.getgrgid", find_group)


def component(kind, mode, owner, group=OWN_GROUP, *, is_last=True):
    info = os.stat_result((kind | mode, 1, 1, 1, owner, group, 0, 0, 0, 0))
    return Component("/a/b", info, is_last)


GOOD = {
    "one's own": component(DIRECTORY, 0o755, ME),
    "root's": component(DIRECTORY, 0o755, ROOT, is_last=False),
    "a home of mode 0775": component(DIRECTORY, 0o775, ME, is_last=False),
    "the last one, for one's own group": component(DIRECTORY, 0o775, ME),
    "/tmp": component(DIRECTORY, 0o1777, ROOT, is_last=False),
    "/usr/local of root and staff": component(DIRECTORY, 0o2775, ROOT, 50, is_last=False),
    "root's group": component(DIRECTORY, 0o770, ME, ROOT),
    "a link of one's own": component(LINK, 0o777, ME),
    "a program": component(FILE, 0o755, ROOT),
}
BAD = {
    "another user's": component(DIRECTORY, 0o700, OTHER),
    "another user's, above": component(DIRECTORY, 0o755, OTHER, is_last=False),
    "a link of another user": component(LINK, 0o777, OTHER, is_last=False),
    "for all": component(DIRECTORY, 0o777, ME),
    "for all, above": component(DIRECTORY, 0o777, ROOT, is_last=False),
    "sticky, but the last one": component(DIRECTORY, 0o1777, ME),
    "a group of many": component(DIRECTORY, 0o775, ME, SHARED_GROUP, is_last=False),
    "a group with another member": component(DIRECTORY, 0o775, ME, 1001),
    "a file for all": component(FILE, 0o666, ME),
}


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("name", GOOD)
def test_what_only_this_user_or_root_can_change_is_trusted(name):
    assert not GOOD[name].is_foreign
    assert not GOOD[name].is_writable


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("name", BAD)
def test_what_another_user_can_change_is_not(name):
    assert BAD[name].is_foreign or BAD[name].is_writable


@pytest.mark.usefixtures("ada")
def test_in_a_user_namespace_the_root_outside_is_no_stranger(tmp_path, monkeypatch):
    monkeypatch.setattr(trust, "OVERFLOW", tmp_path / "overflow")
    monkeypatch.setattr(trust, "UID_MAP", tmp_path / "map")
    (tmp_path / "overflow").write_text("65534\n")
    (tmp_path / "map").write_text("         0       1000          1\n")
    assert not component(DIRECTORY, 0o755, 65534, is_last=False).is_foreign
    assert component(DIRECTORY, 0o755, 65534).is_foreign
    (tmp_path / "map").write_text("0 0 4294967295\n")
    assert component(DIRECTORY, 0o755, 65534, is_last=False).is_foreign


def test_every_component_is_looked_at_and_the_first_bad_one_named(tmp_path):
    deep = tmp_path / "open" / "a" / "b"
    deep.mkdir(parents=True)
    trust.require(deep, deep / "not" / "there")
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(Conflict, match="every user") as error:
        trust.require(deep)
    assert error.value.where == str(tmp_path / "open")
    assert error.value.remedy.endswith(f"chmod go-w {tmp_path / 'open'}")


@pytest.mark.parametrize("target", ["open/a", "../{name}/open/a", "{folder}/open/a"])
def test_links_are_followed(tmp_path, target):
    (tmp_path / "open" / "a").mkdir(parents=True)
    link = tmp_path / "link"
    link.symlink_to(target.format(name=tmp_path.name, folder=tmp_path))
    trust.require(link / "b")
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(Conflict) as error:
        trust.require(link / "b")
    assert error.value.where == str(tmp_path / "open")


def test_a_circle_of_links_ends(tmp_path):
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    trust.require(tmp_path / "one")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_what_sudo_left_in_another_users_home_is_said_so(tmp_path, monkeypatch):
    os.chown(tmp_path, 65534, 65534)
    monkeypatch.setenv("SUDO_UID", "65534")
    with pytest.raises(Conflict, match="sudo") as error:
        trust.require(tmp_path / ".claude" / "gateway")
    assert error.value.where == str(tmp_path)
    assert error.value.remedy == "Run it without sudo."


def test_a_folder_of_a_checkout_may_be_as_open_as_its_code(tmp_path):
    build, code = tmp_path / "build", tmp_path / "code"
    build.mkdir()
    code.mkdir()
    for folder in (build, code):
        folder.chmod(0o777)
    trust.require_beside(build, code)
    code.chmod(0o755)
    with pytest.raises(Conflict):
        trust.require_beside(build, code)
