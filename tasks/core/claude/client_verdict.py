"""What the installed Claude Code says of a settings file: what it reads, and what it ignores.

The file is copied into an empty folder and `claude doctor` is run there. That needs no network,
asks no model and changes nothing of the user's.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.claude import contract
from tasks.core.disk import files, programs

if TYPE_CHECKING:
    from collections.abc import Mapping

PATIENCE = 30
"""Seconds; usually it takes one."""

QUIET = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1"}
"""With these it neither connects nor updates itself."""

FINDING = re.compile(r"(?m)^- (?P<file>/.*settings\.json)(?: \S (?P<key>\S+))?: (?P<says>.+)$")

PART = re.compile(r"\b(was|is|were|are) ignored\b")
"""In a sentence on something that does not concern the rest of the file."""


def read_facts(
    program: Path,
    environ: Mapping[str, str],
) -> dict[str, Any]:
    """All facts of one Claude Code: what its program names, and what it answers."""
    made = contract.read(program)
    made["settings"] = find_types(program, made["settings"], environ)
    return made


class Finding(NamedTuple):
    """What Claude Code says of one key; the key is "" where the file is no JSON."""

    key: str
    says: str

    @property
    def is_for_whole_file(self) -> bool:
        """Whether all of the file is ignored for it, and not only that key."""
        return not PART.search(self.says)


def judge(
    program: str | Path,
    data: bytes,
    environ: Mapping[str, str],
) -> list[Finding]:
    """What is wrong with the settings file *data* for the Claude Code *program*.

    OSError when that cannot be run, TimeoutError when it does not end.
    """
    with tempfile.TemporaryDirectory(prefix="gateway-") as folder:
        path = Path(folder, "settings.json")
        files.write(path, data, 0o600)
        alone = {"CLAUDE_CONFIG_DIR": folder, "HOME": folder}
        command = [str(program), "doctor"]
        done = programs.run(
            command,
            programs.plain(environ) | QUIET | alone,
            cwd=Path(folder),
            patience=PATIENCE,
        )
    return read_findings(done.stdout.decode(errors="replace"))


def read_findings(text: str) -> list[Finding]:
    """The findings in what `claude doctor` printed, each once."""
    found = [
        Finding(
            match["key"] or "",
            match["says"],
        )
        for match in FINDING.finditer(text)
    ]
    return list(dict.fromkeys(found))


VALUES = {
    "boolean": "true",
    "number": "7",
    "string": '"x"',
    "array": "[]",
    "object": "{}",
    "null": "null",
}
"""A value of each JSON type."""


def find_types(
    program: Path,
    keys: list[str],
    environ: Mapping[str, str],
) -> dict[str, str]:
    """For each of *keys* the JSON types for which the whole file is ignored, with blanks between.

    All keys are tried at once, with one type after the other. A key may be reported under another
    name, as allowedMarketplaces is, so what seems harmless is tried again.
    """
    found: dict[str, list[str]] = {key: [] for key in keys}
    for kind in VALUES:
        named = _find_named(program, keys, kind, environ)
        rest = [key for key in keys if key not in named]
        voiding = named | _find_unnamed(program, rest, kind, environ)
        for key in keys:
            if key in voiding:
                found[key].append(kind)
    return {key: " ".join(kinds) for key, kinds in found.items()}


def _find_named(
    program: Path,
    keys: list[str],
    kind: str,
    environ: Mapping[str, str],
) -> set[str]:
    """The keys that are reported when each of *keys* has a value of type *kind*."""
    members = ",".join(f'"{key}":{VALUES[kind]}' for key in keys)
    named = set()
    for finding in judge(program, f"{{{members}}}".encode(), environ):
        if finding.is_for_whole_file and not _is_of_type(finding, kind):
            named.add(finding.key)
    return named


def _find_unnamed(
    program: Path,
    keys: list[str],
    kind: str,
    environ: Mapping[str, str],
) -> set[str]:
    """Those of *keys* for which the file is ignored, whatever name is reported: by halves."""
    if not keys or not _find_named(program, keys, kind, environ):
        return set()
    if len(keys) == 1:
        return set(keys)
    half = len(keys) // 2
    first = _find_unnamed(
        program,
        keys[:half],
        kind,
        environ,
    )
    return first | _find_unnamed(
        program,
        keys[half:],
        kind,
        environ,
    )


def _is_of_type(finding: Finding, kind: str) -> bool:
    """Whether the type is right, and only the value of ours is not one that the key may have."""
    says = finding.says.lower()
    return f"expected {kind}" in says or (kind == "string" and "expected one of" in says)
