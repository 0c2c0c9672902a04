"""What may be asked for, and what is refused before anything runs."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.model import choices as rules
from tasks.core.model.choices import Choices
from tasks.core.model.errors import UsageError

NAMES = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True)
PATHS = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1).filter(lambda text: ".." not in text)
WITH_OWN_TESTS = ("topology", "auth", "token", "proxy", "ca_bundle", "client_cert", "client_key", "listen")
CHOICES = st.builds(
    Choices,
    preset=NAMES,
    gateway_type=st.none() | NAMES,
    gateway_url=st.none() | st.sampled_from(["http://127.0.0.1:4000", "https://gw.example.com/team"]),
    models=st.none() | st.lists(NAMES, min_size=1, unique=True).map(tuple),
    opus=st.none() | NAMES,
    sonnet=st.none() | NAMES,
    haiku=st.none() | NAMES,
    **dict.fromkeys(
        ("topology", "auth", "token", "proxy", "ca_bundle", "client_cert", "client_key", "listen"), st.none()
    ),
    headers=st.none() | st.lists(NAMES.map(lambda name: f"x-a: {name}, b"), min_size=1).map(tuple),
    port=st.none() | st.integers(1024, 65535),
    target=st.none() | PATHS.map(lambda text: "/" + text),
    litellm=st.none() | PATHS.map(lambda text: "/" + text),
    scope=st.none() | PATHS.map(lambda text: "/" + text),
    templates=st.none() | PATHS.map(lambda text: "/" + text),
)


@given(CHOICES)
def test_what_is_remembered_is_what_was_chosen(chosen):
    assert Choices.from_json(chosen.to_json()) == chosen


@given(CHOICES)
def test_only_what_was_chosen_is_written(chosen):
    assert all(value is not None for value in chosen.to_json().values())


PLAIN = st.none() | st.booleans() | st.integers() | st.text()


@given(PLAIN | st.lists(PLAIN) | st.dictionaries(st.sampled_from([*Choices._fields, "other"]), PLAIN))
def test_whatever_stands_in_the_file_is_choices_or_a_usage_error(data):
    try:
        found = Choices.from_json(data)
    except UsageError:
        return
    assert isinstance(found, Choices)


@pytest.mark.parametrize("data", [{"models": [1]}, {"models": [None]}, {"models": [["a"]]}])
def test_a_damaged_list_in_the_file_is_a_usage_error(data):
    with pytest.raises(UsageError):
        Choices.from_json(data)


def test_remembered_choices_are_checked_as_if_typed():
    for data in ({"port": 80}, {"preset": "../x"}, {"models": ["a", "b c"]}, {"gateway_url": "http://u:p@h"}, {"x": 1}):
        with pytest.raises(UsageError):
            Choices.from_json(data)


def test_another_preset_forgets_models_tiers_and_kind_but_not_where_it_goes():
    here = {"port": 4100, "target": "/there", "litellm": "/litellm", "proxy": "http://proxy:8080"}
    before = Choices("basic", "local", None, ("a",), "a", "a", "a", auth="bearer", headers=("a: b",), **here)
    assert before.asked(preset="demo") == Choices("demo", **here)
    assert before.asked(preset="basic") == before
    assert before.asked(gateway_type="custom") == Choices("basic", gateway_type="custom", **here)


@pytest.mark.parametrize(
    ("option", "text", "value"),
    [
        ("sonnet", "account/claude-sonnet@v2[1m]", "account/claude-sonnet@v2[1m]"),
        ("auth", "apikeyhelper", "apikeyhelper"),
        ("token", "env:COMPANY_TOKEN", "env:COMPANY_TOKEN"),
        ("headers", "x-a: 1, 2\nx-b: {TOKEN}", ("x-a: 1, 2", "x-b: {TOKEN}")),
        ("listen", "::", "::"),
        ("proxy", "http://proxy.example.com:8080/", "http://proxy.example.com:8080"),
    ],
)
def test_what_a_gateway_elsewhere_needs_is_taken_as_typed_and_remembered(option, text, value):
    chosen = Choices().asked(**{option: text})
    assert getattr(chosen, option) == value
    assert Choices.from_json(chosen.to_json()) == chosen


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("sonnet", "two words"),
        ("auth", "password"),
        ("topology", "ring"),
        ("token", "sk-ant-api03-0123456789abcdef"),
        ("token", "file:"),
        ("headers", "no colon"),
        ("headers", "x-api-key: sk-ant-0123"),
        ("headers", "Authorization: Bearer sk-ant-0123"),
        ("headers", "x-a: caf\u00e9"),
        ("listen", "localhost"),
        ("proxy", "http://ada:secret@proxy:8080"),
    ],
)
def test_what_cannot_be_meant_is_refused_without_repeating_a_secret(option, text):
    with pytest.raises(UsageError) as error:
        Choices().asked(**{option: text})
    assert "sk-ant" not in str(error.value)
    assert "ada:secret" not in str(error.value)


def test_an_option_replaces_only_what_it_names():
    before = Choices("basic", models=("a", "b"), opus="a", port=4100)
    assert before.asked(port="4200") == Choices("basic", models=("a", "b"), opus="a", port=4200)


@given(st.text())
def test_any_text_is_a_url_that_can_be_used_or_refused(text):
    try:
        found = rules.url(text, "--gateway-url")
    except UsageError:
        return
    parts = urlsplit(found)
    assert parts.scheme in ("http", "https")
    assert parts.hostname
    assert not found.endswith("/")


UNRESERVED = st.text(st.characters(codec="ascii", exclude_characters="/?#[]"), max_size=8)


@given(UNRESERVED, UNRESERVED, st.sampled_from(["example.com", "127.0.0.1:1", "[::1]:80"]))
def test_a_url_with_credentials_is_never_accepted_or_shown(user, password, host):
    for text in (f"https://{user}:PASS{password}@{host}", f"https://PASS{user}@{host}/", f"http://PASS:{user}@{host}"):
        with pytest.raises(UsageError) as refused:
            rules.url(text, "--gateway-url")
        assert "PASS" not in str(refused.value)


def test_credentials_that_are_not_written_as_they_must_be_are_refused_too():
    with pytest.raises(UsageError) as refused:
        rules.url("https://user:12/secret@host", "--gateway-url")
    assert "secret" not in str(refused.value)


@given(st.integers(0, 31) | st.just(127) | st.integers(128, 0x2FFF), st.integers(0, 20))
def test_a_url_with_a_control_character_or_another_alphabet_is_never_accepted(code, place):
    text = "https://example.com/abc"
    with pytest.raises(UsageError):
        rules.url(text[:place] + chr(code) + text[place:], "--gateway-url")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("https://gw.example.com", "https://gw.example.com"),
        ("https://gw.example.com/", "https://gw.example.com"),
        ("https://gw.example.com/v1/", "https://gw.example.com"),
        ("https://gw.example.com/team/v1", "https://gw.example.com/team"),
        ("https://gw.example.com/team/v1/messages", "https://gw.example.com/team"),
        ("https://gw.example.com/v1/messages/", "https://gw.example.com"),
        ("https://gw.example.com/messages", "https://gw.example.com/messages"),
        ("https://gw.example.com/team//v1", "https://gw.example.com/team"),
        ("https://v1/v1", "https://v1"),
        ("http://[::1]:4000", "http://[::1]:4000"),
    ],
)
def test_the_ending_that_clients_add_themselves_is_taken_off(text, kept):
    assert rules.url(text, "--gateway-url") == kept


@pytest.mark.parametrize(
    ("option", "text", "said", "remedy"),
    [
        ("headers", "Authorization: canary", "--header Authorization", "--header 'Authorization: "),
        ("headers", "x-a: sk-ant-canary-0123", "--header x-a", "--header 'x-a: "),
        ("proxy", "proxy:8080", "--proxy", "http://proxy.example.com:8080"),
        ("proxy", "http://proxy:99999", "port", "65535"),
        ("proxy", "socks5://proxy:1080", "SOCKS is not supported", "http://proxy.example.com:8080"),
        ("gateway_url", "gw.example.com", "--gateway-url", "https://gateway.example.com"),
    ],
)
def test_a_refusal_names_the_option_and_a_form_that_fits_it(option, text, said, remedy):
    with pytest.raises(UsageError) as refused:
        rules.checked(option, text)
    assert said in refused.value.problem
    assert remedy in refused.value.remedy
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        *("ftp://h", "javascript:alert(1)", "//h", "h", "https://", "https:///x", "https://h:99999", "https://h:x"),
        *("https://h?k=v", "https://h#f", "https://[::1", "https://h\\@evil.com"),
        *("https://@h", "https://:@h"),
    ],
)
def test_what_is_no_address_of_a_gateway_is_refused(text):
    with pytest.raises(UsageError):
        rules.url(text, "--gateway-url")


@given(st.text())
def test_any_text_is_a_port_or_refused(text):
    try:
        found = rules.checked("port", text)
    except UsageError:
        return
    assert 1024 <= found <= 65535


@pytest.mark.parametrize(
    "text",
    [
        *("1023", "65536", "-1", "4e3", "4000.0", "٤٠٠٠", "0x1000", "4_000", "9" * 99),
        pytest.param("9" * 5000, id="more digits than Python converts"),
    ],
)
def test_what_is_no_port_is_refused(text):
    with pytest.raises(UsageError):
        rules.checked("port", text)


@pytest.mark.parametrize("text", ["/a/../b", "..", "a/..", "/a\x00b", "/a\nb", "/a\x1b[31m", "/a\u202eb"])
def test_paths_that_climb_or_hide_something_are_refused(text):
    for option in ("target", "litellm"):
        with pytest.raises(UsageError):
            rules.checked(option, text)


@pytest.mark.parametrize("text", ["/a b/ü", "/a..b/c", "~/x", "relative"])
def test_ordinary_paths_are_taken_as_they_are(text):
    assert rules.checked("target", text) == text


@pytest.mark.parametrize("text", ["", "  ", "A", "a/b", "../a", "a b", "-a", "a\n", "ä", "a" * 65, "a,b"])
def test_what_is_no_name_is_refused(text):
    if text == "a\n":  # blanks around an option are no part of it
        assert rules.checked("preset", text) == "a"
        return
    with pytest.raises(UsageError):
        rules.checked("preset", text)


def test_a_list_of_models_keeps_its_order_and_each_once():
    assert rules.checked("models", " b, a ,b,,c ") == ("b", "a", "c")


def test_a_list_of_nothing_is_refused():
    with pytest.raises(UsageError):
        Choices().asked(models=",")


def test_an_unknown_name_is_answered_with_the_nearest_and_all():
    error = rules.unknown("model", "gemni", {"gemini": "Google's", "glm": "Z.ai's"})
    assert "Did you mean gemini?" in str(error)
    assert "Z.ai's" in str(error)
    assert "Did you mean" not in str(rules.unknown("model", "xyz", {"gemini": "Google's"}))
    assert rules.unknown("model", "x", {}).exit_code == 3


def test_models_are_added_behind_and_removed_and_a_tier_of_a_removed_one_is_free_again():
    before = Choices("basic", opus="a", haiku="b")
    after = rules.with_models(before, ["a", "b"], ["c", "b"], ["a"])
    assert after == Choices("basic", models=("b", "c"), haiku="b")


def test_removing_what_is_not_deployed_or_everything_is_refused():
    for add, remove in (([], ["z"]), ([], ["a", "b"]), (["c"], ["c"])):
        with pytest.raises(UsageError):
            rules.with_models(Choices(), ["a", "b"], add, remove)
