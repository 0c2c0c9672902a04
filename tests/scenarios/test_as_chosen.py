"""What is deployed is what was chosen, whatever lies in build/, and a deployment that is not is found."""

from __future__ import annotations

import json
import shutil
from types import SimpleNamespace

import pytest

from tasks.core.disk import files
from tasks.core.model.layout import Layout

CHOSEN, OTHER = "4201", "4202"
SCRIPT, CONFIG = "start-gateway.sh", "litellm_config.yaml"


def layout_of(box, home):
    return Layout.of({"HOME": str(home)}, project=box.project)


@pytest.fixture
def two(sandbox):
    """Two homes, each with a deployment; what one of them chose must not come into the other."""
    other = sandbox.root / "other"
    other.mkdir()
    sandbox.deploy("--preset", "demo", "--port", OTHER, env={"HOME": str(other)})
    sandbox.deploy("--preset", "demo", "--port", CHOSEN)
    return SimpleNamespace(box=sandbox, ours=layout_of(sandbox, sandbox.home), other=layout_of(sandbox, other))


def memories(box):
    return [box.workshop / "doit.db"]


def as_it_is(_place):
    pass


def gone(place):
    place.unlink()


def half(place):
    place.write_bytes(place.read_bytes()[: place.stat().st_size // 2])


def leave_other_in_build(two):
    """What a deployment of other choices leaves that was killed before it installed."""
    for name in (SCRIPT, CONFIG):
        for folder in (two.ours.rendered, two.ours.release):
            (folder / name).write_bytes((two.other.gateway / name).read_bytes())


def deployed_ports(two):
    """The ports in what is deployed."""
    texts = [(two.ours.gateway / name).read_text() for name in (SCRIPT, CONFIG)]
    texts += [two.ours.manifest.read_text(), two.ours.settings.read_text()]
    return {port for port in (CHOSEN, OTHER, "4203") for text in texts if port in text}


@pytest.mark.sample(1)
@pytest.mark.parametrize("damage", [as_it_is, gone, half])
def test_what_another_run_left_in_build_is_not_deployed(two, damage):
    leave_other_in_build(two)
    for place in memories(two.box):
        damage(place)
    assert "Nothing to do" in two.box.deploy("--port", CHOSEN).err
    assert deployed_ports(two) == {CHOSEN}
    leave_other_in_build(two)
    two.box.deploy("--port", "4203")
    assert deployed_ports(two) == {"4203"}
    assert two.box.doit("verify").code == 0


def test_install_alone_does_not_take_it_either(two):
    leave_other_in_build(two)
    (two.ours.gateway / SCRIPT).unlink()
    assert two.box.doit("run", "-s", "_transaction", "install").code == 0
    assert deployed_ports(two) == {CHOSEN}


def test_a_target_is_named_relatively_and_made_again_when_its_content_is_not_right(two):
    leave_other_in_build(two)
    target = two.ours.rendered / SCRIPT
    name = str(target.relative_to(two.box.project))
    assert two.box.doit(name).code == 0
    assert CHOSEN in target.read_text()
    assert OTHER not in target.read_text()


def put_in_place(two, *, record):
    """The other's script in the place of ours, with its digest in the manifest; *record*: and in the history."""
    data = (two.other.gateway / SCRIPT).read_bytes()
    (two.ours.gateway / SCRIPT).write_bytes(data)
    manifest = json.loads(two.ours.manifest.read_text())
    manifest["files"][SCRIPT] = files.digest(data)
    two.ours.manifest.write_text(json.dumps(manifest))
    if not record:
        return
    place = two.ours.history / "0001"
    for copy in (place / SCRIPT, place / "released" / SCRIPT):
        copy.write_bytes(data)
    revision = json.loads((place / "revision.json").read_text())
    (place / "revision.json").write_text(json.dumps(revision | {"manifest": manifest}))


@pytest.mark.parametrize("record", [False, True])
def test_files_that_are_not_what_their_choices_give_are_found_and_mended(two, record):
    put_in_place(two, record=record)
    refused = two.box.doit("verify")
    assert refused.code == 4, refused.text
    status = two.box.doit("status", "--exit-code")
    assert status.code == 2
    assert SCRIPT in status.out
    two.box.deploy()
    assert two.box.doit("verify").code == 0


def test_settings_of_another_deployment_are_found(two):
    shutil.copy(two.other.settings, two.ours.settings)
    shutil.copy(two.other.ledger, two.ours.ledger)
    shutil.copy(two.other.gateway / ".digest-key", two.ours.gateway / ".digest-key")
    found = two.box.doit("status", "--exit-code")
    assert found.code == 2
    assert "ANTHROPIC_BASE_URL: mismatch" in found.out
    assert two.box.doit("verify").code == 4


def test_an_edit_that_was_kept_is_no_drift(two):
    config = two.ours.config
    config.write_text(config.read_text().replace("request_timeout: 600", "request_timeout: 77"))
    two.box.deploy("--port", "4203")
    assert "request_timeout: 77" in config.read_text()
    assert two.box.doit("status", "--exit-code").code == 0
    assert two.box.doit("verify").code == 0


def test_a_checkout_that_renders_differently_says_so_and_calls_nothing_wrong(two):
    template = two.box.project / "templates" / "artifacts" / "start-gateway.sh.j2"
    template.write_text(template.read_text() + "# a newer version\n")
    status = two.box.doit("status", "--exit-code")
    assert status.code == 0, status.text
    assert "1 file differently: doit plan" in status.out
    verified = two.box.doit("verify")
    assert verified.code == 0, verified.text
    assert "differently" in verified.text
    assert f"update     {SCRIPT}" in two.box.doit("plan").out or SCRIPT in two.box.doit("plan").out


def test_a_checkout_that_does_not_know_what_was_chosen_says_so(two):
    manifest = json.loads(two.ours.manifest.read_text())
    for place in (two.ours.manifest, two.ours.history / "0001" / "revision.json"):
        place.write_text(place.read_text().replace('"preset": "demo"', '"preset": "gone"'))
    assert manifest["choices"]["preset"] == "demo"
    two.ours.choices.unlink(missing_ok=True)
    status = two.box.doit("status")
    assert status.code == 0
    assert "cannot render" in status.out
