"""No secret is in what the gateway tells, and it knows every secret that the project knows."""

import re

from hypothesis import given
from hypothesis import strategies as st

from serve import redact
from tasks.core.model import secret_patterns
from tasks.core.model.secret import Secret
from tasks.core.secrets import redact as projects

NOUNS = [word for word in re.findall("[a-z]{3,}", secret_patterns._NOUN) if secret_patterns.is_secret_name(word)]
NOUNS += ["passwd", "password", "credentials", "apikey", "authtoken"]
OTHERS = ["my", "url", "id", "max", "public", "cache", "file", "access", "hf", "donkey", "2"]
NAMES = st.lists(st.sampled_from(NOUNS + OTHERS), min_size=1, max_size=3).flatmap(
    lambda words: st.sampled_from(
        (
            "_".join(words).upper(),
            "-".join(words),
            words[0] + "".join(word.capitalize() for word in words[1:]),
        )
    )
)


@given(st.lists(st.sampled_from(["sk-0123456789", "sk-0123456789abc", "x", "\n"])).map("".join))
def test_no_secret_is_told(text):
    environment = {
        "A_KEY": "sk-0123456789",
        "OTHER_TOKEN": "sk-0123456789abc",
        "SHORT_KEY": "x",
        "PATH": "/usr/bin:/bin",
    }
    told = redact.redact(text, environment)
    assert "0123" not in told
    assert told.count("x") == text.count("x")


@given(NAMES | st.text())
def test_a_name_that_tells_the_project_of_a_secret_tells_serve(name):
    assert redact.SECRET.search(name) or not secret_patterns.is_secret_name(name)


@given(st.dictionaries(NAMES, st.text('abc"\\é', min_size=1, max_size=12), max_size=3), st.text('abc"\\é'))
def test_a_value_that_the_project_hides_is_hidden(environment, noise):
    secrets = [Secret(value) for name, value in environment.items() if secret_patterns.is_secret_name(name)]
    text = noise.join(["", *environment.values(), ""])
    told = redact.redact(text, environment)
    for secret in secrets:
        hidden = secret.reveal() not in projects.hide_values(text, secrets)
        assert not hidden or secret.reveal() not in told


def test_both_pass_over_the_same_short_values():
    assert redact.SHORTEST == projects.SHORTEST


ADDRESSES = st.tuples(
    st.sampled_from(("", "connect to ", "(")),
    st.text("ab.:/@ ", max_size=6),
    st.text("pw1%:*/ ", max_size=9),
    st.sampled_from(("proxy:8080", "", "a@b", "/x")),
).map(lambda parts: "{}http://{}:{}@{}".format(*parts))


@given(ADDRESSES)
def test_a_password_in_an_address_is_hidden_as_the_project_does_it(text):
    assert redact.redact(text, {}) == secret_patterns.replace_secrets(text, lambda _: projects.HIDDEN)
