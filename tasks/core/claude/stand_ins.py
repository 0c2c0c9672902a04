"""What takes the place of secrets and addresses in a private copy of the settings.

    a credential   a mark that begins as it does: Claude Code goes by how a key begins
    an address     the recorder's, with a path of its own for each
    a proxy        the recorder

The same value gets the same mark wherever it is, so that a mark that arrives somewhere tells which
credential it was, and no secret leaves this process.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tasks.core.catalogue import client_facts
from tasks.core.claude.settings_edit import ALL_PROXIES
from tasks.core.model import secret_patterns
from tasks.core.model.network import LOOPBACK, find_host, is_local, is_spared

if TYPE_CHECKING:
    from collections.abc import Collection

NO_PROXY = ("NO_PROXY", "no_proxy")

HEADERS = "ANTHROPIC_CUSTOM_HEADERS"

START = re.compile(r"sk-ant-[a-z]+\d*-|(?:Bearer|Basic) +", re.IGNORECASE)
"""How a credential begins, as far as that decides something."""

MARK = "{start}gatehand-stand-in-{number:012}"

ADDRESS = "{recorder}/stand-in-{number}"

PORT = re.compile(r"^([^:]+):\d+$")
"""An entry of NO_PROXY with a port; an address of IPv6 has more colons."""

LOCAL_PROXY_PARTS = ("127.", "localhost", "::1", "[::1]")
"""How entries of NO_PROXY begin that are about this machine."""


@dataclass
class StandIns:
    """What takes the place of what; *recorder* is the address of the one that is asked instead.

    *address*: where Claude Code's requests go in the original. *known*: the variables that hold an
    address of a gateway, and those that hold a credential.
    """

    recorder: str
    address: str = ""
    known_addresses: Collection[str] = ()
    known_secrets: Collection[str] = ()
    no_socket: str = "/nonexistent"
    marks: dict[str, str] = field(default_factory=dict, repr=False)
    labels: dict[str, list[str]] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)

    def replace_variable(
        self,
        name: str,
        value: str,
    ) -> str:
        """What a variable of the environment has in the copy."""
        makers = {
            **dict.fromkeys(
                ALL_PROXIES,
                self.replace_proxy,
            ),
            **dict.fromkeys(
                NO_PROXY,
                self.replace_no_proxy,
            ),
            HEADERS: self.replace_headers,
        }
        if not value:
            return value
        if name in makers:
            return makers[name](value)
        if name == client_facts.SOCKET:
            return self.no_socket
        if name in self.known_addresses or re.match(r"\w+://", value):
            return self.replace_address(value)
        if name in self.known_secrets or is_secret(name, value):
            return self.replace_secret(value, name)
        return value

    def replace_secret(
        self,
        value: str,
        label: str,
    ) -> str:
        """The mark for a credential that was found as *label*."""
        mark = self.marks.get(value)
        if mark is None:
            start = START.match(value)
            mark = MARK.format(
                start=start[0] if start else "",
                number=len(self.marks),
            )
            self.marks[value] = mark
        labels = self.labels.setdefault(
            find_bare(mark),
            [],
        )
        if label not in labels:
            labels.append(label)
        return mark

    def replace_address(self, url: str) -> str:
        """The recorder's address for *url*; one of another form stays, it leads nowhere."""
        # A URL may have blanks in it, and one slash or none: those that a browser takes count.
        key = re.sub(r"\s", "", url).rstrip("/")
        if not re.match(
            "https?:",
            key,
            re.IGNORECASE,
        ):
            return url
        for made, original in self.addresses.items():
            if original == key:
                return made
        made = ADDRESS.format(
            recorder=self.find_recorder(key),
            number=len(self.addresses),
        )
        self.addresses[made] = key
        return made

    def find_recorder(self, url: str) -> str:
        """The recorder, by the name of this machine that *url* has."""
        if find_host(url) == "localhost":
            return self.recorder.replace("127.0.0.1", "localhost")
        return self.recorder

    def replace_proxy(self, value: str) -> str:
        """The recorder in the form of *value*: Claude Code treats a proxy by its form."""
        _, _, bare = self.recorder.partition("://")
        scheme, found, _ = value.partition("://")
        if not found:
            return bare
        if scheme.startswith("http"):
            return self.recorder
        return f"{scheme}://{bare}"

    def replace_no_proxy(self, value: str) -> str:
        """The hosts that are asked without proxy, of this machine only.

        No other host may be asked past the recorder. Where the gateway is on another machine, the
        recorder, which is on this one, is among them exactly when that gateway was.
        """
        entries = value.replace(",", " ").split()
        kept = [entry for entry in entries if entry.startswith(LOCAL_PROXY_PARTS)]
        if "*" in entries:
            kept = [*LOOPBACK]
        if not is_local(self.address):
            kept = []
            if is_spared(self.address, value):
                kept = [*LOOPBACK]
        _, _, port = self.recorder.rpartition(":")
        return ",".join(
            PORT.sub(
                rf"\1:{port}",
                entry,
            )
            for entry in kept
        )

    def replace_headers(self, text: str) -> str:
        """Headers, one a line, with a mark for each value."""
        lines = []
        for line in text.split("\n"):
            name, colon, value = line.partition(":")
            if value.strip():
                label = f"{HEADERS} ({name.strip()})"
                value = " " + self.replace_secret(
                    value.strip(),
                    label,
                )
            lines.append(f"{name}{colon}{value}")
        return "\n".join(lines)

    def find_labels(self, text: str) -> list[str]:
        """What a header holds: the names of the settings that it came from; none for another."""
        return self.labels.get(
            find_bare(text),
            [],
        )

    def find_value(self, text: str) -> str:
        """The credential behind the mark in a header; "" for another."""
        bare = find_bare(text)
        for value, mark in self.marks.items():
            if find_bare(mark) == bare:
                return value
        return ""

    def find_address(self, path: str) -> tuple[str, str]:
        """The original address of a request by its path, and the path there."""
        for made, original in self.addresses.items():
            start = urlsplit(made).path
            if path == start or path.startswith(f"{start}/"):
                return original, path.removeprefix(start)
        return "", path


def find_bare(text: str) -> str:
    """A mark without the scheme before it, as a client may add one."""
    return re.sub(
        r"(?i)^(bearer|basic) +",
        "",
        text.strip(),
    )


def is_secret(name: str, value: str) -> bool:
    """Whether a variable holds a secret."""
    is_told = secret_patterns.is_secret_name(name)
    return is_told or secret_patterns.holds_secret(value)
