"""Manifests as they are written and read back; the three states of a file."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.model.choices import Choices
from tasks.core.model.errors import InvalidInput, NewerVersion
from tasks.core.model.release import Change, Manifest, Revision

TEXTS = st.text(max_size=10)
LINES = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=10)
MANIFESTS = st.builds(
    Manifest,
    **dict.fromkeys(["deployment_id", "timestamp", "source_version", "gateway_type", "deployed_by"], LINES),
    gateway_url=st.sampled_from(["", "http://127.0.0.1:4000", "https://gw.example/v1?a=b", "http://[::1]:65535/"]),
    models=st.lists(LINES).map(tuple),
    files=st.dictionaries(TEXTS, TEXTS),
    modes=st.dictionaries(TEXTS, TEXTS),
    choices=st.dictionaries(st.sampled_from(Choices._fields), TEXTS | st.integers() | st.lists(TEXTS)),
    variables=st.dictionaries(TEXTS, TEXTS),
    backup_path=st.none() | TEXTS,
    flags_used=st.lists(TEXTS).map(tuple),
    revision=st.integers(0),
)
PLAIN = Manifest("dep-1", "now", "0.1", "local", "http://h", ("a",), {"f": "sha256:1"}, {"f": "0600"}, {})


@given(MANIFESTS)
def test_what_is_written_is_read_back(manifest):
    assert Manifest.from_json(json.loads(json.dumps(manifest.to_json())), "m") == manifest


@pytest.mark.parametrize("damage", [None, [], "text", 5, {}, {"version": "1.0"}])
def test_what_is_no_manifest_is_refused_with_its_place(damage):
    with pytest.raises(InvalidInput) as refused:
        Manifest.from_json(damage, "/there/deployment-manifest.json")
    assert "/there/deployment-manifest.json" in str(refused.value)


OPTIONAL = ("source_spec", "recipe", "own_templates")
"""One is a constant; an earlier version of this project did not write the others."""


@pytest.mark.parametrize("name", [name for name in PLAIN.to_json() if name not in OPTIONAL])
def test_one_that_lacks_something_is_refused(name):
    data = PLAIN.to_json()
    del data[name]
    with pytest.raises(InvalidInput):
        Manifest.from_json(data, "m")


@pytest.mark.parametrize(("name", "value"), [("models", 5), ("files", "x"), ("modes", [1]), ("revision", "x")])
def test_one_with_a_field_of_another_kind_is_refused(name, value):
    with pytest.raises(InvalidInput):
        Manifest.from_json({**PLAIN.to_json(), name: value}, "m")


@pytest.mark.parametrize("more", [{"version": "9.9"}, {"more": 1}, {"choices": {"preset": "demo", "region": "eu"}}])
def test_one_of_a_newer_version_says_to_update_this_checkout(more):
    data = {**PLAIN.to_json(), **more}
    with pytest.raises(NewerVersion) as refused:
        Manifest.from_json(data, "m")
    assert "update" in refused.value.remedy
    with pytest.raises(NewerVersion):
        Revision.from_json({"action": "deploy", "manifest": data, "how": {}, "settings": []}, "r")


@pytest.mark.parametrize("more", [{"more": 1}, {"settings": [{"path": ["env", "A"], "text": "1", "more": 1}]}])
def test_a_revision_of_a_newer_version_is_not_read_without_what_is_new_in_it(more):
    data = {"action": "deploy", "manifest": PLAIN.to_json(), "how": {}, "settings": []}
    assert Revision.from_json(data, "r").action == "deploy"
    with pytest.raises(NewerVersion):
        Revision.from_json({**data, **more}, "r")


def test_installing_adds_to_the_release_and_leaves_it_as_it_is():
    standing = PLAIN._replace(deployed_by="me", revision=3)
    assert (standing.deployed_by, standing.revision, standing.models) == ("me", 3, ("a",))
    assert PLAIN.revision == 0


def test_what_is_kept_or_unchanged_writes_nothing():
    kinds = ["create", "update", "merge", "replace", "mode", "remove", "keep", "unchanged"]
    writes = [kind for kind in kinds if Change("f", kind, b"", 0o600, b"").writes]
    assert writes == ["create", "update", "merge", "replace", "mode", "remove"]
