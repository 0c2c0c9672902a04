"""The page of `doit profiles`: each profile and what it deploys, as JSON values and as lines.

templates/schemas/profiles.schema.json describes the values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.core.history import history
from tasks.core.model.choices import Choices
from tasks.core.model.deployment import settle
from tasks.core.model.errors import GatewayError
from tasks.core.profiles import named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tasks.core.model.catalogue import Catalogue
    from tasks.core.model.layout import Layout

    Load = Callable[[], Catalogue]

Profile = dict[str, Any]


def describe(layout: Layout, load: Load) -> dict[str, Any]:
    """Every profile, and their folder; *load* the catalogue only where there is a profile."""
    names = named.names(layout)
    profiles = [describe_profile(layout, load, name) for name in names]
    return {"folder": str(layout.profiles), "profiles": profiles}


def describe_profile(layout: Layout, load: Load, name: str) -> Profile:
    """One profile; `problem` says why it cannot be deployed any more."""
    profile: Profile = {
        "name": name,
        "deployed": False,
        "preset": None,
        "url": None,
        "models": [],
    }
    try:
        choices = named.read(layout, name)
        profile["preset"] = choices.preset
        profile["deployed"] = choices == find_deployed(layout)
        deployment = settle(choices, load())
    except GatewayError as error:
        words = str(error).split()
        profile["problem"] = " ".join(words)
        return profile
    models = [model.id for model in deployment.models]
    names = dict.fromkeys(deployment.names.values())
    profile["url"] = deployment.url
    profile["models"] = models or list(names)
    return profile


def find_deployed(layout: Layout) -> Choices | None:
    """The deployed choices, as a profile has them."""
    manifest = history.installed(layout)
    if manifest is None:
        return None
    return named.portable(Choices.from_json(manifest.choices))


def lines(profiles: list[Profile]) -> Iterator[str]:
    """A line per profile, the deployed one with a star."""
    if not profiles:
        yield "There are no profiles yet."
        yield "Name what you deploy: doit deploy --profile NAME"
    width = 0
    for profile in profiles:
        width = max(width, len(profile["name"]))
    for profile in profiles:
        mark = "*" if profile["deployed"] else " "
        preset = profile["preset"] or "?"
        yield f"{mark} {profile['name']:{width}}  {preset:14}  {find_words(profile)}"


def find_words(profile: Profile) -> str:
    """What it deploys, or why it cannot."""
    if "problem" in profile:
        return str(profile["problem"])
    models = ", ".join(profile["models"])
    return f"{models or 'its own models'} at {profile['url']}"
