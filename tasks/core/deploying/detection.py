"""What a person seems to have: the answers to "What do you have?" with the clues to each.

Answers and clues are in the presets (`have` in templates/presets). Looking takes milliseconds, runs
no program, asks no other machine, and shows no value.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.disk import files, programs
from tasks.core.history import history
from tasks.core.model.choices import option_of
from tasks.core.model.errors import GatewayError
from tasks.core.text import json_edit
from tasks.core.values import environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasks.core.deploying.context import Context
    from tasks.core.model.catalogue import Answer, Catalogue, Preset
    from tasks.core.model.choices import Choices
    from tasks.core.values.environment import Finding

CONNECT_SECONDS = 0.05
"""Enough for this machine, which accepts or refuses at once."""

NO_CLUE = frozenset({"default", "generated", "nowhere"})
"""Sources of a variable that say nothing about what a person has."""


class Offer(NamedTuple):
    """An answer that can be given, and the clues that a person has this, in a few words each."""

    preset: Preset
    answer: Answer
    clues: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """What tells it from the others: `enterprise`, `enterprise-litellm`."""
        return "-".join([self.preset.id, *self.answer.options.values()])

    def spell(self) -> str:
        """The options that say the same."""
        words = [f"--preset {self.preset.id}"]
        for name, value in self.answer.options.items():
            option = option_of(name)
            words.append(f"{option} {value}")
        return " ".join(words)

    def leads_to(
        self,
        choices: Choices,
    ) -> bool:
        """Whether *choices* are what one gets by this answer."""
        if choices.preset != self.preset.id:
            return False
        chosen = choices.to_json()
        options = self.answer.options.items()
        return all(
            chosen.get(name) == value  # as text
            for name, value in options
        )


def find_offers(context: Context) -> tuple[Offer, ...]:
    """Every answer that leads to a preset which can be deployed, in order, with its clues."""
    offers = list_offers(context.catalogue)
    look = _Look(
        context,
        offers,
    )
    found = []
    for offer in offers:
        clues = look.find_clues(offer.answer)
        found.append(offer._replace(clues=tuple(clues)))
    return tuple(found)


def list_offers(catalogue: Catalogue) -> list[Offer]:
    """Every answer, in order; those without an order come last."""
    offers = []
    for preset in catalogue.presets.values():
        if preset.ready:
            offers += [Offer(preset, answer) for answer in preset.have]
    offers.sort(key=_find_order)
    return offers


def _find_order(offer: Offer) -> tuple[bool, int]:
    order = offer.answer.order
    if order is None:
        return True, 0
    return False, order


class _Look:
    """A look at this machine; the files that may have a variable are read once for all answers."""

    def __init__(
        self,
        context: Context,
        offers: list[Offer],
    ) -> None:
        self.context = context
        names: dict[str, None] = {}
        for offer in offers:
            names |= dict.fromkeys(offer.answer.variables)
        known = context.catalogue.variables
        variables = [known[name] for name in names if name in known]
        self.findings: Mapping[str, Finding] = environment.find(
            variables,
            context.layout,
            context.environ,
        )

    def find_clues(
        self,
        answer: Answer,
    ) -> Iterator[str]:
        """The clues of *answer* that were found."""
        yield from self._find_variables(answer.variables)
        yield from self._find_settings(answer.settings)
        yield from self._find_programs(answer.programs)
        yield from self._find_files(answer.files)
        yield from find_listeners(answer.addresses)

    def _find_variables(
        self,
        names: Iterable[str],
    ) -> Iterator[str]:
        for name in names:
            finding = self.findings.get(name)
            if finding is None or finding.value is None:
                continue
            if finding.source not in NO_CLUE:
                yield f"{finding.via or name} ({finding.source})"

    def _find_settings(
        self,
        keys: Iterable[str],
    ) -> Iterator[str]:
        for key in keys:
            if read_setting(
                self.context,
                key,
            ):
                name = key.rpartition(".")[2]
                yield f"{name} is set"

    def _find_programs(
        self,
        names: Iterable[str],
    ) -> Iterator[str]:
        for name in names:
            if programs.find(
                name,
                self.context.environ,
            ):
                yield f"{name} is installed"

    def _find_files(
        self,
        names: Iterable[str],
    ) -> Iterator[str]:
        home = self.context.layout.home
        for name in names:
            path = home / name.removeprefix("~/")
            if path.is_file():
                yield name


def find_listeners(addresses: Iterable[str]) -> Iterator[str]:
    """The addresses of this machine on which something accepts a connection."""
    import socket

    for address in addresses:
        host, _, port = address.rpartition(":")
        place = (host, int(port))
        try:
            connection = socket.create_connection(
                place,
                CONNECT_SECONDS,
            )
        except OSError:
            continue
        connection.close()
        yield f"something answers on {address}"


def read_setting(
    context: Context,
    key: str,
) -> str:
    """The value of a key of Claude Code's settings, else of the variable of that name.

    "" for none, and for the address of the gateway that is deployed.
    """
    layout = context.layout
    _, _, name = key.rpartition(".")
    value = context.environ.get(
        name,
        "",
    )
    with suppress(GatewayError, OSError):  # the plan says what is wrong
        data = files.read(files.real_target(layout.settings))
        settings = json_edit.parse(data or json_edit.NEW_FILE)
        path = tuple(key.split("."))
        value = settings.value(path) or value
    manifest = history.installed(layout)
    if manifest is not None and value == manifest.gateway_url:
        return ""
    return str(value)
