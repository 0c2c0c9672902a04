"""Known messages: each is found in what programs print, and in nothing that has another cause."""

from __future__ import annotations

import itertools
import json
import re

import pytest

from tasks.core.catalogue import explanations
from tasks.core.model.errors import InvalidInput
from tasks.core.model.layout import PROJECT
from tests import client_cases

KNOWN = explanations.known(PROJECT / "templates")
EXAMPLES = [(message.id, text) for message in KNOWN for text in message.examples]
UNLIKE = [(message.id, text) for message in KNOWN for text in message.unlike]


def test_every_message_has_a_name_of_its_own():
    names = [message.id for message in KNOWN]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("message", KNOWN, ids=lambda message: message.id)
def test_a_message_is_found_by_the_words_that_the_guide_shows(message):
    found = explanations.find(f"API Error: 400 {message.says} (request req_1)")
    assert message in found


@pytest.mark.parametrize(("name", "text"), EXAMPLES)
def test_an_example_is_explained_by_its_message_and_by_no_other_cause(name, text):
    found = explanations.find(text)
    assert name in [message.id for message in found]
    assert len({message.means for message in found}) == 1


@pytest.mark.parametrize(("name", "text"), UNLIKE)
def test_what_only_looks_like_it_is_not_explained_by_it(name, text):
    assert name not in [message.id for message in explanations.find(text)]


@pytest.mark.parametrize("case", client_cases.named("message-"), ids=lambda case: case.name)
def test_messages_from_public_threads_are_known(case):
    for said in case.asks:
        assert explanations.of(said.words[-1]) is not None, said.words


def test_a_message_in_json_and_in_broken_lines_is_the_same():
    for name, text in EXAMPLES:
        wrapped = json.dumps({"error": {"message": text}}, ensure_ascii=False)
        assert name in [message.id for message in explanations.find(wrapped)], text
        broken = text.replace(" ", "\n  ")
        assert name in [message.id for message in explanations.find(broken)], text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Your gateway works",
        "model list loaded",
        "INFO: Application startup complete.",
        "ModuleNotFoundError: No module named 'foo'",
        "FileNotFoundError: [Errno 2] No such file or directory: 'x'",
        "2026-11-30 INFO 127.0.0.1:4290 - POST /v1/messages 200 OK",
        "warning: in the working copy of 'a.py', LF will be replaced by CRLF",
        "npm ERR! code E404",
        "AssertionError: assert 403 == 200",
        "TypeError: cannot read properties of undefined (reading 'overloadedness')",
        "Invalid URLs are skipped",
        "rate limiter started",
    ],
)
def test_what_is_no_trouble_of_a_gateway_is_not_explained(text):
    assert explanations.of(text) is None


def test_a_longer_word_around_a_known_one_is_another_word():
    """Every pattern counts as whole words: `enotfound` is not in ModuleNotFoundError."""
    plain = [message for message in KNOWN if not message.pattern]
    for message, edge in itertools.product(plain, "xa_9"):
        text = f"{edge}{message.says}{edge}"
        first, last = message.says[0], message.says[-1]
        if re.match(r"\w", first) or re.match(r"\w", last):
            assert not message.fits(text), message.id


def test_nothing_in_it_is_only_for_people_with_this_checkout_at_hand():
    for message in KNOWN:
        assert not re.search(r"tasks/|templates/", message.fix), message.id


def test_a_general_message_gives_way_to_any_other():
    refused = explanations.of("Please run /login · API Error: 401 No connected db.")
    assert refused is not None
    assert refused.id == "no-connected-db"


@pytest.mark.parametrize(
    "text", ["- a\n", "a: b\n", "a: {says: b}\n", "a: {says: b, who: c, means: d, fix: e, f: g}\n"]
)
def test_a_damaged_list_is_a_sentence(tmp_path, text):
    folder = tmp_path / explanations.MESSAGES
    folder.mkdir()
    (folder / "some.yaml").write_text(text)
    with pytest.raises(InvalidInput, match="messages"):
        explanations.known(tmp_path)
