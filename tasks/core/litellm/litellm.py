"""Find LiteLLM and judge it by its files, without ever running it.

1.82.8 of March 2026 runs its theft at every start of the Python that it lies in, so even `litellm --version` would be
too late: versions are read from the names in site-packages.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.disk import trust
from tasks.core.model.errors import Conflict, GatewayError, UsageError
from tasks.core.model.layout import PACKAGE, is_packaged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tasks.core.model.layout import Layout

LITELLM_KNOWN_GOOD = "1.106.2"
OLDEST = "1.88.0"
"""Older ones cannot take a new configuration without a pause (their uvicorn is fixed to 0.33), and those before 1.84.0
let a request in without the key (GHSA-4xpc-pv4p-pm3w)."""
MALICIOUS = frozenset({"1.82.7", "1.82.8"})
OLDEST_UVICORN = "0.51"
IMPLANT = "litellm_init.pth"
NEWEST_PYTHON = (3, 15)
TAKES = "0.7 GB; half a minute with uv, four with pip"
INSTALL = "`doit litellm` installs a known-good one for this gateway alone."


class Found(NamedTuple):
    """A LiteLLM: its program, its version (None: cannot be told), its Python, where it was looked for, its packages."""

    executable: Path
    version: str | None
    python: Path | None
    source: str
    packages: tuple[Path, ...] = ()

    @property
    def shim(self) -> bool:
        """Whether this is a pyenv, asdf or mise shim, which may stand for any installation or none."""
        return "shims" in self.executable.parts


def find(layout: Layout, environ: Mapping[str, str], given: str | None = None) -> Found | None:
    """LiteLLM as *given* (a program or the folder of its environment), else of this gateway, else on PATH.

    UsageError when what was given is not there. A relative *given* is relative to the current directory.
    """
    if given:
        return looked_at(_given(given), "--litellm")
    own = layout.venv / "bin" / "litellm"
    if _runnable(own) and not _half_made(layout.venv):
        return looked_at(own, "this gateway")
    on_path = [folder / "litellm" for folder in _folders(environ.get("PATH", ""))]
    found = [looked_at(program, "PATH") for program in on_path if _runnable(program)]
    return next((each for each in found if not each.shim), found[0] if found else None)


def looked_at(executable: Path, source: str) -> Found:
    """What the files around *executable* tell about it."""
    python = None if "shims" in executable.parts else _python(executable)
    packages = tuple(_packages(executable.resolve(), python))
    versions = [version for place in packages for version in _versions(place, "litellm")]
    bad = [version for version in versions if version in MALICIOUS]
    return Found(executable, (bad + versions + [None])[0], python, source, packages)


def refusal(found: Found) -> GatewayError | None:
    """Why this LiteLLM must not be run; None when nothing speaks against it."""
    where = str(found.executable)
    if found.version in MALICIOUS or any((place / IMPLANT).exists() for place in found.packages):
        remedy = "Do not start any Python of that environment. Delete it, and rotate every credential on this machine."
        problem = f"this is a malicious release of LiteLLM ({found.version or IMPLANT}), it steals credentials"
        return GatewayError(problem, remedy, where=where)
    if untrusted := _find_untrusted(found):
        return untrusted
    if found.shim:
        return GatewayError(
            "is a shim: which LiteLLM it starts cannot be told without running it",
            f'Give the real one, for example --litellm "$(pyenv which litellm)". {INSTALL}',
            where=where,
        )
    if found.version and _number(found.version) < _number(OLDEST):
        problem = f"LiteLLM {found.version} is too old to be run here; {OLDEST} is the oldest to use"
        return GatewayError(problem, f"Upgrade it to {LITELLM_KNOWN_GOOD}. {INSTALL}", where=where)
    return None


def _find_untrusted(found: Found) -> GatewayError | None:
    """The error when another user can change this LiteLLM or its Python."""
    paths = [found.executable, *found.packages]
    if found.python:
        # Not what it links to: the machine's own Python is not ours to judge.
        paths.append(found.python.parent)
    try:
        trust.require(*paths)
    except Conflict as error:
        return error
    return None


def warnings(found: Found) -> list[str]:
    """What to know about this LiteLLM although it may be run."""
    if found.version is None:
        return [f"{found.executable}: the version of this LiteLLM cannot be told; tested is {LITELLM_KNOWN_GOOD}"]
    told = []
    if _number(found.version) != _number(LITELLM_KNOWN_GOOD):
        age = "older" if _number(found.version) < _number(LITELLM_KNOWN_GOOD) else "newer"
        told.append(f"LiteLLM {found.version} is {age} than the one that was tested, {LITELLM_KNOWN_GOOD}")
    uvicorn = next((version for place in found.packages for version in _versions(place, "uvicorn")), None)
    if uvicorn is None:
        told.append("uvicorn is missing beside LiteLLM: it was installed without its proxy; install 'litellm[proxy]'")
    elif _number(uvicorn) < _number(OLDEST_UVICORN):
        told.append(f"uvicorn {uvicorn} is older than {OLDEST_UVICORN}: the gateway cannot be started with it")
    return told


def missing_modules(found: Found, modules: Iterable[str]) -> list[str]:
    """Which of *modules* (dotted names) are not among LiteLLM's packages; none when these cannot be seen."""
    if not found.packages:
        return []
    return [module for module in modules if not any(_holds(place, module) for place in found.packages)]


def install_known_good(layout: Layout) -> None:
    """Install the pinned LiteLLM into this gateway's own environment, if none stands there."""
    from tasks.core.litellm import packages

    if is_ours(layout) and not _half_made(layout.venv):
        return
    if layout.venv.exists() and not is_ours(layout):  # made by a person: added to, never replaced
        trust.require(layout.venv)
        packages.install(layout.venv, lock(layout), takes=TAKES)
    else:
        use(layout, make(layout))
        forget_others(layout)


def make(layout: Layout) -> Path:
    """Make an environment with the pinned LiteLLM, or find it made: its folder."""
    import sys

    from tasks.core.disk import files
    from tasks.core.litellm import packages

    if sys.version_info[:2] > NEWEST_PYTHON:
        raise _refuse_python(layout, sys.version_info[:2])
    trust.require(layout.gateway)
    files.make_private_dir(layout.gateway)
    made = layout.gateway / f"{layout.venv.name}-{packages.digest(lock(layout))[:12]}"
    if not packages.installed(made, lock(layout)):
        _install_whole(layout, made)
    return made


def _refuse_python(layout: Layout, version: tuple[int, int]) -> GatewayError:
    """The error for a Python that LiteLLM's packages are too old for."""
    newest = ".".join(map(str, NEWEST_PYTHON))
    this = ".".join(map(str, version))
    remedy = "remove .venv and run it on dodo.py again"
    if is_packaged(layout.project):
        remedy = f"uv tool install --python {newest} {PACKAGE}"
    problem = f"LiteLLM {LITELLM_KNOWN_GOOD} cannot be installed for Python {this}"
    return GatewayError(problem, f"Use Python 3.11 to {newest}: {remedy}")


def _install_whole(layout: Layout, made: Path) -> None:
    """Install into *made*; what fails or is interrupted leaves nothing."""
    from tasks.core.litellm import packages

    try:
        packages.install(made, lock(layout), takes=TAKES)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def use(layout: Layout, venv: Path) -> None:
    """Have `venv` of the gateway's folder lead to this environment, from one moment to the next."""
    if layout.venv.is_dir() and not layout.venv.is_symlink():  # ours, as it was made before there were several
        layout.venv.rename(moved(layout))
    new = layout.venv.with_name(f".{layout.venv.name}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(venv.name)
    new.replace(layout.venv)


def moved(layout: Layout) -> Path:
    """Where an environment goes that stands in the place of `venv` itself."""
    return layout.gateway / f"{layout.venv.name}-former"


def forget_others(layout: Layout) -> None:
    """Remove the environments of ours to which `venv` does not lead."""
    for each in environments(layout):
        if each.name != layout.venv.resolve().name:
            shutil.rmtree(each, ignore_errors=True)  # a left-over costs space only, and goes the next time


def forget_abandoned(layout: Layout, in_use: str) -> bool:
    """Remove the environments that a command left when it died; whether there were any.

    They are ours, nothing leads to them, and the gateway, which runs the program *in_use*, does not
    run from there.
    """
    from tasks.core.litellm import packages

    before = find_spare(layout)
    for folder in before:
        is_ours = packages.is_ours(folder) or packages.is_begun(folder)
        is_used = Path(in_use).is_relative_to(folder.resolve()) or packages.is_being_made(folder)
        if is_ours and not is_used:
            shutil.rmtree(folder, ignore_errors=True)
    return find_spare(layout) != before


def find_spare(layout: Layout) -> list[Path]:
    """The environments beside the one to which `venv` leads."""
    current = layout.venv.resolve().name
    found = layout.gateway.glob(f"{layout.venv.name}-*")
    return [path for path in found if path.name != current and path.is_dir()]


def forget_since(layout: Layout, before: list[Path]) -> None:
    """Remove the environments made since *before*, whole or not, and a `venv` that leads there."""
    for path in environments(layout):
        if path in before:
            continue
        if layout.venv.is_symlink() and layout.venv.resolve() == path.resolve():
            layout.venv.unlink()
        shutil.rmtree(path, ignore_errors=True)


def environments(layout: Layout) -> list[Path]:
    """The environments that were made here."""
    from tasks.core.litellm import packages

    found = [layout.venv, *layout.gateway.glob(f"{layout.venv.name}-*")]
    return [each for each in found if not each.is_symlink() and (each / packages.STAMP).exists()]


def is_ours(layout: Layout) -> bool:
    """Whether the environment of this gateway was made here."""
    from tasks.core.litellm import packages

    return packages.is_ours(layout.venv)


def is_installed(layout: Layout) -> bool:
    """Whether the pinned LiteLLM stands in this gateway's own environment, whole."""
    from tasks.core.litellm import packages

    return packages.installed(layout.venv, lock(layout))


def lock(layout: Layout) -> Path:
    """The pinned LiteLLM and everything that it needs, with hashes."""
    return layout.project / "requirements" / "litellm.txt"


def _given(text: str) -> Path:
    """The program that --litellm means."""
    remedy = "Give the path of the litellm program, or of the virtual environment that it is in."
    if "\0" in text:
        raise UsageError("a path cannot hold a NUL character", remedy, where="--litellm")
    path = Path(text).expanduser().absolute()
    for candidate in (path, path / "bin" / "litellm", path / "litellm"):
        if _runnable(candidate):
            return candidate
    raise UsageError("no program that can be run" if path.exists() else "there is nothing", remedy, where=str(path))


def _runnable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _half_made(venv: Path) -> bool:
    from tasks.core.litellm import packages

    return packages.unfinished(venv)


def _folders(path: str) -> list[Path]:
    """The folders of PATH; what is relative to wherever one stands is left out."""
    return [Path(folder) for folder in path.split(os.pathsep) if folder.startswith("/")]


def _python(executable: Path) -> Path | None:
    """The interpreter that the first line of a script names; None when it names no Python."""
    try:
        with executable.open("rb") as file:
            head = file.read(1024).decode("utf-8", "replace")
    except OSError:
        return None
    # Where the path is long or has spaces, pip and uv write #!/bin/sh and hand over in the second line.
    match = re.match(r"""#!/bin/sh\n'''exec' (['"]?)(/[^\n]*?)\1 "\$0\"""", head) or re.match(r"#!\s*()(/\S+)", head)
    return Path(match[2]) if match and Path(match[2]).name.startswith("python") else None


def _packages(executable: Path, python: Path | None) -> list[Path]:
    """The folders its packages can be in: beside the program and the interpreter, of its Python where known."""
    prefixes = [executable.parent.parent] + ([python.parent.parent] if python else [])
    names = ("lib/python3*/site-packages", "lib64/python3*/site-packages", "lib/python3*/dist-packages")
    places = list(dict.fromkeys(place for each in prefixes for name in names for place in sorted(each.glob(name))))
    own = {"python3", python.resolve().name} if python else set()
    return [place for place in places if place.parent.name in own] or places


def _versions(place: Path, package: str) -> list[str]:
    """The versions of *package* in a site-packages, newest first; more than one is a broken installation."""
    found = [folder.name[len(package) + 1 : -len(".dist-info")] for folder in place.glob(f"{package}-*.dist-info")]
    return sorted(found, key=_number, reverse=True)


def _holds(place: Path, module: str) -> bool:
    """Whether *module* can be imported from *place*, as far as file names tell."""
    path = place.joinpath(*module.split("."))
    return path.is_dir() or path.with_name(path.name + ".py").exists() or any(path.parent.glob(f"{path.name}.*.so"))


def _number(version: str) -> tuple[int, ...]:
    """The leading numbers of a version, for comparing."""
    match = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, match[0].split("."))) if match else ()
