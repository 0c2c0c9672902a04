"""Where a project starts claude: in CI, in a container, in a program with the Agent SDK.

Those do not read the settings of this machine, or need not. That is no fault, so it is a note.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.catalogue import client_facts
from tasks.core.doctor.case import SKIP, Check
from tasks.core.doctor.editors import LINK
from tasks.core.values import shell_profiles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.doctor.case import Case


class Sign(NamedTuple):
    """Files below a project's root, the words in them that start claude, and what to do there."""

    files: str
    words: re.Pattern[str]
    says: str


ACTION = re.compile(
    r"anthropics/claude-code(-base)?-action@|(^|[\s\"'])claude (-p|--print)\b",
    re.MULTILINE,
)
CI = "starts claude in CI, without your settings: give it ANTHROPIC_BASE_URL and a token as env"
CONTAINER = re.compile(r"devcontainer-features/claude-code|@anthropic-ai/claude-code")
INSIDE = "starts claude in a container with a ~/.claude of its own: deploy there, or mount yours"
SDK = re.compile(r"claude-(agent|code)-sdk\b")
PROGRAM = "uses the Agent SDK: it reads your settings, unless settingSources leaves out user"

SIGNS = (
    Sign(".github/workflows/*.y*ml", ACTION, CI),
    Sign(".gitlab-ci.yml", ACTION, CI),
    Sign(".devcontainer/*", CONTAINER, INSIDE),
    Sign("package.json", SDK, PROGRAM),
    Sign("pyproject.toml", SDK, PROGRAM),
    Sign("requirements.txt", SDK, PROGRAM),
)


def look(case: Case) -> Iterator[Check]:
    """A note for each file of the project that starts claude without naming a gateway."""
    root = case.layers.root
    for sign in SIGNS:
        for path in sorted(root.glob(sign.files)):
            text, _ = shell_profiles.text_of(path, "replace")
            found = sign.words.search(text or "")
            if not text or not found or client_facts.BASE_URL in text:
                continue
            line = text.count("\n", 0, found.start()) + 1
            where = case.layers.shown(path, line)
            yield Check(
                LINK,
                SKIP,
                f"{path.name} {sign.says}",
                where,
            )
