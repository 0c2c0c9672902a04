"""The real commands meet a fault at the system calls that change a file of the home or of build/.

After the next command the state is exactly old or exactly new, the exit code told which, nothing is left behind and
nothing is lost; a deployment after that gives what was asked for, and taking it away what was there before.

Two points of each case; every n-th with GATEWAY_CRASH_EVERY=n, every one with GATEWAY_CRASH_ALL=1 (hours).
"""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

import pytest

from tests.crash.experiment import Recovery, points
from tests.crash.injector.faults import MODES
from tests.crash.injector.program import reason_not_to
from tests.crash.sequences import SEQUENCES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.crash.experiment import Verdict

ALL = bool(os.environ.get("GATEWAY_CRASH_ALL"))
EVERY = 1 if ALL else int(os.environ.get("GATEWAY_CRASH_EVERY", "0"))
reason = functools.cache(reason_not_to)


@pytest.fixture(scope="module", autouse=True)
def _can_be_followed() -> None:
    if reason():
        pytest.skip(reason())


@pytest.fixture(scope="module")
def recovery(tmp_path_factory) -> Recovery:
    return Recovery(tmp_path_factory.mktemp("recovery"), SEQUENCES["deploy, update"])


@pytest.mark.sample(1)
@pytest.mark.parametrize("mode", MODES)
def test_recovery_that_is_struck_itself_is_finished_by_the_next_command(recovery, mode):
    check(map(recovery.judge, points(recovery.calls, mode, EVERY)))


def check(verdicts: Iterable[Verdict]) -> None:
    """Nothing was wrong at any point."""
    judged = list(verdicts)
    missed = [str(verdict) for verdict in judged if verdict.misses]
    assert judged
    assert not missed, f"{len(missed)} of {len(judged)}\n" + "\n".join(missed)
