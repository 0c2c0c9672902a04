"""Somebody else writes at the worst moment: in between staged and committed, compared and exchanged, all the time."""

# ruff: noqa: PT012 - what is tested is how a block is left
from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasks.core.disk import moves
from tasks.core.disk.transaction import Transaction
from tasks.core.model.errors import Conflict
from tests.crash import payload

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasks.core.model.layout import Layout

ALL = bool(os.environ.get("GATEWAY_CRASH_ALL"))
WRITES = 1000 if ALL else 100
PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path) -> Path:
    payload.plain(tmp_path)
    return tmp_path


@pytest.fixture
def layout(home) -> Layout:
    return payload.layout_of(home)


@pytest.fixture
def at(monkeypatch) -> Callable[[str, Callable[[], object]], None]:
    """at("compared", action): the action happens once, when that moment comes first."""

    def arrange(stage: str, action: Callable[[], object]) -> None:
        left = [action]
        monkeypatch.setattr(moves, "between", lambda now: left.pop()() if now == stage and left else None)

    return arrange


def keys(layout: Layout) -> dict[str, object]:
    return dict(json.loads(layout.settings.read_bytes()))


def rewrite(path: Path, **more: object) -> None:
    """As the client does it: another file takes the name."""
    new = path.with_name(path.name + ".tmp")
    new.write_text(json.dumps({**json.loads(path.read_bytes()), **more}))
    new.chmod(path.stat().st_mode)
    new.replace(path)


def truncate(path: Path, **more: object) -> None:
    """As an editor does it: the file itself is written."""
    text = json.dumps({**json.loads(path.read_bytes()), **more})
    path.write_text(text)


def only(before: dict[str, tuple[str, str, str]], home: Path, *names: str) -> None:
    """Nothing but *names* differs from *before*."""
    after = payload.state(home)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert changed == {f".claude/{name}" for name in names}


# In one moment


@pytest.mark.parametrize("stage", ["staged", "committed"])
def test_a_link_is_retargeted(layout, home, at, stage):
    real, other = home / "one.json", home / "two.json"
    layout.settings.rename(real)
    other.write_text('{"other": 1}')
    layout.settings.symlink_to(real)
    before = payload.state(home)

    def retarget() -> None:
        layout.settings.unlink()
        layout.settings.symlink_to(other)

    at(stage, retarget)
    with pytest.raises(Conflict, match="lead elsewhere"):
        payload.deploy(layout, 2)
    only(before, home, "settings.json")
    assert other.read_text() == '{"other": 1}'


def test_the_link_to_the_gateway_is_retargeted(layout, home, at):
    (home / "two").mkdir()
    layout.gateway.rename(home / "one")
    layout.gateway.symlink_to(home / "one")
    before = payload.state(home)

    def retarget() -> None:
        layout.gateway.unlink()
        layout.gateway.symlink_to(home / "two")

    at("staged", retarget)
    with pytest.raises(Conflict, match="lead elsewhere"):
        payload.deploy(layout, 2)
    only(before, home, "gateway")


@pytest.mark.parametrize("stage", ["staged", "committed"])
def test_a_file_is_replaced(layout, home, at, stage):
    before = payload.state(home)
    at(stage, lambda: layout.config.write_text("the user's"))
    with pytest.raises(Conflict, match="changed by another program"):
        payload.deploy(layout, 2)
    only(before, home, "gateway/litellm_config.yaml")
    assert layout.config.read_text() == "the user's"


def test_a_file_is_replaced_between_the_look_and_the_exchange(layout, home, monkeypatch):
    before = payload.state(home)
    seen = []
    monkeypatch.setattr(
        moves,
        "between",
        lambda now: (seen.append(now), seen.count("compared") == 2 and layout.config.write_text("theirs")),
    )
    with pytest.raises(Conflict, match="changed by another program"):
        payload.deploy(layout, 2)
    only(before, home, "gateway/litellm_config.yaml")
    assert layout.config.read_text() == "theirs"


@pytest.mark.parametrize("stage", ["staged", "committed", "compared"])
def test_a_file_is_created(layout, home, at, stage):
    before = payload.state(home)
    at(stage, lambda: (layout.gateway / "deployment-manifest.json").write_text("theirs"))
    with pytest.raises(Conflict, match="changed by another program"):
        payload.deploy(layout, 2)
    only(before, home, "gateway/deployment-manifest.json")


def test_a_file_is_put_where_a_folder_is_to_go(tmp_path, at):
    layout = payload.layout_of(tmp_path)
    with pytest.raises(ZeroDivisionError), Transaction.begin(layout, "deploy") as transaction:
        transaction.put("litellm_config.yaml", b"", 0o644)
        transaction.commit()
        (layout.claude / "theirs").touch()
        1 / 0  # noqa: B018
    assert [path.name for path in tmp_path.rglob("*")] == [".claude", "theirs"]


@pytest.mark.parametrize("write", [rewrite, truncate])
@pytest.mark.parametrize("stage", ["staged", "committed", "compared"])
def test_settings_are_written_in_that_very_moment(layout, at, stage, write):
    at(stage, lambda: write(layout.settings, theirs=1))
    payload.deploy(layout, 2)
    assert keys(layout) == {"theme": "dark", "env": {"OTHER": "1"}, "ours": 2, "theirs": 1}
    assert (layout.gateway / "deployment-manifest.json").exists()


def test_what_depends_on_the_settings_follows_them(layout, at):
    seen = []

    def compute(data: bytes | None) -> bytes | None:
        seen.append(json.loads(data or b"{}"))
        return payload.joined(2)(data)

    at("compared", lambda: rewrite(layout.settings, theirs=1))
    with Transaction.begin(layout, "deploy") as transaction:
        transaction.put("settings-ledger.json", lambda: json.dumps(seen[-1]).encode(), 0o600)
        transaction.edit(compute)
        transaction.commit()
        transaction.finish()
    assert json.loads(layout.ledger.read_bytes())["theirs"] == 1
    assert not [*layout.claude.rglob(".gw-*")]


@pytest.mark.parametrize("stage", ["exchanged", "applied"])
def test_an_old_copy_is_written_over_ours(layout, home, at, stage):
    """A program that read before us wins, and the gateway goes back: both or none."""
    before = payload.state(home)
    stale = json.loads(layout.settings.read_bytes())
    del stale["ours"]
    at(stage, lambda: layout.settings.write_text(json.dumps({**stale, "theirs": 1})))
    with pytest.raises(Conflict, match="overwritten by another program"):
        payload.deploy(layout, 2)
    only(before, home, "settings.json")
    assert keys(layout) == {**stale, "theirs": 1}


def test_a_write_into_the_displaced_file_is_not_lost(layout, home, at):
    """Who had the old file open writes into what we put aside."""
    before = payload.state(home)
    held = layout.settings.open("r+")

    def late() -> None:
        with held:
            held.write(json.dumps({"late": 1}))
            held.truncate()

    at("applied", late)
    with pytest.raises(Conflict, match="overwritten by another program"):
        payload.deploy(layout, 2)
    only(before, home, "settings.json")
    assert keys(layout) == {"late": 1}


def test_settings_appear_and_vanish(layout, at):
    layout.settings.unlink()
    at("compared", lambda: layout.settings.write_text('{"theirs": 1}'))
    payload.deploy(layout, 2)
    assert keys(layout) == {"theirs": 1, "ours": 2}
    at("compared", layout.settings.unlink)
    payload.deploy(layout, 1)
    assert keys(layout) == {"ours": 1}


def test_a_half_written_file_is_waited_for(layout, at, monkeypatch):
    whole = layout.settings.read_bytes()
    layout.settings.write_bytes(b"")
    started = time.monotonic()
    real = time.sleep

    def sleep(seconds: float) -> None:
        real(seconds)
        if time.monotonic() - started > 0.2 and not layout.settings.read_bytes():
            layout.settings.write_bytes(whole)

    monkeypatch.setattr(time, "sleep", sleep)
    payload.deploy(layout, 2)
    assert keys(layout) == {**json.loads(whole), "ours": 2}


def test_a_writer_that_never_pauses_makes_us_give_up(layout, home, monkeypatch):
    before = payload.state(home)
    count = iter(range(1000))
    monkeypatch.setattr(
        moves, "between", lambda now: rewrite(layout.settings, n=next(count)) if now == "compared" else None
    )
    with pytest.raises(Conflict, match="written all the time") as raised:
        payload.deploy(layout, 2)
    assert raised.value.exit_code == 5
    only(before, home, "settings.json")
    assert keys(layout) == {"theme": "dark", "env": {"OTHER": "1"}, "ours": 1, "n": 49}


# All the time


def child(action: Callable[[], object]) -> int:
    process = os.fork()
    if process == 0:
        code = 1
        try:
            action()
            code = 0
        except BaseException:  # noqa: BLE001
            traceback.print_exc()
        os._exit(code)
    return process


def honouring(layout: Layout, number: int) -> None:
    """One write in the client's way: its lock, read again, another file takes the name."""
    lock = layout.claude / "settings.json.lock"
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        with suppress(FileExistsError):
            lock.mkdir()
            break
        time.sleep(0.001)
    rewrite(layout.settings, **{f"k{number}": number})
    lock.rmdir()


def truncating(layout: Layout, number: int) -> None:
    """One write in the way of an editor: no lock, the file itself."""
    truncate(layout.settings, **{f"k{number}": number})


def contest(layout: Layout, write: Callable[[Layout, int], None]) -> tuple[int, int]:
    """Another process writes all the time while we deploy: how many of its writes are missing, how often we gave up."""

    def writer() -> None:
        for number in range(WRITES):
            write(layout, number)
            time.sleep(0.001 * (number % 7))

    process = child(writer)
    version, refused = 1, 0
    while os.waitpid(process, os.WNOHANG) == (0, 0):
        version = 3 - version
        try:
            payload.deploy(layout, version)
        except Conflict:
            refused += 1
    return WRITES - sum(f"k{number}" in keys(layout) for number in range(WRITES)), refused


def test_no_write_of_the_client_is_lost(layout):
    lost, refused = contest(layout, honouring)
    print(f"client: {lost} of {WRITES} lost, {refused} deployments gave up")
    assert (lost, refused) == (0, 0)
    assert keys(layout)["theme"] == "dark"


def test_a_writer_without_lock_loses_nothing_but_moments(layout):
    """It may write over ours, which is then undone and said; its own writes stay (a handful in thousands may not)."""
    lost, refused = contest(layout, truncating)
    print(f"truncating writer: {lost} of {WRITES} lost, {refused} deployments gave up")
    assert lost <= 1 + WRITES // 100
    assert keys(layout)["theme"] == "dark"


def test_alternating_writes_lose_nothing(layout):
    """Strictly in turns: theirs, ours, theirs, ours."""
    for number in range(WRITES):
        os.waitpid(child(lambda number=number: honouring(layout, number)), 0)
        payload.deploy(layout, 1 + number % 2)
        assert keys(layout)["ours"] == 1 + number % 2
    assert all(f"k{number}" in keys(layout) for number in range(WRITES))


def test_two_deployments_at_once(home, layout):
    command = [sys.executable, "-m", "tests.crash.payload", "deploy", str(home)]
    both = [subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [(process.communicate()[1], process.returncode) for process in both]
    assert {code for _, code in told} <= {0, 5}
    assert 0 in {code for _, code in told}
    assert all("another deployment is running: pid" in text for text, code in told if code)
    assert keys(layout)["ours"] == 2


def test_many_first_deployments_at_once_half_of_them_killed(tmp_path):
    layout = payload.layout_of(tmp_path)
    for _ in range(5 if ALL else 2):
        processes = [child(lambda: payload.deploy(layout, 2)) for _ in range(12)]
        time.sleep(0.01)
        for process in processes[::2]:
            os.kill(process, 9)
        for process in processes:
            os.waitpid(process, 0)
        payload.settle(layout)
        found = {name for name in payload.state(tmp_path) if not name.endswith((".lock", ".digest-key"))}
        wanted = {".claude", ".claude/.gateway-recovery.json", ".claude/gateway", ".claude/settings.json"}
        assert found in (set(), wanted | {f".claude/gateway/{name}" for name in payload.FILES[2]})
