"""Whose is which key of settings.json: what stood there before we wrote, and a fingerprint of what we wrote."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.model.catalogue import NOTHING
from tasks.core.model.errors import InvalidInput, NewerVersion
from tasks.core.model.secret import unshown
from tasks.core.text.json_edit import REMOVE, Path, canonical, decoded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasks.core.text.text_edit import Recipe

VERSION = 2
"""1 had no *beside*."""
KEY_BYTES = 32

BASE_URL: Path = ("env", "ANTHROPIC_BASE_URL")
CREDENTIALS: frozenset[Path] = frozenset(
    {
        ("env", "ANTHROPIC_AUTH_TOKEN"),
        ("env", "ANTHROPIC_API_KEY"),
        ("env", "ANTHROPIC_CUSTOM_HEADERS"),
        ("apiKeyHelper",),
    }
)
"""Keys whose value must never meet another server than the one it stood beside."""


class Owned(NamedTuple):
    """A key that we wrote: the source text that stood there (None: nothing), and what of ours stands there.

    *bound_to* is the base URL beside which a displaced credential stood (None: none was set).
    """

    before: str | None
    fingerprint: str
    bound_to: str | None = None

    def __repr__(self) -> str:
        return unshown(self)


class Displaced(NamedTuple):
    """A foreign credential that could not be put back: kept until its owner fetches it."""

    path: Path
    text: str
    bound_to: str | None

    def __repr__(self) -> str:
        return unshown(self)


class Seal(NamedTuple):
    """The way back to the bytes before us, good for exactly the file with this keyed digest."""

    digest: str
    recipe: Recipe

    def __repr__(self) -> str:
        return unshown(self)


class Ledger(NamedTuple):
    """What is ours in settings.json, and what we displaced; to be kept 0600, there may be credentials in it.

    *beside*: the fingerprints of the user's credentials that were there when our base URL
    replaced the user's.
    """

    file_existed: bool
    owned: Mapping[Path, Owned] = NOTHING
    created: tuple[Path, ...] = ()
    displaced: tuple[Displaced, ...] = ()
    seal: Seal | None = None
    beside: Mapping[Path, str] = NOTHING

    def __repr__(self) -> str:
        return unshown(self)

    def sealed(self, data: bytes, recipe: Recipe, key: bytes) -> Ledger:
        """This ledger with the way back from *data*."""
        return self._replace(seal=Seal(digest(key, data), recipe))

    def way_back(self, data: bytes, key: bytes) -> Recipe | None:
        """The recipe for the bytes before us, if *data* is exactly what we left."""
        return self.seal.recipe if self.seal and same(self.seal.digest, digest(key, data)) else None

    def to_json(self) -> str:
        """As the text of a file; from_json() reads it back."""
        owned = [
            {"path": path, "before": one.before, "fingerprint": one.fingerprint, "bound_to": one.bound_to}
            for path, one in self.owned.items()
        ]
        displaced = [{"path": one.path, "text": one.text, "bound_to": one.bound_to} for one in self.displaced]
        content: dict[str, Any] = {
            "version": VERSION,
            "file_existed": self.file_existed,
            "owned": owned,
            "created": self.created,
            "displaced": displaced,
            "seal": self.seal and {"digest": self.seal.digest, "recipe": self.seal.recipe},
            "beside": [],
        }
        for path, mark in self.beside.items():
            content["beside"].append(
                {
                    "path": path,
                    "fingerprint": mark,
                }
            )
        return json.dumps(content, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes, where: str = "settings-ledger.json") -> Ledger:
        """Read what to_json() wrote; NewerVersion, or InvalidInput when it is damaged."""
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            # not chained: the text may hold credentials
            raise InvalidInput("is damaged", where=where) from None
        return cls.from_content(content, where)

    @classmethod
    def from_content(cls, content: Any, where: str) -> Ledger:  # noqa: ANN401 - whatever the file holds
        """As from_json(), for JSON that was read already."""
        try:
            if _is_newer(content):
                raise NewerVersion(content["version"], where=where)
            return _read(content)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise InvalidInput("is damaged", where=where) from None


def fingerprint(key: bytes, path: Path, value: object) -> str:
    """Recognises *value* (any JSON value, or REMOVE for nothing) at *path* again, and gives nothing of it away."""
    content: list[object] = [list(path)] if value is REMOVE else [list(path), value]
    return _keyed(key, b"value " + canonical(content).encode())


def digest(key: bytes, data: bytes) -> str:
    """Recognises the bytes of a file again."""
    return _keyed(key, b"file " + data)


def same(one: str, other: str) -> bool:
    """Whether two fingerprints are equal."""
    import hmac

    return hmac.compare_digest(one, other)


def _keyed(key: bytes, message: bytes) -> str:
    import hmac

    if len(key) != KEY_BYTES:
        raise ValueError(f"a fingerprint needs a key of {KEY_BYTES} bytes")
    return hmac.digest(key, message, "sha256").hex()


FIELDS = ("version", "file_existed", "owned", "created", "displaced", "seal", "beside")


def _is_newer(content: dict[str, Any]) -> bool:
    """Whether a newer version wrote *content*: it says so, or it has what this one does not know."""
    if content["version"] > VERSION:
        return True
    unknown = content.keys() - set(FIELDS)
    return bool(unknown)


def _read(content: dict[str, Any]) -> Ledger:
    """The ledger in *content*; ValueError, TypeError or KeyError for anything that to_json() does not write."""
    version = content["version"]
    if type(version) is not int or version not in {1, VERSION}:
        raise TypeError
    if version == 1:
        content = {**content, "beside": []}
    _fields(content, *FIELDS)
    if not isinstance(content["file_existed"], bool):
        raise TypeError
    owned = [_fields(one, "path", "before", "fingerprint", "bound_to") for one in _list(content["owned"])]
    displaced = [_fields(one, "path", "text", "bound_to") for one in _list(content["displaced"])]
    return Ledger(
        content["file_existed"],
        {
            _path(one["path"]): Owned(
                None if one["before"] is None else _source(one["before"]),
                _hex(one["fingerprint"]),
                _optional(one["bound_to"]),
            )
            for one in owned
        },
        tuple(_path(path) for path in _list(content["created"])),
        tuple(Displaced(_path(d["path"]), _source(d["text"]), _optional(d["bound_to"])) for d in displaced),
        _seal(content["seal"]),
        _marks(content["beside"]),
    )


def _marks(content: object) -> dict[Path, str]:
    """The fingerprints of *beside*, by their key."""
    marks = {}
    for one in _list(content):
        _fields(one, "path", "fingerprint")
        path = _path(one["path"])
        marks[path] = _hex(one["fingerprint"])
    return marks


def _seal(content: dict[str, Any] | None) -> Seal | None:
    if content is None:
        return None
    _fields(content, "digest", "recipe")
    return Seal(_hex(content["digest"]), tuple(_piece(piece) for piece in _list(content["recipe"])))


def _fields(content: dict[str, Any], *names: str) -> dict[str, Any]:
    if content.keys() != set(names):
        raise ValueError
    return content


def _path(names: object) -> Path:
    return tuple(_text(name) for name in _list(names) or [None])


def _piece(piece: object) -> tuple[int, int] | str:
    if isinstance(piece, list):
        start, end = piece
        if type(start) is type(end) is int and 0 <= start <= end:
            return start, end
        raise ValueError
    return _text(piece)


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _optional(value: object) -> str | None:
    return None if value is None else _text(value)


def _hex(value: object) -> str:
    bytes.fromhex(_text(value))
    return _text(value)


def _source(value: object) -> str:
    decoded(_text(value))
    return _text(value)
