"""doit imported without what it imports for nothing: half of what `doit list` would cost.

A standard library module that doit may need is executed at its first use. LazyLoader of importlib
does not do: the next `import` statement of such a module executes it (on 3.11, 3.12 and 3.13).
"""

from __future__ import annotations

import _thread
import importlib
import sys
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

PUT_OFF = (
    "configparser",
    "datetime",
    "dbm",
    "hashlib",
    "inspect",
    "json",
    "multiprocessing",
    "pdb",
    "pickle",
    "pprint",
    "string",
    "subprocess",
    "textwrap",
    "traceback",
)

CALLED = {
    "configparser": {"ConfigParser"},
    "dbm": {"whichdb"},
    "multiprocessing": {"Process", "Queue"},
    "pickle": {"dumps"},
    "string": {"Template"},
}
"""What doit takes out of these by `from … import …`, and only ever calls."""

NO_PLUGINS = "importlib.metadata"
"""What doit would look for entry points with: plugins of the machine have no say here."""

DONE_WITHOUT = ("cloudpickle", "gettext")
"""What doit and getopt import if it is there; the messages of getopt are read, in English."""


class Later(ModuleType):
    """A module that is executed when an attribute is missing, and ordinary from then on."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the module has
        """The attribute; while doit is imported, a function in place of what is only called."""
        if _importing and name in CALLED.get(self.__name__, ()):
            return _calling(self, name)
        if name.startswith("__") and name != "__all__":
            raise AttributeError(name)
        # One thread executes it; what it imports in turn may ask it, in the same thread.
        with _lock:
            if type(self) is Later and self not in _executing:
                _execute(self)
        if type(self) is Later:
            raise AttributeError(name)
        return getattr(self, name)


_importing = False
_executing: list[ModuleType] = []
_lock = _thread.RLock()  # threading would be one more import at start-up


def import_doit() -> None:
    """Import doit, once, with everything of PUT_OFF put off that is not loaded yet."""
    global _importing  # noqa: PLW0603 - read while modules are executed
    if "doit" in sys.modules:
        return
    for name in PUT_OFF:
        if name not in sys.modules:
            sys.modules[name] = _later(name)
    placeholder = ModuleType(NO_PLUGINS)
    placeholder.entry_points = lambda **_: ()  # type: ignore[attr-defined]
    # Put there directly: found by a finder, it would stay an attribute of importlib.
    stood_in = {name: sys.modules.get(name) for name in (NO_PLUGINS, *DONE_WITHOUT)}
    sys.modules[NO_PLUGINS] = stood_in[NO_PLUGINS] or placeholder
    for name in DONE_WITHOUT:
        if stood_in[name] is None:
            sys.modules[name] = None  # type: ignore[assignment]  # an ImportError, at once
    _importing = True
    try:
        importlib.import_module("doit")
    finally:
        _importing = False
        for name, module in stood_in.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def _execute(module: ModuleType) -> None:
    assert module.__spec__ is not None
    assert module.__spec__.loader is not None
    _executing.append(module)
    try:
        module.__spec__.loader.exec_module(module)
        module.__class__ = ModuleType
    finally:
        _executing.remove(module)


def _later(name: str) -> ModuleType:
    spec = find_spec(name)
    assert spec is not None
    module = module_from_spec(spec)
    module.__class__ = Later
    return module


def _calling(module: ModuleType, name: str) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        return getattr(module, name)(*args, **kwargs)

    return call
