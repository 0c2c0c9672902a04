"""What is expected is computed from known files, and kept only while none of them has changed."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tasks.core.deploying import expected
from tasks.core.deploying.resolve import resolve
from tasks.core.history import history
from tasks.core.model.layout import PROJECT
from tests.steps.releases import staged

HARMLESS = {"core/disk/files.py", "core/disk/content.py", "core/deploying/context.py", "core/model/errors.py"}
"""What reads files, holds them together, and says what is wrong."""


def next_run(memo):
    """*memo* in the next run: what doit keeps of it is JSON."""
    task = SimpleNamespace(value_savers=[])
    memo(task, memo._kept)
    (save,) = task.value_savers
    other = expected.Memo()
    assert other(SimpleNamespace(value_savers=[]), json.loads(json.dumps(save()))) is False
    return other


@pytest.fixture
def remembered(asked_for):
    """What is expected of a demo, and the memo of it in the next run."""
    asked = asked_for(preset="demo")
    memo = expected.Memo()
    wanted = expected.expect(asked)
    memo.keep(asked, wanted)
    return asked, wanted, next_run(memo)


def test_what_was_expected_is_known_in_the_next_run(remembered):
    asked, wanted, memo = remembered
    assert memo.find(asked.request.choices.to_json(), asked.layout) == wanted


def test_of_other_choices_and_of_an_empty_or_damaged_memory_nothing_is_known(remembered):
    asked, _, memo = remembered
    choices = asked.request.choices.to_json()
    assert memo.find({**choices, "port": 4567}, asked.layout) is None
    for values in ({}, {"choices": choices}, {"choices": choices, "sources": 5}, {"choices": choices, "sources": {}}):
        other = expected.Memo()
        other(SimpleNamespace(value_savers=[]), values)
        assert other.find(choices, asked.layout) is None


def test_a_file_that_changed_makes_it_unknown_although_its_time_is_as_before(remembered, tmp_path):
    asked, _, memo = remembered
    template = tmp_path / "template"
    template.write_text("one")
    memo._kept["sources"][str(template)] = expected._sign(str(template))
    assert memo.find(asked.request.choices.to_json(), asked.layout) is not None
    before = template.stat()
    template.write_text("two")
    os.utime(template, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert memo.find(asked.request.choices.to_json(), asked.layout) is None


def modules_run_by(run):
    """The modules of ours whose functions *run* calls, but for those that a module runs when it is imported."""
    found = set()

    def note(frame, event, _):
        if event == "call" and frame.f_code.co_name != "<module>":
            found.add(frame.f_code.co_filename)

    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(None)
    return {path for path in map(Path, found) if path.is_relative_to(PROJECT / "tasks")}


@pytest.mark.parametrize(
    "choices", [{"preset": "basic"}, {"preset": "enterprise", "gateway_url": "https://g.example.com"}]
)
def test_the_files_that_decide_are_known_completely(asked_for, choices):
    asked = asked_for(**choices)
    expected.expect(asked)  # reads the catalogue, imports modules

    def run():
        again = resolve(asked.request, asked.context)
        expected.expect(again)

    known = {Path(path) for path in expected.find_sources(asked)}
    known |= {
        PROJECT / path.relative_to(asked.layout.project) for path in known if path.is_relative_to(asked.layout.project)
    }
    assert modules_run_by(run) <= known | {PROJECT / "tasks" / name for name in HARMLESS}


def test_a_release_under_its_recipe_spares_rendering(asked_for, layout, monkeypatch):
    wanted = expected.expect(asked_for(preset="demo"))
    staged(asked_for(preset="demo"))
    asked = asked_for(preset="demo")
    monkeypatch.setattr(asked, "render", None)
    assert expected.expect(asked) == wanted
    other = asked_for(preset="demo", port=4567)
    monkeypatch.setattr(other, "render", None)
    with pytest.raises(TypeError):
        expected.expect(other)


@pytest.mark.parametrize("damage", [b"", b"{", b"null", b"[]", b'{"recipe": 5}'])
def test_a_damaged_release_is_no_proof(asked_for, layout, damage):
    wanted = expected.expect(asked_for(preset="demo"))
    staged(asked_for(preset="demo"))
    layout.release_manifest.write_bytes(damage)
    assert expected.expect(asked_for(preset="demo")) == wanted
    assert history.installed(layout) is None
