"""Known messages: every one is found by the words that people see, and says what to do."""

from __future__ import annotations

import re

import pytest

from tasks.core.catalogue import explanations
from tasks.core.model.errors import InvalidInput
from tasks.core.model.layout import PROJECT

KNOWN = explanations.known(PROJECT / "templates")


@pytest.mark.parametrize("message", KNOWN, ids=lambda each: each.id)
def test_every_message_is_found_by_its_own_words_before_any_other(message):
    assert explanations.of(f"API Error: 400 {message.says} (request req_1)") == message


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('{"error": {"message": "no connected db.", "code": "400"}}', "no-connected-db"),
        ("Not logged in\n  Please run /login", "not-logged-in"),
        ("There\u2019s an issue with the\nselected model (claude-x).", "selected-model"),
        ("anthropic_messages: Invalid model name passed in model=demo. Call /v1/models", "model-not-served"),
        ("There are no healthy deployments for this model", "no-healthy-deployment"),
        ("litellm.RateLimitError: VertexAIException - 429", "quota"),
        ("ModuleNotFoundError: No module named 'google.auth'", "google-auth"),
        ("Please install boto3: No module named 'botocore'", "boto3"),
        ("google.auth.exceptions: Your default credentials were not found.", "google-credentials"),
        ("connect ECONNREFUSED 127.0.0.1:4000", "connection-refused"),
        ("AnthropicException - Cannot connect to host 127.0.0.1:9 [Connect call failed]", "upstream-unreachable"),
        ("Cannot connect to host x.com:443 ssl:True [Name or service not known]", "name-unknown"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", "certificate"),
        ("Self-signed certificate detected (SELF_SIGNED_CERT_IN_CHAIN)", "certificate-self-signed"),
        ("DEPTH_ZERO_SELF_SIGNED_CERT", "certificate-self-signed"),
        ("Unable to connect to API (UNABLE_TO_VERIFY_LEAF_SIGNATURE)", "certificate-chain"),
        ("unable to get issuer certificate (UNABLE_TO_GET_ISSUER_CERT_LOCALLY)", "certificate-issuer"),
        ("certificate verify failed: certificate has expired (_ssl.c:1006)", "certificate-expired"),
        ("CERT_HAS_EXPIRED", "certificate-expired"),
        ("connect ETIMEDOUT 10.0.0.1:443", "timed-out"),
        ("getaddrinfo EAI_AGAIN gateway.example.com", "name-server-silent"),
        ("API Error: 403 Forbidden", "forbidden"),
        ("API Error: 403 Permission 'aiplatform.endpoints.predict' denied on resource", "google-forbidden"),
        ("API Error: Connection error.", "connection-error"),
        ("OpenAIException - Connection error.", "upstream-unreachable"),
        ("  File router.py\nKeyError: 'model'", "config-entry-incomplete"),
        ("KeyError: 'litellm_params'", "config-entry-incomplete"),
        ("OSError: [Errno 48] Address already in use", "port-taken"),
        ("yaml.scanner.ScannerError: mapping values are not allowed here", "broken-yaml"),
    ],
)
def test_what_programs_really_say_is_recognised(text, wanted):
    found = explanations.of(text)
    assert found is not None
    assert found.id == wanted


@pytest.mark.parametrize("text", ["", "Your gateway works", "model list loaded", "INFO: Application startup complete."])
def test_what_is_no_trouble_is_not_explained(text):
    assert explanations.of(text) is None


def test_nothing_in_it_is_only_for_people_with_this_checkout_at_hand():
    for message in KNOWN:
        assert not re.search(r"tasks/|templates/", message.fix), message.id


@pytest.mark.parametrize(
    "text", ["- a\n", "a: b\n", "a: {says: b}\n", "a: {says: b, who: c, means: d, fix: e, f: g}\n"]
)
def test_a_damaged_list_is_a_sentence(tmp_path, text):
    (tmp_path / explanations.MESSAGES).write_text(text)
    with pytest.raises(InvalidInput, match="messages"):
        explanations.known(tmp_path)
