"""Manifests and changes: what should stand, what was last written, what is found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.model.catalogue import NOTHING, Setting
from tasks.core.model.choices import Choices
from tasks.core.model.errors import InvalidInput, NewerVersion

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


VERSION = "1.0"
SOURCE = "gatehand"


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_PLAIN_ADDRESS = re.compile(r"https?://[\w.-]+(:\d{1,4})?(/[\w./-]*)?", re.ASCII)
"""What needs no closer look, which would cost an import."""


PROGRAMS = (".sh", ".py")
"""How the names of deployed programs end.

What a user is invited to edit, litellm_config.yaml or .env, is none.
"""


FIELDS = frozenset(
    {
        "version",
        "deployment_id",
        "timestamp",
        "revision",
        "source_spec",
        "source_version",
        "deployed_by",
        "gateway_type",
        "gateway_url",
        "models",
        "token_variable",
        "files",
        "modes",
        "environment_variables",
        "backup_path",
        "flags_used",
        "recipe",
        "own_templates",
        "choices",
    }
)
"""What a manifest of this version has."""


class Manifest(NamedTuple):
    """What a release consists of, and, once installed, what was last written and when.

    *files* maps a file to the digest of its content (keyed where the file holds secrets), *modes* to its
    permissions; *variables* says "set" or, where it is no secret, the value. *token_variable* names the one in
    .env that holds what Claude Code shows the gateway. *recipe*: what the files were rendered by, "" where that is
    not known (see deploying.render.find_recipe). *own_templates*: see catalogue.own.select.
    """

    deployment_id: str
    timestamp: str
    source_version: str
    gateway_type: str
    gateway_url: str
    models: tuple[str, ...]
    files: Mapping[str, str]
    modes: Mapping[str, str]
    choices: Mapping[str, Any]
    token_variable: str = "LITELLM_MASTER_KEY"  # noqa: S105 - a name
    deployed_by: str = ""
    variables: Mapping[str, str] = NOTHING
    backup_path: str | None = None
    flags_used: tuple[str, ...] = ()
    recipe: str = ""
    revision: int = 0
    own_templates: Mapping[str, str] = NOTHING

    def to_json(self) -> dict[str, Any]:
        """The manifest as it is written, in the plan's names."""
        return {
            "version": VERSION,
            "deployment_id": self.deployment_id,
            "timestamp": self.timestamp,
            "revision": self.revision,
            "source_spec": SOURCE,
            "source_version": self.source_version,
            "deployed_by": self.deployed_by,
            "gateway_type": self.gateway_type,
            "gateway_url": self.gateway_url,
            "models": list(self.models),
            "token_variable": self.token_variable,
            "files": dict(self.files),
            "modes": dict(self.modes),
            "environment_variables": dict(self.variables),
            "backup_path": self.backup_path,
            "flags_used": list(self.flags_used),
            "recipe": self.recipe,
            "own_templates": dict(self.own_templates),
            "choices": dict(self.choices),
        }

    @classmethod
    def from_json(cls, data: Any, where: str) -> Manifest:  # noqa: ANN401 - whatever the file holds
        """The manifest that to_json() wrote; NewerVersion, or InvalidInput when it is damaged."""
        try:
            refuse_newer(data["version"], data.keys() - FIELDS, where)
            refuse_newer_choices(data["choices"], where)
            return cls(
                deployment_id=_line(data["deployment_id"]),
                timestamp=_line(data["timestamp"]),
                source_version=_line(data["source_version"]),
                gateway_type=_line(data["gateway_type"]),
                gateway_url=_url(data["gateway_url"]),
                models=tuple(map(_line, data["models"])),
                files=dict(data["files"]),
                modes=dict(data["modes"]),
                choices=dict(data["choices"]),
                token_variable=str(data["token_variable"]),
                deployed_by=_line(data["deployed_by"]),
                variables=dict(data["environment_variables"]),
                backup_path=data["backup_path"],
                flags_used=tuple(data["flags_used"]),
                recipe=str(data.get("recipe", "")),
                revision=int(data["revision"]),
                own_templates=dict(data.get("own_templates", {})),
            )
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
            raise InvalidInput(
                f"is no manifest of ours ({error.__class__.__name__}: {error})",
                "Move it away and deploy again; the files beside it are then treated as yours.",
                where=where,
            ) from None


def _line(value: object) -> str:
    """*value* as one line of text; ValueError when it is none, as nothing that we write is."""
    text = str(value)
    if _CONTROL.search(text):
        raise ValueError(f"{text!r} holds control characters")
    return text


def _url(value: object) -> str:
    """*value* as an address, or as none at all.

    ValueError when it is neither.
    """
    text = _line(value)
    if not text or _PLAIN_ADDRESS.fullmatch(text):
        return text
    from urllib.parse import urlsplit

    parts = urlsplit(text)
    is_known = parts.scheme in ("http", "https")
    # A port that is none raises ValueError when it is asked for.
    if not is_known or not parts.hostname or parts.port == 0:
        raise ValueError(f"{text!r} is no address")
    return text


def refuse_newer(version: object, unknown: Collection[str], where: str) -> None:
    """NewerVersion where a manifest of *version* has what this one does not know.

    TypeError when that is no version.
    """
    if not isinstance(version, str) or re.fullmatch(r"[0-9]+(\.[0-9]+)*", version) is None:
        raise TypeError("version")
    if version != VERSION or unknown:
        raise NewerVersion(version, where=where)


def refuse_newer_choices(choices: Mapping[str, Any], where: str) -> None:
    """NewerVersion where something was chosen that this version does not know.

    Without it the same would be deployed as something else.
    """
    unknown = sorted(choices.keys() - set(Choices._fields))
    if unknown:
        raise NewerVersion(f"it has the choice {unknown[0]!r}", where=where)


class Wanted(NamedTuple):
    """One file as it should stand.

    *how* somebody's edits of it are treated: "merge" them, "replace" the file and keep theirs beside, or "fill":
    *data* was made from what is found, so theirs are in it already. *again*: labels of what is asked for by name, so it
    comes although the user took it out before.
    """

    file: str
    data: bytes
    mode: int
    how: str
    again: tuple[str, ...] = ()


class Standing(NamedTuple):
    """One deployed file as it is found: its content and mode, what we last rendered for it, what we last left there.

    *left* is the digest that its revision records, the user's edits merged in. *removed*: what the
    user took out of it before (see merge.removed).
    """

    found: bytes | None = None
    mode: int | None = None
    released: bytes | None = None
    left: str | None = None
    removed: tuple[str, ...] = ()


class Change(NamedTuple):
    """What happens to one deployed file, and why.

    *kind*: create, update, merge, replace (yours is kept beside), mode, remove, keep (yours stays) or unchanged;
    *data* is what will stand, None when it goes; *found* is what stands now, and is kept as *beside* where given.
    *lost*: comments of the user's that were inside of what is gone.
    """

    file: str
    kind: str
    data: bytes | None
    mode: int
    found: bytes | None
    note: str = ""
    beside: str = ""
    lost: tuple[str, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether anything is done at all."""
        return self.kind not in ("unchanged", "keep")


class Revision(NamedTuple):
    """What a deployment, rollback or uninstall made true.

    *action* says which it was; *how* says per file how edits of it are treated (see release.Wanted); of a secret
    setting only the name of its variable is known; *removed* says per file what the user took out of it.
    """

    action: str
    manifest: Manifest
    how: Mapping[str, str]
    settings: tuple[Setting, ...]
    removed: Mapping[str, tuple[str, ...]] = NOTHING

    @property
    def number(self) -> int:
        """Counts up from 1."""
        return self.manifest.revision

    def to_json(self) -> dict[str, Any]:
        """As JSON values; from_json() reads them back."""
        return {
            "action": self.action,
            "manifest": self.manifest.to_json(),
            "how": dict(self.how),
            "settings": settings_to_json(self.settings),
            "removed": {name: list(labels) for name, labels in self.removed.items()},
        }

    @classmethod
    def from_json(cls, data: Any, where: str) -> Revision:  # noqa: ANN401 - whatever the file holds
        """What to_json() wrote; NewerVersion, or InvalidInput when it is damaged."""
        try:
            manifest = Manifest.from_json(data["manifest"], where)
            unknown = data.keys() - {"action", "manifest", "how", "settings", "removed"}
            unknown |= {name for each in data["settings"] for name in each.keys() - set(Setting._fields)}
            refuse_newer(VERSION, unknown, where)
            removed = data.get("removed", {}).items()
            return cls(
                action=str(data["action"]),
                manifest=manifest,
                how=dict(data["how"]),
                settings=settings_from_json(
                    data["settings"],
                ),
                removed={name: tuple(labels) for name, labels in removed},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidInput(
                f"is no revision of ours ({error.__class__.__name__})", "See the others with: doit history", where=where
            ) from None


def settings_to_json(settings: tuple[Setting, ...]) -> list[dict[str, Any]]:
    """As JSON values; what a setting has not is left out."""
    described = []
    for setting in settings:
        fields = setting._asdict().items()
        known = {name: value for name, value in fields if value not in (None, ())}
        described.append(known)
    return described


def settings_from_json(data: Any) -> tuple[Setting, ...]:  # noqa: ANN401 - whatever the file holds
    """What settings_to_json() wrote."""
    settings: list[Setting] = []
    for fields in data:
        path = tuple(fields["path"])
        known = {**fields, "path": path}
        settings.append(Setting(**known))
    return tuple(settings)
