"""A saved plan: sealed, private, and it names what moved."""

import json

import pytest

from tasks.core.deploying import plan_file
from tasks.core.model.errors import Conflict, InvalidInput

KEY = b"k" * 32
PLAN = {
    "version": 1,
    "inputs": {"a.yaml": "0" * 16, "B": "-"},
    "files": [{"file": "a", "action": "update", "mode": "0644", "digest": "1" * 16}],
    "settings": {"action": "unchanged", "digest": "2" * 16},
}


def with_inputs(**inputs):
    return {**PLAN, "inputs": {**PLAN["inputs"], **inputs}}


def test_it_comes_back_as_it_was(tmp_path):
    path = tmp_path / "a.plan"
    plan_file.save(path, PLAN, KEY)
    assert plan_file.load(path, KEY) == PLAN
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("change", [{"version": 1, "inputs": {}}, {"more": 1}, {"seal": "0" * 16}])
def test_whoever_changes_it_breaks_the_seal(tmp_path, change):
    path = tmp_path / "a.plan"
    plan_file.save(path, PLAN, KEY)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(Conflict):
        plan_file.load(path, KEY)


def test_another_key_is_another_checkout(tmp_path):
    plan_file.save(tmp_path / "a.plan", PLAN, KEY)
    with pytest.raises(Conflict):
        plan_file.load(tmp_path / "a.plan", b"other" * 8)


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', '{"version": 1}', '{"version": 2, "seal": ""}'])
def test_what_is_none_is_refused(tmp_path, text):
    (tmp_path / "a.plan").write_text(text)
    with pytest.raises(InvalidInput):
        plan_file.load(tmp_path / "a.plan", KEY)


def test_only_a_plan_is_replaced(tmp_path):
    path = tmp_path / "a.plan"
    plan_file.save(path, PLAN, KEY)
    plan_file.save(path, with_inputs(C="-"), KEY)
    path.write_text("mine")
    with pytest.raises(Conflict):
        plan_file.save(path, PLAN, KEY)
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    ("now", "names"),
    [
        (PLAN, []),
        (with_inputs(B="3" * 16), ["B"]),
        (with_inputs(C="-"), ["C"]),
        (with_inputs(**{"a.yaml": "4" * 16, "B": "5" * 16}), ["a.yaml", "B"]),
        ({**PLAN, "inputs": {"B": "-"}}, ["a.yaml"]),
        ({**PLAN, "files": []}, ["what this installation makes of all that"]),
        ({**PLAN, "settings": {"action": "update", "digest": "6" * 16}}, ["what this installation makes of all that"]),
    ],
)
def test_what_moved_is_named(now, names):
    assert list(plan_file.moved(PLAN, now)) == names


def test_a_digest_tells_nothing_without_the_key():
    assert plan_file.digest(KEY, b"a") != plan_file.digest(KEY, b"b")
    assert plan_file.digest(KEY, b"a") != plan_file.digest(b"other", b"a")
    assert plan_file.digest(KEY, None) == "-" != plan_file.digest(KEY, b"")


def test_the_mode_of_a_file_is_part_of_what_stands(tmp_path):
    path = tmp_path / "a"
    assert plan_file.stated(path) is None
    path.write_text("x")
    path.chmod(0o600)
    first = plan_file.stated(path)
    path.chmod(0o644)
    assert plan_file.stated(path) != first


def test_a_secret_that_is_made_anew_every_time_makes_no_difference():
    made = (plan_file.without(f"A={key}\n".encode(), [key]) for key in ("sk-1", "sk-2"))
    assert len(set(made)) == 1
    assert plan_file.without(None, ["sk-1"]) is None


def test_the_key_is_private_and_stays(tmp_path):
    class Layout:
        plan_key = tmp_path / "plan.key"

    assert plan_file.key_of(Layout) != plan_file.key_of(Layout)
    assert not Layout.plan_key.exists()
    stored = plan_file.store_key(Layout)
    assert plan_file.store_key(Layout) == plan_file.key_of(Layout) == stored
    assert Layout.plan_key.stat().st_mode & 0o777 == 0o600
