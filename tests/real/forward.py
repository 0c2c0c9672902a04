"""A real forward proxy (proxy.py) that wants a password, and opens TLS where it is given an authority to do so with.

Names below .test lead to this machine, but only through it: who goes around it does not even find them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import trustme

USER, PASSWORD = "ada", "p@ss:w/rd"  # every one of these signs has a meaning in an address
SILENT = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


@dataclass
class Proxy:
    """One that runs."""

    url: str
    log: Path

    def came(self) -> str:
        """A line for each request that it has handled."""
        return self.log.read_text() if self.log.exists() else ""


@contextmanager
def forward(root: Path, opens: trustme.CA | None = None, beyond: Path | None = None) -> Iterator[Proxy]:
    """It runs while the block does; *opens*: with which authority it opens TLS, *beyond*: whom it trusts itself."""
    root.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "proxy", "--hostname", "127.0.0.1", "--port", "0", "--num-workers", "1"]
    command += ["--num-acceptors", "1", "--port-file", str(root / "port"), "--log-file", str(root / "log")]
    command += ["--basic-auth", f"{USER}:{PASSWORD}", "--plugins", "names.Names", "--data-dir", str(root / "data")]
    if opens and beyond:
        command += [*_authority(root, opens), "--ca-file", str(beyond)]
    search = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    environ = os.environ | {"PYTHONPATH": search, "HOME": str(root)}
    with subprocess.Popen(command, cwd=root, env=environ, **SILENT) as made:
        try:
            yield Proxy(f"http://127.0.0.1:{_port(root / 'port', made)}", root / "log")
        finally:
            made.terminate()


def _authority(root: Path, opens: trustme.CA) -> list[str]:
    """The options of a proxy that opens TLS."""
    certificate, key, own = root / "ca.pem", root / "ca.key", root / "own.key"
    opens.cert_pem.write_to_path(str(certificate))
    opens.private_key_pem.write_to_path(str(key))
    own.write_bytes(opens.issue_cert("own.test").private_key_pem.bytes())
    options = {"cert-file": certificate, "key-file": key, "signing-key-file": own, "cert-dir": root / "made"}
    return [word for name, path in options.items() for word in (f"--ca-{name}", str(path))]


def _port(path: Path, process: subprocess.Popen[bytes]) -> int:
    for _ in range(400):
        if path.exists() and (text := path.read_text().strip()):
            return int(text)
        assert process.poll() is None, "the proxy has ended"
        time.sleep(0.05)
    raise AssertionError("the proxy does not listen")
