"""What is deployed, compared with what its choices give; a record is no proof of itself."""

from __future__ import annotations

import pytest

from tasks.core.deploying import drift, expected, install
from tasks.core.history import history
from tests.steps.releases import rendered, staged

SCRIPT = "start-gateway.sh"


@pytest.fixture
def deployed(asked_for, session):
    """A demo that was deployed, and what it was deployed by."""
    asked = asked_for(preset="demo")
    for plan in (install.plan_install(asked), install.plan_settings(asked)):
        plan.apply(session)
    yield asked
    session.close()


def states(asked, layout):
    manifest = history.current(layout)
    found = drift.find_drift(layout, manifest, drift.compare(asked, manifest))
    return {item.name: item.state for item in found if item.state != "clean"}


def test_what_was_deployed_is_clean_with_and_without_a_release_in_build(deployed, layout):
    assert states(deployed, layout) == {}
    staged(deployed)
    assert states(deployed, layout) == {}


def test_contents_of_a_foreign_release_are_not_taken(deployed, asked_for, layout):
    staged(deployed)
    rendered(asked_for(preset="demo", port=4567))
    (layout.release / SCRIPT).write_bytes((layout.rendered / SCRIPT).read_bytes())
    assert b"4567" not in expected.read_contents(deployed)[SCRIPT]


def test_two_checkouts_have_the_same_recipe_and_other_choices_another(asked_for):
    recipes = [asked_for(preset="demo", **more).recipe for more in ({}, {}, {"port": 4567}, {"auth": "x-api-key"})]
    assert recipes[0] == recipes[1]
    assert len(set(recipes)) == 3


def test_a_checkout_that_renders_otherwise_is_no_mistake(deployed, layout, monkeypatch):
    manifest = history.current(layout)
    monkeypatch.setattr(deployed, "recipe", "sha256:of a newer one")
    monkeypatch.setattr(deployed, "render", lambda _artifact: b"newer")
    comparison = drift.compare(deployed, manifest)
    assert comparison.mistakes == ()
    assert SCRIPT in comparison.outdated
    assert {item.state for item in drift.find_drift(layout, manifest, comparison)} == {"clean"}


def test_choices_that_are_not_known_here_are_said(deployed, layout):
    manifest = history.current(layout)._replace(choices={"preset": "gone"})
    comparison = drift.compare(deployed, manifest)
    assert "gone" in comparison.problem
    assert comparison.mistakes == comparison.outdated == ()


def test_without_its_revision_a_deployment_is_compared_with_what_was_left(deployed, layout):
    (layout.history / "0001" / history.RECORD).unlink(missing_ok=True)
    (layout.history / "0001.prepared" / history.RECORD).unlink(missing_ok=True)
    assert states(deployed, layout) == {}
    (layout.gateway / SCRIPT).write_text("mine")
    assert states(deployed, layout) == {SCRIPT: "changed"}
