"""What gcloud remembers, read from its files: the project of its configuration, and where its credentials lie."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.tools.profiles import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

ADC = "gcloud application default credentials"
"""The source of a credentials path that `gcloud auth application-default login` left."""


def directory(home: Path, environ: Mapping[str, str]) -> Path:
    """Where gcloud and google-auth keep their files."""
    return Path(environ.get("CLOUDSDK_CONFIG") or home / ".config" / "gcloud")


def credentials(home: Path, environ: Mapping[str, str]) -> Path | None:
    """The file of the application default credentials, when there is one."""
    path = directory(home, environ) / "application_default_credentials.json"
    return path if path.is_file() else None


def project(home: Path, environ: Mapping[str, str]) -> tuple[str, str]:
    """The project that gcloud works in and the source that told it; ("", "") when it has none."""
    if environ.get("CLOUDSDK_CORE_PROJECT"):
        return environ["CLOUDSDK_CORE_PROJECT"], "environment"
    root = directory(home, environ)
    name = environ.get("CLOUDSDK_ACTIVE_CONFIG_NAME") or (text_of(root / "active_config")[0] or "").strip() or "default"
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        return "", ""
    found = _project_in(text_of(root / "configurations" / f"config_{name}")[0] or "")
    return (found, f"gcloud configuration '{name}'") if found else ("", "")


def _project_in(text: str) -> str:
    if not text:
        return ""
    from configparser import Error, RawConfigParser

    parser = RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except Error:
        return ""
    return parser.get("core", "project", fallback="")
