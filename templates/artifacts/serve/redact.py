"""What is a secret in the environment of a worker, and texts without it.

This program is deployed alone, so it has a copy of its own of what names tell of a secret. A test
holds it to the project's: it hides whatever that one hides.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET = re.compile(
    "KEY|SECRET|TOKEN|PASSW|PASSPHRASE|PWD|CREDENTIAL|AUTHORIZATION|COOKIE|HEADERS|WEBHOOK|_URL",
    re.IGNORECASE,
)
"""Found in the name of a variable: its value is one, or an address, which may hold a password."""
SHORTEST = 8
"""Characters: a shorter value occurs in words that have nothing to do with it."""
PASSWORD = re.compile(r"(://[^/\s:@]*:)(?!\*+@)[^@\s/]+(?=@)")
"""The password in an address: HTTPS_PROXY has one whose name tells nothing."""
HIDDEN = "[hidden]"


def redact(text: str, environment: Mapping[str, str]) -> str:
    """*text* without the values of secret variables, and without passwords in addresses."""
    secrets = set()
    for name, value in environment.items():
        if SECRET.search(name) and len(value) >= SHORTEST:
            secrets.add(value)
    # The longest first: of two values that begin alike, none may leave its end behind.
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return PASSWORD.sub(rf"\1{HIDDEN}", text)
