"""One entry of the history: a release as it was installed, and how Claude Code was joined to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.model.catalogue import Setting
from tasks.model.errors import InvalidInput
from tasks.model.release import Manifest

if TYPE_CHECKING:
    from collections.abc import Mapping


class Revision(NamedTuple):
    """What a deployment, rollback or uninstall made true.

    *action* says which it was; *how* says per file how edits of it are treated (see release.Wanted); of a secret
    setting only the name of its variable is known.
    """

    action: str
    manifest: Manifest
    how: Mapping[str, str]
    settings: tuple[Setting, ...]

    @property
    def number(self) -> int:
        """Counts up from 1."""
        return self.manifest.revision

    def to_json(self) -> dict[str, Any]:
        """As JSON values; from_json() reads them back."""
        settings = [
            {name: value for name, value in each._asdict().items() if value is not None} for each in self.settings
        ]
        return {"action": self.action, "manifest": self.manifest.to_json(), "how": dict(self.how), "settings": settings}

    @classmethod
    def from_json(cls, data: Any, where: str) -> Revision:  # noqa: ANN401 - whatever the file holds
        """What to_json() wrote; InvalidInput when it is damaged."""
        try:
            settings = tuple(Setting(**{**each, "path": tuple(each["path"])}) for each in data["settings"])
            return cls(str(data["action"]), Manifest.from_json(data["manifest"], where), dict(data["how"]), settings)
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInput(
                f"is no revision of ours ({error.__class__.__name__})", "See the others with: doit history", where=where
            ) from None
