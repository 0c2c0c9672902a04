from __future__ import annotations

import ctypes
import os

import pytest

from tests.crash.injector import ptrace


def test_a_text_is_read_across_pages():
    memory = ctypes.create_string_buffer(b"a" * 10_000 + "ü".encode())
    assert ptrace.read_text(os.getpid(), ctypes.addressof(memory)) == "a" * 10_000 + "ü"


def test_an_error_is_raised():
    with pytest.raises(ProcessLookupError):
        ptrace.go_on(os.getpid())
