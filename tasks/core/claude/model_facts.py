"""The models that Claude Code's own program knows, read from the text of its modules."""

from __future__ import annotations

import re
from typing import Any

ALIASES = re.compile(r'\["sonnet","opus","haiku","fable","best"[^;]*?\](?=[,;)])')
TIER = re.compile(r'(\w+):\{default:"(claude-[\w.-]+)",per_provider:')
"""The model that an alias means where no setting names one."""

REPLACED = re.compile(r'=(\["claude-opus-4-20250514"[^\]]*\])')
"""Names for which the model of the tier opus is asked."""

MODEL = re.compile(r'(?=\{id:"claude-)')
MODEL_ID = re.compile(r'\{id:"(claude-[\w.-]+)",family:')
FULL_NAME = re.compile(r'provider_ids:\{first_party:"([^"]+)"')
WINDOW = re.compile(r"context:\{window:([\de]+)")
OUTPUT = re.compile(r"max_output_tokens:\{default:([\de]+),upper:([\de]+)\}")
ABILITIES = re.compile(r"capabilities:\[([^\]]*)\]")

USUAL_WINDOW = 200_000
"""Tokens, of a model for which the program has no other number."""


def find_aliases(texts: list[str]) -> list[str]:
    """The words that stand for a model."""
    for text in texts:
        match = ALIASES.search(text)
        if match:
            return re.findall(
                r'"([^"]+)"',
                match[0],
            )
    return []


def find_tiers(texts: list[str]) -> dict[str, str]:
    """For each tier the model that its alias means."""
    found: dict[str, str] = {}
    for text in texts:
        found.update(TIER.findall(text))
    return found


def find_replaced(texts: list[str]) -> list[str]:
    """The old names for which another model is asked."""
    for text in texts:
        match = REPLACED.search(text)
        if match:
            return re.findall(
                r'"([^"]+)"',
                match[1],
            )
    return []


def find_models(texts: list[str]) -> dict[str, dict[str, Any]]:
    """The known models: the name in a request, window, default and largest output, abilities.

    Sizes are in tokens.
    """
    found = {}
    for text in texts:
        if not MODEL_ID.search(text):
            continue
        for part in MODEL.split(text):
            name, output = MODEL_ID.match(part), OUTPUT.search(part)
            if name and output:
                found[name[1]] = _read_model(
                    part,
                    output,
                )
    return dict(sorted(found.items()))


def _read_model(
    part: str,
    output: re.Match[str],
) -> dict[str, Any]:
    size = _read_first(WINDOW, part)
    return {
        "name": _read_first(FULL_NAME, part),
        "window": _read_number(size or str(USUAL_WINDOW)),
        "output": _read_number(output[1]),
        "most_output": _read_number(output[2]),
        "abilities": re.findall(
            r"\w+",
            _read_first(
                ABILITIES,
                part,
            ),
        ),
    }


def _read_first(
    pattern: re.Pattern[str],
    text: str,
) -> str:
    """What *pattern* picks out of *text*; "" where it is not in there."""
    match = pattern.search(text)
    if match is None:
        return ""
    return match[1]


def _read_number(text: str) -> int:
    return int(float(text))
