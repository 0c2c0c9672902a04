"""The command `gatehand`: this project as it is installed, by uvx, uv, pipx or pip.

In an installed package dodo.py, tasks/, templates/ and requirements/ are beside this module, and
are used as in a checkout: `import tasks` finds them by sys.path, on which this folder is first.
"""

import os
import sys

NAME = "gatehand"
OURS = ("dodo", "tasks")


def main() -> int:
    """Run the command that was typed: its exit code."""
    from _signal import SIG_DFL, SIGINT, default_int_handler, getsignal, signal

    # Until our entry has the signals, Ctrl-C ends this process without a traceback.
    if getsignal(SIGINT) is default_int_handler:
        signal(SIGINT, SIG_DFL)
    enter()
    # Messages name commands as this one was typed.
    os.environ["GATEWAY_COMMAND"] = find_command(sys.argv[0])
    from tasks.core.frame.front import main as run

    return run(sys.argv[1:])


def enter() -> None:
    """Have Python import from this folder, its library and its installed packages, in that order.

    What is in front of the library is the folder of the script, and what PYTHONPATH names.
    """
    folder = os.path.dirname(os.path.abspath(__file__))
    library = os.path.dirname(os.__file__)
    binary = os.path.join(library, "lib-dynload")
    behind = sys.path
    if binary in sys.path:
        behind = sys.path[sys.path.index(binary) + 1 :]
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    taken = {os.path.abspath(path) for path in named}
    installed = [path for path in behind if path not in taken]
    sys.path[:] = [folder, library, binary, *installed, os.path.dirname(folder)]
    # A .pth file may have imported a package of the same name.
    for name in list(sys.modules):
        if name.partition(".")[0] in OURS:
            del sys.modules[name]


def find_command(typed: str) -> str:
    """What to type for another command, where this one was started as the program *typed*."""
    import shlex

    folder = os.path.dirname(typed)
    if f"{os.sep}archive-v" in sys.prefix:
        # uvx puts each tool into a part of its cache, which is on no one else's PATH.
        return f"uvx {NAME}"
    if not folder or folder in os.environ.get("PATH", "").split(os.pathsep):
        return NAME
    return shlex.quote(typed)
