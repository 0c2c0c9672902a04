"""What tells of a secret: the name that a value has, and the looks of a text. Nothing else here knows such names.

A name tells when it names the secret itself (HF_TOKEN, x-team-token, apiKeyHelper), not something about one
(max_tokens, cost_per_token, cache_key, key_alias, TOKEN_URL).
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_WORD = r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+"

_NOUN = r"\w*(?:key|secret|passw(?:or)?d|passphrase|credential|cookie|webhook)s?|\w*(?:token|authorization|pwd)|headers"
"""A word that is, or ends as, what one calls a secret."""

_NO_NOUNS = frozenset({"donkey", "hockey", "hotkey", "monkey", "turkey", "valkey"})

_ABOUT = (
    r"algorithm|alias|attribute|budget|caching|claim|cost|count|counter|counting|dir|directory|domain"
    r"|duration|enabled|endpoint|env|expiration|expires|expiry|field|fields|file|format|generate|generation"
    r"|hash|header|id|interval|length|lifetime|limit|location|management|manager|mapping|mappings|mode|ms"
    r"|name|names|params|path|pattern|policy|prefix|provider|ref|required|rotation|route|schema|scope"
    r"|scopes|seconds|settings|signing|size|source|suffix|system|ttl|type|types|update|uri|url|vault"
    r"|version"
)
"""The last word of a name that only speaks about a secret."""

_OTHER = {
    "key": "cache|dedup|foreign|group|hash|idempotency|partition|public|sort",
    "keys": "|allowed|cache|extra|metadata|public|required|supported|team|trace",
    "token": "bos|cls|continuation|eos|mask|max|min|next|pad|page|sep|unk",
}
"""The word before one of these that makes it something else."""

LOOKS = r"""(?x)
    (?P<address> ://[^/\s:@]*: ) (?!\*+@) [^@\s/]+ (?=@)                    # a password in an address
    | (?P<scheme> \b(?i:Bearer|Basic)\s+ ) (?!os\.environ/) (?=\S*[0-9]) [\w.~+/=-]{8,}
    | (?P<hook> \b(?:hooks\.slack(?:-gov)?\.com|discord(?:app)?\.com/api/webhooks|outlook\.office(?:365)?\.com/webhook
        | [\w-]+\.webhook\.office\.com)/ ) [^\s"'?\#]{3,}                     # whoever has it can write there
    | -----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY (?s:.*?) (?:-----END[ A-Z]*-----|\Z)
    | \bsk-[\w-]{6,}
    | \b(?:AKIA|ASIA)[A-Z0-9]{16}\b                                         # AWS
    | \bAIza[\w-]{30,} | \bya29\.[\w.-]{6,}                                  # Google
    | \beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?                                 # a JSON web token
    | \b(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|xapp-|hf_|zpka_|tfk_|nvapi-|lsv2_)[\w-]{12,}
    | \b(?:gsk_|r8_|pplx-|dapi|xai-)[A-Za-z0-9]{20,}
    """
"""What is a secret by its looks, wherever it stands; what a group of these has is none, only before one."""

_QUERY = r"(?P<before>[?&;](?P<name>[\w.~-]+)=)(?!\*)[^&;\s\#\"'<>{}$]{4,}"
"""One part of an address's query."""

_SIGNATURES = frozenset({"sig", "signature"})

_PAIR = (
    r"(?P<before>(?:\b(?i:bearer|basic)[ ]+|(?<![\w-])(?P<name>[\w-]*[A-Za-z][\w-]*)[\"']?[ ]*[:=][ ]*"
    r"(?:(?i:bearer|basic)[ ]+)?))(?P<value>\"[^\"]*\"|'[^']*'|[^\s,;\"'}\]]+)"
)
"""A name and its value in running text, or Bearer and what follows."""

_NOTHING = r"(?i)[\"']?(?:os\.environ/\w+|\[hidden.*|\[set\]?|true|false|null|none|[\d.]+)[\"']?"
"""What may stand behind a name that tells: no secret, only where one is."""


@functools.lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Whether a value of this name is a secret."""
    words = tuple(word.lower() for word in re.findall(_WORD, name))
    return any(_itself(words, at) for at, word in enumerate(words) if re.fullmatch(_NOUN, word))


def _itself(words: tuple[str, ...], at: int) -> bool:
    """Whether the noun at this place names the secret itself, not something about it."""
    word, before, after = words[at], words[at - 1] if at else "", words[at + 1 :]
    if word in _NO_NOUNS or (word in _OTHER and re.fullmatch(_OTHER[word], before)):
        return False
    if word == "token" and {"per", "cost"} & {*words}:
        return False
    if after in (("id",), ("url",)):
        return before == "access" or "webhook" in word
    return not after or not re.fullmatch(_ABOUT, after[-1])


@functools.lru_cache(maxsize=4096)
def is_secret_header(name: str) -> bool:
    """Whether a header of this name holds a secret."""
    words = [word.lower() for word in re.findall(_WORD, name)]
    return is_secret_name(name) or any(word.endswith("auth") or word == "authentication" for word in words)


def hold_secret_headers(text: str) -> bool:
    """Whether a text of one or more headers (`name=value,…` or `name: value`) has one that holds a secret."""
    return any(is_secret_header(found["name"] or "authorization") for found in re.finditer(_PAIR, text))


def holds_secret(text: str) -> bool:
    """Whether a secret stands in a text by its looks."""
    return bool(re.search(LOOKS, text)) or any(_queried(found) for found in re.finditer(_QUERY, text))


def replace_secrets(text: str, hide: Callable[[str], str]) -> str:
    """A text in which *hide* has replaced what is a secret by its looks."""
    text = re.sub(LOOKS, lambda found: _replaced(found, found[found.lastgroup] if found.lastgroup else "", hide), text)
    return re.sub(_QUERY, lambda found: _replaced(found, found["before"], hide) if _queried(found) else found[0], text)


def replace_named_secrets(text: str, hide: Callable[[str], str]) -> str:
    """A running text in which *hide* has replaced what stands behind a name that tells, or behind Bearer."""
    return re.sub(_PAIR, lambda found: _replaced(found, found["before"], hide) if _paired(found) else found[0], text)


def _replaced(found: re.Match[str], before: str, hide: Callable[[str], str]) -> str:
    return before + hide(found[0][len(before) :])


def _queried(found: re.Match[str]) -> bool:
    words = {word.lower() for word in re.findall(_WORD, found["name"])}
    return is_secret_header(found["name"]) or bool(words & _SIGNATURES)


def _paired(found: re.Match[str]) -> bool:
    name = found["name"]
    told = name is None or (is_secret_name(name) and name.lower() != "key")  # "the key: it is …" is a sentence
    return told and not re.fullmatch(_NOTHING, found["value"])
