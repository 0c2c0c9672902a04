"""What a worker is started with, and the digests by which others recognize it."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, NamedTuple

from .environment import worker_environment
from .private_file import write_private

if TYPE_CHECKING:
    from pathlib import Path


class Source(NamedTuple):
    """A configuration, the environment of a worker that serves it, and the digest of its .env."""

    config: bytes
    environment: dict[str, str]
    digest: str

    @property
    def revision(self) -> str:
        """What x-gateway-revision says of this configuration."""
        return revision_of(self.config)


def read_source(config: Path, instance: str) -> Source:
    """The current configuration and the .env beside it.

    *instance* is the word that the digest of .env is keyed with. OSError when one of the two files
    cannot be read.
    """
    data = config.with_name(".env").read_bytes()
    # The way that Python itself decodes an environment, so that any byte comes through.
    text = data.decode("utf-8", "surrogateescape")
    environment = worker_environment(os.environ, text, config)
    return Source(config.read_bytes(), environment, keyed(instance, data))


def copy_source(source: Source, file: Path) -> Source:
    """*source* with its configuration in *file*, because the original has changed since.

    Its revision and its digest stay, so that readers of the status see that it is not current.
    """
    write_private(file, source.config.decode("utf-8", "surrogateescape"))
    environment = dict(source.environment)
    environment["CONFIG_FILE_PATH"] = str(file)
    return source._replace(environment=environment)


def revision(path: Path) -> str:
    """The revision of a file: of a configuration, what x-gateway-revision says."""
    return revision_of(path.read_bytes())


def revision_of(data: bytes) -> str:
    """The first 12 digits of the SHA-256, which anybody can check with sha256sum."""
    return hashlib.sha256(data).hexdigest()[:12]


def keyed(word: str, data: bytes) -> str:
    """A short digest of *data* that reveals nothing to a reader who does not know *word*.

    BLAKE2 takes a key of at most 64 bytes.
    """
    return hashlib.blake2b(data, key=word.encode()[:64], digest_size=6).hexdigest()
