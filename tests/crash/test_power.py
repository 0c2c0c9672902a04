"""The power fails after any call of a deployment: what the manifest names is there, and the state is old or new."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tasks.core.disk import fingerprints
from tasks.core.history import aftermath, archive, backup, history
from tasks.core.history.session import Session
from tasks.core.model.layout import Layout
from tasks.core.model.release import Manifest, Revision
from tasks.core.text import documents
from tests.crash import payload, power

EVERY = 1 if os.environ.get("GATEWAY_CRASH_ALL") else 7
CONFIG = "litellm_config.yaml"
THEIRS = b'{"theme": "dark"}'


def deploy(layout: Layout, number: int, *, is_tried: bool = False) -> None:
    """What `doit deploy` does to the disk once it has begun: backup, revision, transaction; with --start a trial."""
    config = b"model_list: [%d]\n" % number * 100
    session = Session()
    session.is_shared = is_tried
    session.begin(layout)
    kept = backup.keep(layout, ending=history.PREPARED if number == 1 else "")
    wanted = Manifest("", "", "0", "local", "http://127.0.0.1:4000", (), {CONFIG: "sha256:1"}, {CONFIG: "0644"}, {})
    manifest = history.stamp(layout, wanted, kept)
    history.prepare(layout, Revision("deploy", manifest, {}, ()), {CONFIG: config}, {CONFIG: config})
    try:
        with session.join(layout) as transaction:
            transaction.put(CONFIG, config, 0o644)
            transaction.put(layout.manifest.name, documents.dump_json(manifest.to_json()), 0o600)
            transaction.edit(payload.joined(number), undo=payload.parted)
        if is_tried:
            session.place()
            session.complete()
    finally:
        session.close()


def find_faults(layout: Layout, before: int, after: int) -> str:
    """What is wrong after the next command; "" when nothing is."""
    settings = json.loads(layout.settings.read_bytes())
    manifest = history.installed(layout)
    if settings.get("theme") != "dark":
        return "the user's settings are lost"
    number = manifest.revision if manifest else 0
    if number not in (before, after) or settings.get("ours", 0) != number:
        return f"revision {number}, settings.json of {settings.get('ours', 0)}"
    debris = [path.name for path in layout.home.rglob(".gw-*")]
    if debris:
        return f"debris: {debris}"
    return _find_lost(layout, manifest) if manifest else _find_rest(layout)


def _find_lost(layout: Layout, manifest: Manifest) -> str:
    number = manifest.revision
    config = layout.config.read_bytes()
    if config != b"model_list: [%d]\n" % number * 100:
        return "another config than the manifest's"
    if history.released(layout, number, CONFIG) != config or history.stood(layout, number) != {CONFIG: config}:
        return f"history/{number} is not whole"
    if history.numbers(layout) != [*range(1, number + 1)] or history.revision(layout, number).manifest != manifest:
        return f"history: {history.numbers(layout)}"
    if manifest.backup_path and archive.verify(Path(manifest.backup_path)):
        return "the backup is lost"
    if backup.newest_settings(layout) is None:
        return "the copy of settings.json is lost"
    return ""


def _find_rest(layout: Layout) -> str:
    """A first deployment that did not come to be leaves nothing."""
    return f"left: {[*layout.gateway.iterdir()]}" if layout.gateway.exists() else ""


@pytest.mark.parametrize(("before", "is_tried"), [(0, False), (1, False), (0, True), (1, True)])
def test_what_the_manifest_names_survives(tmp_path, before, is_tried):
    home = tmp_path / "home"
    layout = Layout.of({"HOME": str(home)})
    layout.claude.mkdir(parents=True)
    layout.settings.write_bytes(THEIRS)
    for number in range(1, before + 1):
        deploy(layout, number)
    recorder = power.Recorder(home)
    with recorder.follow():
        deploy(layout, before + 1, is_tried=is_tried)
    assert recorder.running == power.list_tree(home)
    last = dict([*recorder.states.items()][-3:])
    sample = dict([*recorder.states.items()][before % EVERY :: EVERY])
    failures, tally = [], Counter()
    for what, state in {**sample, **last}.items():
        shutil.rmtree(home)
        home.mkdir()
        power.write_tree(home, state)
        fingerprints._unstored.clear()
        aftermath.recover(layout)
        fault = find_faults(layout, before, before + 1)
        found = history.installed(layout)
        tally[f"{what.partition(',')[0]}: {found.revision if found else 0}"] += 1
        if what in last and (found is None or found.revision != before + 1):
            fault = "it was done, and is lost"
        if fault:
            failures.append(f"{what}: {fault}")
    print(f"power, {before}: {len(recorder.states)} states, {dict(tally)}, {len(failures)} failures")
    assert not failures, "\n".join(failures)
