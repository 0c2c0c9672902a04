"""What is there beside what was last left, and what happens to it; no byte of a user's is lost in any state."""

import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.console.summary import Summary
from tasks.core.deploying import file_changes
from tasks.core.deploying.change_plan import stage_change
from tasks.core.disk import files
from tasks.core.model.errors import Conflict
from tasks.core.model.release import Change, Wanted
from tests.core.places import CONFIG, ENV, SCRIPT, layout_in, manifest_of, stand


class Recorded:
    """A transaction that writes at once."""

    def __init__(self, folder):
        self.folder = folder

    def put(self, name, data, mode):
        (self.folder / name).write_bytes(data)
        (self.folder / name).chmod(mode)

    def remove(self, name):
        (self.folder / name).unlink()


@pytest.fixture
def layout(tmp_path):
    return layout_in(tmp_path)


def decided(layout, wanted, found, released, how="merge", name=CONFIG, mode=0o644, **more):  # noqa: PLR0917
    manifest = stand(layout, name, found, released, mode)
    (change,) = file_changes.changes(layout, [Wanted(name, wanted, 0o644, how)], manifest, **more)
    return change


@pytest.mark.parametrize(
    ("how", "found", "released", "wanted", "kind"),
    [
        ("merge", None, None, b"a: 1\n", "create"),
        ("merge", None, b"a: 1\n", b"a: 1\n", "create"),
        ("merge", b"a: 1\n", b"a: 1\n", b"a: 1\n", "unchanged"),
        ("merge", b"a: 1\n", b"a: 1\n", b"a: 2\n", "update"),
        ("merge", b"a: 2\n", b"a: 1\n", b"a: 2\n", "unchanged"),
        ("merge", b"a: 1\nb: 1\n", b"a: 1\n", b"a: 1\n", "keep"),
        ("merge", b"a: 1\nb: 1\n", b"a: 1\n", b"a: 2\n", "merge"),
        ("merge", b"a: 9\n", None, b"a: 1\n", "replace"),
        ("replace", b"a: 9\n", b"a: 1\n", b"a: 2\n", "replace"),
        ("replace", b"a: 9\n", b"a: 1\n", b"a: 1\n", "keep"),
        ("fill", b"A=1\nMINE=1\n", None, b"A=2\nMINE=1\n", "update"),
        ("fill", b"A=1\n", None, b"A=1\n", "unchanged"),
    ],
)
def test_three_states_decide(layout, how, found, released, wanted, kind):  # noqa: PLR0917
    change = decided(layout, wanted, found, released, how)
    assert change.kind == kind
    assert change.found == found
    assert change.data == (found if kind == "keep" else change.data)


def test_a_mode_that_is_not_ours_any_more_is_set_back_and_told(layout):
    change = decided(layout, b"a: 1\n", b"a: 1\n", b"a: 1\n", mode=0o600)
    assert (change.kind, change.mode) == ("mode", 0o644)
    assert "0600" in change.note
    assert "0644" in change.note


def test_a_mode_that_is_set_back_keeps_the_edits(layout):
    change = decided(layout, b"a: 1\n", b"a: 1\n# mine\n", b"a: 1\n", mode=0o600)
    assert (change.kind, change.data) == ("mode", b"a: 1\n# mine\n")


def test_both_changed_the_same_is_a_conflict_that_names_the_place(layout):
    with pytest.raises(Conflict) as refused:
        decided(layout, b"a: 2\nb: 1\n", b"a: 3\nb: 1\n", b"a: 1\nb: 1\n")
    assert f"{CONFIG}:1" in str(refused.value)
    assert refused.value.exit_code == 5


@pytest.mark.parametrize(("side", "value"), [("ours", b"a: 2\n"), ("theirs", b"a: 3\n")])
def test_a_side_decides_a_conflict(layout, side, value):
    assert value in decided(layout, b"a: 2\nb: 1\n", b"a: 3\nb: 1\n", b"a: 1\nb: 1\n", side=side).data


def test_what_does_not_belong_any_more_goes_unless_it_was_edited(layout):
    (layout.gateway / SCRIPT).write_bytes(b"old")
    (layout.gateway / "other.sh").write_bytes(b"edited")
    manifest = manifest_of({SCRIPT: file_changes.digest(layout, SCRIPT, b"old"), "other.sh": "sha256:old"})
    kinds = {each.file: each.kind for each in file_changes.changes(layout, [], manifest)}
    assert kinds == {SCRIPT: "remove", "other.sh": "keep"}


def test_a_file_of_somebody_else_is_none_of_our_business(layout):
    (layout.gateway / "notes.txt").write_text("mine")
    assert [each.file for each in file_changes.changes(layout, [Wanted(CONFIG, b"", 0o644, "merge")], None)] == [CONFIG]


def test_deciding_writes_nothing(layout):
    stand(layout, CONFIG, b"a: 9\n", b"a: 1\n")
    before = {path: path.stat().st_mtime_ns for path in layout.gateway.rglob("*")}
    file_changes.changes(layout, [Wanted(CONFIG, b"a: 1\nb: 2\n", 0o644, "merge")], manifest_of({CONFIG: "sha256:x"}))
    assert {path: path.stat().st_mtime_ns for path in layout.gateway.rglob("*")} == before


def test_the_manifest_records_what_we_leave_and_keeps_what_it_said_of_files_that_stay_edited(layout):
    kept = Change(CONFIG, "keep", b"edited", 0o644, b"edited")
    made = Change(SCRIPT, "create", b"new", 0o755, None)
    gone = Change("old", "remove", None, 0o644, b"x")
    digests = file_changes.digests(layout, [kept, made, gone], manifest_of({CONFIG: "sha256:before"}))
    assert digests[CONFIG] == "sha256:before"
    assert digests[SCRIPT].startswith("sha256:")
    assert "old" not in digests


def test_of_a_file_with_secrets_only_a_keyed_digest_is_recorded(layout, tmp_path):
    other = layout_in(tmp_path / "other")
    found = [
        file_changes.digests(each, [Change(ENV, "create", b"KEY=1", 0o600, None)], None)[ENV]
        for each in (layout, other)
    ]
    assert all(each.startswith("hmac-sha256:") for each in found)
    assert found[0] != found[1]


def test_the_receipt_tells_written_kept_and_unchanged():
    kinds = ["create", "merge", "replace", "mode", "remove", "keep", "unchanged"]
    told = Summary()
    file_changes.tell([Change(kind, kind, b"", 0o644, b"") for kind in kinds], told)
    assert (told.kept, told.unchanged, told.removed) == (["keep"], ["unchanged"], ["remove"])
    assert set(told.written) == {"create", "merge", "replace", "mode"}


KEYS = st.dictionaries(st.sampled_from("abcde"), st.integers(0, 3), max_size=5)


def text(data):
    return "".join(f"{key}: {value}\n" for key, value in data.items()).encode() or b"{}\n"


@given(KEYS, KEYS, st.none() | KEYS, st.sampled_from(["merge", "replace"]))
def test_no_byte_of_a_user_is_lost(found, wanted, released, how):
    with tempfile.TemporaryDirectory() as folder:
        layout = layout_in(Path(folder))
        manifest = stand(layout, CONFIG, text(found), None if released is None else text(released))
        try:
            (change,) = file_changes.changes(layout, [Wanted(CONFIG, text(wanted), 0o644, how)], manifest)
        except Conflict:
            assert (layout.gateway / CONFIG).read_bytes() == text(found)
            return
        stage_change(Recorded(layout.gateway), change)
        stands = (layout.gateway / CONFIG).read_bytes()
        beside = layout.gateway / (CONFIG + file_changes.YOURS)
        kept = stands == text(found) or (beside.exists() and beside.read_bytes() == text(found))
        nothing_of_theirs = released is not None and found == released
        assert (
            kept or nothing_of_theirs or edits(released or {}, found) <= edits(released or {}, yaml.safe_load(stands))
        )


def edits(before, after):
    """The keys that somebody set, changed or took away, with what they now are."""
    changed = {(key, value) for key, value in after.items() if before.get(key) != value}
    return changed | {(key, None) for key in before if key not in after}


@given(st.binary(max_size=40), st.binary(max_size=40), st.none() | st.binary(max_size=40))
def test_nor_one_of_a_script_that_was_edited_whatever_is_in_it(found, wanted, released):
    with tempfile.TemporaryDirectory() as folder:
        layout = layout_in(Path(folder))
        manifest = stand(layout, SCRIPT, found, released)
        (change,) = file_changes.changes(layout, [Wanted(SCRIPT, wanted, 0o644, "replace")], manifest)
        stage_change(Recorded(layout.gateway), change)
        places = [layout.gateway / SCRIPT, layout.gateway / (SCRIPT + file_changes.YOURS)]
        assert found in ([released] if released is not None else []) + [p.read_bytes() for p in places if p.exists()]


def test_an_earlier_copy_of_an_edited_file_is_not_overwritten(layout):
    transaction = Recorded(layout.gateway)
    stand(layout, SCRIPT, b"my first edit", b"one")
    for edit, wanted in ((b"my first edit", b"two"), (b"my second edit", b"three")):
        (layout.gateway / SCRIPT).write_bytes(edit)
        (change,) = file_changes.changes(layout, [Wanted(SCRIPT, wanted, 0o644, "replace")], manifest_of({SCRIPT: "x"}))
        stage_change(transaction, change)
    kept = [path.read_bytes() for path in layout.gateway.glob(f"{SCRIPT}*")]
    assert b"my first edit" in kept
    assert b"my second edit" in kept


def test_a_copy_that_makes_room_is_private(layout):
    stage_change(Recorded(layout.gateway), decided(layout, b"two", b"my edit", b"one", "replace", SCRIPT))
    assert (layout.gateway / (SCRIPT + file_changes.YOURS)).stat().st_mode & 0o777 == 0o600


def test_a_file_that_we_left_is_not_edited(layout):
    manifest = stand(layout, CONFIG, b"ours", b"ours", 0o640)
    (found,) = file_changes.find_files(layout, [CONFIG], manifest).values()
    assert (found.found, found.mode, found.released) == (b"ours", 0o640, b"ours")
    assert states(layout, manifest) == (False, False)


def test_one_that_somebody_changed_is(layout):
    manifest = stand(layout, CONFIG, b"mine", b"ours")
    assert states(layout, manifest) == (True, True)


def states(layout, manifest):
    """Whether the configuration is changed since we left it, and whether there is something of the user's in it."""
    there = file_changes.find_files(layout, [CONFIG], manifest)[CONFIG]
    return file_changes.is_changed(layout, CONFIG, there), file_changes.is_edited(layout, CONFIG, there)


def test_what_was_merged_in_is_the_users_although_we_wrote_it(layout):
    manifest = stand(layout, CONFIG, b"ours and mine", b"ours")
    left = manifest._replace(files={CONFIG: file_changes.digest(layout, CONFIG, b"ours and mine")})
    assert states(layout, left) == (False, True)
    (change,) = file_changes.changes(layout, [], left)
    assert change.kind == "keep"


def test_without_a_history_what_the_manifest_says_decides(layout):
    (layout.gateway / CONFIG).write_bytes(b"found")
    for left, changed in ((b"found", False), (b"left", True)):
        manifest = manifest_of({CONFIG: file_changes.digest(layout, CONFIG, left)})
        assert states(layout, manifest) == (changed, changed)


def test_one_that_is_gone_is_not_and_tells_so(layout):
    manifest = stand(layout, CONFIG, None, b"ours")
    found = file_changes.find_files(layout, [CONFIG], manifest)[CONFIG]
    assert (found.found, found.mode) == (None, None)
    assert states(layout, manifest) == (False, False)


def test_files_of_the_manifest_are_looked_at_although_nobody_asked(layout):
    manifest = stand(layout, SCRIPT, b"ours", b"ours")
    assert list(file_changes.find_files(layout, [CONFIG], manifest)) == [CONFIG, SCRIPT]


def test_a_file_that_was_there_before_us_was_never_released(layout):
    stand(layout, CONFIG, b"mine", None)
    found = file_changes.find_files(layout, [CONFIG], None)[CONFIG]
    assert (found.found, found.released, found.left) == (b"mine", None, None)


def test_secrets_are_fingerprinted_with_a_key_and_the_rest_is_not(layout):
    assert file_changes.digest(layout, CONFIG, b"x") == files.digest(b"x")
    keyed = file_changes.digest(layout, ENV, b"x")
    assert keyed.startswith("hmac-sha256:")
    assert keyed == file_changes.digest(layout, ENV, b"x")
    assert keyed != file_changes.digest(layout, ENV, b"y")


def test_a_linked_folder_and_a_linked_file_are_followed(tmp_path, layout):
    manifest = stand(layout, CONFIG, b"ours", b"ours")
    (layout.gateway / CONFIG).rename(tmp_path / "elsewhere.yaml")
    (layout.gateway / CONFIG).symlink_to(tmp_path / "elsewhere.yaml")
    layout.gateway.rename(tmp_path / "gateway")
    layout.gateway.symlink_to(tmp_path / "gateway")
    assert file_changes.find_files(layout, [CONFIG], manifest)[CONFIG].found == b"ours"
