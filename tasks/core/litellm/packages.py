"""Virtual environments made from a hash-locked list of packages, by uv where it is and by pip where not.

A stamp in the environment says which locks it holds. It is emptied before the first change and filled after the
last, so an environment that was interrupted half-way is never taken for whole: the next call makes it anew.
(Made beside and renamed it could not be: the scripts in its bin name the folder that they were made in. Who wants to
change from one to another from one moment to the next has a link lead to it.)
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.console import console
from tasks.core.disk import programs
from tasks.core.model.errors import GatewayError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

FOLDER = Path(__file__).resolve().parent
"""Where installers run, whatever the current folder is."""

STAMP, GUARD = "locked-packages", "setup.lock"
OTHERS = "others"
INDEXES = re.compile(
    r"PIP_(INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|TRUSTED_HOST|PROXY|CERT|CLIENT_CERT"
    r"|RETRIES|TIMEOUT|DEFAULT_TIMEOUT|KEYRING_PROVIDER|CACHE_DIR|NO_CACHE_DIR|CONFIG_FILE"
    r"|ONLY_BINARY|PREFER_BINARY|USE_FEATURE)"
    r"|UV_(INDEX\w*|DEFAULT_INDEX|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|INSECURE_HOST|NATIVE_TLS"
    r"|SYSTEM_CERTS|OFFLINE|HTTP_TIMEOUT|HTTP_RETRIES|KEYRING_PROVIDER|CACHE_DIR|NO_CACHE"
    r"|LINK_MODE|CONFIG_FILE|CONCURRENT_\w+)"
)
"""Variables of pip and uv that say where packages come from: the others change what is installed."""

TAIL = 12
"""So many last lines of a failed installer are shown."""


def python_of(venv: Path) -> Path:
    """The interpreter of the environment *venv*."""
    return venv / "bin" / "python"


def installed(venv: Path, lock: Path) -> bool:
    """Whether *venv* holds, whole, what *lock* says, and its interpreter is still there."""
    return digest(lock) in _stamp(venv) and _sound(venv)


def unfinished(venv: Path) -> bool:
    """Whether *venv* is one of ours whose set-up stopped half-way."""
    return (venv / STAMP).exists() and not _stamp(venv)


def is_being_made(venv: Path) -> bool:
    """Whether a command that runs is setting *venv* up."""
    import fcntl

    try:
        with (venv / GUARD).open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def is_begun(venv: Path) -> bool:
    """Whether *venv* has nothing in it yet but what keeps others from making it."""
    return {path.name for path in venv.iterdir()} <= {GUARD}


def digest(lock: Path) -> str:
    """The fingerprint of a lock, in hexadecimal."""
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def install(venv: Path, lock: Path, *, covers: Iterable[Path] = (), takes: str = "about a minute") -> None:
    """Make *venv* hold what *lock* says; *covers* are further locks whose packages are all among it.

    GatewayError with the installer's last words when it cannot be done.
    """
    venv, lock = venv.absolute(), lock.absolute()
    try:
        with _alone(venv):
            if not installed(venv, lock):  # by whoever we waited for
                _install(venv, lock, covers, takes)
    except OSError as error:
        raise GatewayError(f"cannot be set up: {error.strerror or error}", where=str(error.filename or venv)) from error


def _install(venv: Path, lock: Path, covers: Iterable[Path], takes: str) -> None:
    started = time.monotonic()
    console.say(f"setting up {_shown(venv)} (once, {takes}) …")
    _fill(venv, lock)
    made_by = _python_version() if is_ours(venv) else OTHERS
    stamp = [made_by, *(digest(each) for each in (lock, *covers))]
    (venv / STAMP).write_text("\n".join(stamp) + "\n", encoding="ascii")
    console.say(f"{_shown(venv)} is ready after {time.monotonic() - started:.0f} s", "ok")


def _fill(venv: Path, lock: Path) -> None:
    """Create or update the environment, by uv if it is there and can, else by pip."""
    afresh, uv = _to_be_made(venv), find_uv()
    if not (uv or _can_make_venvs()):
        raise GatewayError(
            "this Python cannot make virtual environments",
            f"On Debian and Ubuntu: sudo apt install python{_python_version()}-venv. Elsewhere: another Python, or uv.",
            where=sys.executable,
        )
    if uv and _with_uv(uv, venv, lock, afresh=afresh) == []:
        return
    if uv:
        console.say("uv could not; trying pip, which takes longer …")
    if trouble := _with_pip(venv, lock, afresh=afresh):
        remedy = "Mend what is said above (often the network, a proxy or a package index), then run the command again."
        raise GatewayError("could not install the packages\n  | " + "\n  | ".join(trouble), remedy, where=str(lock))


def _to_be_made(venv: Path) -> bool:
    """Whether to make *venv* from nothing: it is not there, or ours and not sound. One made by others is added to."""
    if is_ours(venv):
        return unfinished(venv) or not _sound(venv)
    if not (venv / "pyvenv.cfg").exists():
        if {entry.name for entry in venv.iterdir()} - {GUARD}:
            raise GatewayError("is in the way: it is no virtual environment", "Move it away.", where=str(venv))
        return True
    if _run([python_of(venv), "-I", "-P", "-c", ""]):  # -P is new in 3.11
        raise GatewayError("has no Python 3.11 or newer, and was made by others", "Move it away.", where=str(venv))
    return False


def find_uv() -> Path | None:
    """A uv that runs: on PATH, or installed beside this Python."""
    for candidate in (programs.find("uv"), str(Path(sys.executable).with_name("uv"))):
        if candidate and os.access(candidate, os.X_OK) and _run([candidate, "--version"]) == []:
            return Path(candidate)
    return None


def ask_newest(name: str) -> str:
    """The newest version of a package that the configured index has; nothing is installed.

    GatewayError when it does not answer, or has no such package.
    """
    done = programs.run(
        _spell_question(name),
        _environment(),
        cwd=FOLDER,
        data=name.encode(),
    )
    output = done.stdout.decode(errors="replace")
    # uv: gatehand==0.2.0, pip: gatehand (0.2.0)
    pattern = rf"(?m)^{re.escape(name)}(?:==| \()([\w.]+)"
    found = re.search(pattern, output)
    if found is not None:
        return found[1]
    lines = [f"the package index did not say which {name} is the newest"]
    lines += _lines(done.stderr)[-3:]
    raise GatewayError("\n  ".join(lines), "Is there a network?")


def _spell_question(name: str) -> list[str | Path]:
    """The command that asks for the newest version of a package; uv reads its name."""
    uv = find_uv()
    if uv is None:
        pip = [sys.executable, "-I", "-m", "pip"]
        return [*pip, "index", "versions", "--disable-pip-version-check", name]
    quiet = ["--no-deps", "--no-header", "--quiet"]
    return [uv, "pip", "compile", *_settings(), *quiet, "-"]


def _with_uv(uv: Path, venv: Path, lock: Path, *, afresh: bool) -> list[str]:
    """Install by uv: nothing, or its last lines when it failed."""
    _begin(venv, afresh=afresh)
    make: list[str | Path] = [uv, "venv", *_settings(), "--allow-existing", "--python", _base_python(), venv]
    if afresh and (trouble := _run(make)):
        return trouble
    how = [*_settings(), "--python", str(python_of(venv)), "--require-hashes"]
    return _run([uv, "pip", "install", *how, "--compile-bytecode", "-r", lock])


def _settings() -> list[str]:
    """Options of uv: the user's or the system's settings count, not those of a folder around us."""
    if os.environ.get("UV_CONFIG_FILE"):
        return []
    own = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    for folder in (own, "/etc/xdg", "/etc"):
        file = Path(folder, "uv", "uv.toml")
        if file.is_absolute() and file.is_file():
            return ["--config-file", str(file)]
    return ["--no-config"]


def _with_pip(venv: Path, lock: Path, *, afresh: bool) -> list[str]:
    """Install by pip: nothing, or its last lines when it failed."""
    _begin(venv, afresh=afresh)
    if afresh and (trouble := _run([_base_python(), "-I", "-m", "venv", venv])):
        return trouble
    if not afresh:
        _run([python_of(venv), "-I", "-m", "ensurepip"])  # uv makes environments without pip
    quiet = ["--no-input", "--disable-pip-version-check", "-q"]
    pip: list[str | Path] = [python_of(venv), "-I", "-m", "pip"]
    return _run([*pip, "install", *quiet, "--require-hashes", "-r", lock])


def _can_make_venvs() -> bool:
    """Debian and Ubuntu leave half of venv out of their python3 package."""
    from importlib.util import find_spec

    return find_spec("venv") is not None and find_spec("ensurepip") is not None


def _begin(venv: Path, *, afresh: bool) -> None:
    """From here until the stamp is written the environment counts as half made; *afresh* empties it."""
    if afresh or is_ours(venv):
        (venv / STAMP).write_text("", encoding="ascii")
    else:
        (venv / STAMP).unlink(missing_ok=True)
    for entry in venv.iterdir() if afresh else ():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name not in {STAMP, GUARD}:
            entry.unlink()


def _base_python() -> str:
    """The interpreter to make environments with: that of this environment may just be gone."""
    return getattr(sys, "_base_executable", None) or sys.executable


def _run(command: Sequence[str | Path]) -> list[str]:
    """Run to the end: nothing, or the last lines that were printed when it failed."""
    try:
        code, output = programs.run_group(command, _environment(), FOLDER)
    except OSError as error:
        return [f"{command[0]}: {error.strerror}"]
    said = _lines(output)
    return [] if code == 0 else said[-TAIL:] or [f"{command[0]} ended with exit code {code}"]


def _lines(output: bytes) -> list[str]:
    """What a program printed, without empty lines."""
    lines = output.decode(errors="replace").splitlines()
    return [console.printable(line) for line in lines if line.strip()]


def _environment() -> dict[str, str]:
    """The environment of installers: users say where packages come from, and nothing else."""
    environ = {}
    for name, value in programs.sealed().items():
        is_setting = name.startswith(("PIP_", "UV_"))
        if not is_setting or INDEXES.fullmatch(name):
            environ[name] = value
    return environ | {"PIP_USER": "0"}


@contextlib.contextmanager
def _alone(venv: Path) -> Iterator[None]:
    """One set-up of *venv* at a time; the kernel lets go of the lock when a process dies."""
    import fcntl

    venv.mkdir(parents=True, exist_ok=True)
    with (venv / GUARD).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            console.say(f"another process is setting up {_shown(venv)}; waiting for it …")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _stamp(venv: Path) -> list[str]:
    """The words of the stamp: the Python that the environment was made for, or OTHERS; then the digests."""
    try:
        return (venv / STAMP).read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return []


def _sound(venv: Path) -> bool:
    """Whether the interpreter of *venv* is there and of the version that the packages were installed for."""
    python = python_of(venv)
    if not os.access(python, os.X_OK):
        return False
    if python.resolve() != Path(sys.executable).resolve():
        return True
    return _stamp(venv)[:1] in ([_python_version()], [OTHERS])


def is_ours(venv: Path) -> bool:
    """Whether we made *venv*, and so may empty it. One that a person made is only ever added to."""
    return (venv / STAMP).exists() and _stamp(venv)[:1] != [OTHERS]


def _python_version() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def _shown(venv: Path) -> str:
    """*venv* as a person would write it."""
    home = Path.home()
    return f"~/{venv.relative_to(home)}" if venv.is_relative_to(home) else str(venv)
