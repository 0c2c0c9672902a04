"""The real commands meet a fault at the system calls that change a file of the home or of build/.

After the next command the state is exactly old or exactly new, the exit code told which, nothing is left behind and
nothing is lost; a deployment after that gives what was asked for, and taking it away what was there before.

One or two points of each case; every n-th with GATEWAY_CRASH_EVERY=n, every one with GATEWAY_CRASH_ALL=1 (hours).
"""

from __future__ import annotations

import functools
import os
import random
from typing import TYPE_CHECKING

import pytest

from tasks.core.disk.targets import RECORD
from tests.crash import judge, tree
from tests.crash.experiment import DEATHS, Experiment, Point, Recovery, points
from tests.crash.injector.faults import MODES
from tests.crash.injector.power import MODELS
from tests.crash.injector.program import reason_not_to
from tests.crash.running import Running, Upgrading
from tests.crash.sequences import RUNNING, SEQUENCES, UPGRADE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.crash.experiment import Verdict

ALL = bool(os.environ.get("GATEWAY_CRASH_ALL"))
EVERY = 1 if ALL else int(os.environ.get("GATEWAY_CRASH_EVERY", "0"))
reason = functools.cache(reason_not_to)


@pytest.fixture(scope="module", autouse=True)
def _can_be_followed() -> None:
    if reason():
        pytest.skip(reason())


@pytest.fixture(scope="module", params=SEQUENCES)
def experiment(request, tmp_path_factory) -> Experiment:
    return Experiment(tmp_path_factory.mktemp("experiment"), SEQUENCES[request.param])


@pytest.fixture(scope="module")
def recovery(tmp_path_factory) -> Recovery:
    return Recovery(tmp_path_factory.mktemp("recovery"), SEQUENCES["deploy, update"])


@pytest.fixture(scope="module", params=[*RUNNING, *UPGRADE])
def running(request, tmp_path_factory) -> Iterator[Running]:
    place = tmp_path_factory.mktemp("running")
    if request.param in UPGRADE:
        made: Running = Upgrading(place, UPGRADE[request.param])
    else:
        made = Running(place, RUNNING[request.param])
    yield made
    made.clear()


@pytest.mark.sample(1)
def test_the_command_need_not_be_run_again_to_be_killed(experiment):
    """What is on record of it is what such a run leaves, but for the order in which a folder is emptied."""
    home = [at for at, call in enumerate(experiment.calls, 1) if "/home/" in call and not call.startswith("unlink")]
    for number, at in enumerate(random.Random(len(home)).sample(home, 4)):
        mode = [*DEATHS][number % len(DEATHS)]
        on_record = experiment.dead_at(at, DEATHS[mode]).tree(experiment.targets)
        experiment.reset()
        with experiment.run(mode=mode, at=at):
            assert sizes(experiment.tree()) == sizes(on_record), experiment.calls[at - 1]


def sizes(found: tree.Tree) -> set[tuple[str, int, int]]:
    """What is in the home, with modes, and how long it is; an archive is not always as long."""
    return {
        (judge.plain(tree.blank(name)), mode, 0 if name.endswith(tree.ARCHIVE) else len(data))
        for name, (mode, data) in found.items()
        if "/home/" in name and not name.endswith(("lock", "metadata.json"))
    }


@pytest.mark.nightly
def test_what_follows_is_the_same_for_states_that_are_alike(experiment):
    """Each verdict is the one that is given when nothing is remembered."""
    chance = random.Random(experiment.calls[0])
    calls = range(1, len(experiment.calls) + 1)
    chosen = [Point(chance.choice(MODES), chance.choice(calls)) for _ in range(30 if EVERY else 4)]
    remembered = [experiment.judge(point).misses for point in chosen]
    remembered = [experiment.judge(point).misses for point in chosen]
    experiment.remembers = False
    try:
        assert [experiment.strike(point).misses for point in chosen] == remembered
    finally:
        experiment.remembers = True


@pytest.mark.sample(4)
@pytest.mark.parametrize("mode", MODES)
def test_old_or_new_and_a_true_exit_code(experiment, mode):
    check(map(experiment.judge, points(experiment.calls, mode, EVERY)))


@pytest.mark.sample(2)
@pytest.mark.parametrize("model", MODELS)
def test_old_or_new_after_a_loss_of_power(experiment, model):
    calls = len(experiment.calls)
    check(experiment.power_losses(model, range(calls // 3, calls, EVERY or calls // 2)))


@pytest.mark.sample(1)
@pytest.mark.parametrize("mode", MODES)
def test_recovery_that_is_struck_itself_is_finished_by_the_next_command(recovery, mode):
    check(map(recovery.judge, points(recovery.calls, mode, EVERY)))


@pytest.mark.sample(1)
@pytest.mark.parametrize("mode", MODES)
def test_what_runs_is_old_or_new_too_and_nothing_else_runs(running, mode):
    check(map(running.judge, points(running.calls, mode, EVERY or len(running.calls))))


@pytest.mark.sample(1)
def test_what_the_new_state_does_not_need_ends_although_the_command_dies_before(running):
    """The last calls for the commit record are those after which nothing is undone."""
    last = max((at for at, call in enumerate(running.calls, 1) if RECORD in call), default=len(running.calls))
    check(running.judge(Point("kill", at)) for at in (last, min(last + 1, len(running.calls))))


@pytest.mark.sample(1)
@pytest.mark.parametrize("model", MODELS)
def test_after_a_loss_of_power_beside_a_gateway_it_can_be_started_again(running, model):
    calls = len(running.calls)
    check(running.power_losses(model, range(calls // 2, calls, EVERY or calls)))


def check(verdicts: Iterable[Verdict]) -> None:
    """Nothing was wrong at any point."""
    judged = list(verdicts)
    missed = [str(verdict) for verdict in judged if verdict.misses]
    assert judged
    assert not missed, f"{len(missed)} of {len(judged)}\n" + "\n".join(missed)
