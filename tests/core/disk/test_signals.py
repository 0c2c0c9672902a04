"""Ctrl-C, TERM and HUP as exceptions; a module that is being imported when they arrive is whole first."""

from __future__ import annotations

import importlib
import signal
import sys
import time

import pytest

from tasks.core.disk import signals

HALF = """
import signal
signal.raise_signal(signal.SIGINT)
first = 1
last = 2
"""
ENDLESS = """
import signal, time
signal.raise_signal(signal.SIGINT)
while True:
    time.sleep(0.01)
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Make a module with this text; its name."""

    def make(name, text):
        (tmp_path / f"{name}.py").write_text(text)
        return name

    monkeypatch.syspath_prepend(tmp_path)
    yield make
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def import_and_wait(name):
    """Import, then stay where no import is under way for longer than a signal takes to come again."""
    importlib.import_module(name)
    time.sleep(1)


def test_a_signal_within_an_import_comes_when_the_module_is_whole(module):
    signals.take()
    name = module("met_by_a_signal", HALF)
    with pytest.raises(KeyboardInterrupt):
        import_and_wait(name)
    assert sys.modules.pop(name).last == 2


def test_also_in_a_transaction_which_may_defer_it_by_then(module):
    interrupts = signals.Interrupts()
    interrupts.start()
    name = module("met_in_a_transaction", HALF)
    with interrupts.deferred():
        import_and_wait(name)
    assert sys.modules.pop(name).last == 2
    with pytest.raises(KeyboardInterrupt):
        interrupts.raise_pending()
    interrupts.stop()


def test_an_import_that_does_not_end_is_cut_short(module, monkeypatch):
    monkeypatch.setattr(signals, "PATIENCE", 0.1)
    signals.take()
    with pytest.raises(KeyboardInterrupt):
        importlib.import_module(module("endless", ENDLESS))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_term_and_hup_leave_with_the_code_that_a_shell_shows(number, code):
    signals.take()
    with pytest.raises(SystemExit) as ended:
        signal.raise_signal(number)
    assert ended.value.code == code


def test_what_was_ignored_stays_ignored_and_in_the_end_all_are():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signals.take()
    signal.raise_signal(signal.SIGHUP)
    signals.ignore()
    for number in signals.SIGNALS:
        signal.raise_signal(number)
