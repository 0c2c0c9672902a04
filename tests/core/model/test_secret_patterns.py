"""Which names tell of a secret, and which texts look like one."""

from __future__ import annotations

import pytest

from tasks.core.model import secret_patterns

SECRETS = """
    key token secret password api_key apiKey APIKEY x-api-key apiKeyHelper HF_TOKEN REPLICATE_API_TOKEN LITELLM_SALT_KEY
    slack_token SLACK_WEBHOOK_URL alert_to_webhook_url OTEL_HEADERS ANTHROPIC_CUSTOM_HEADERS x-team-token COST_KEY
    Ocp-Apim-Subscription-Key AWS_ACCESS_KEY_ID AWS_BEARER_TOKEN_BEDROCK Authorization set-cookie my_passphrase
    OPENAI_API_KEY_2 vertex_credentials authToken DB_PASSWD OPENAI_KEYS client_secret
"""
OTHERS = """
    max_tokens MAX_TOKENS input_cost_per_token cost_per_reasoning_token cache_read_input_token_cost page_token eos_token
    cache_key prompt_cache_key public_key key_alias key_name litellm_key_header_name key_management_system TOKEN_URL
    s3_sse_kms_key_id SSL_KEY_FILE valkey_host keybindings tokenizer model team_keys custom_key_generate author
    CLAUDE_CODE_API_KEY_HELPER_TTL_MS monkey
"""


@pytest.mark.parametrize("name", SECRETS.split())
def test_a_name_that_tells(name):
    assert secret_patterns.is_secret_name(name)


@pytest.mark.parametrize("name", OTHERS.split())
def test_a_name_that_speaks_of_something_else(name):
    assert not secret_patterns.is_secret_name(name)


def test_of_headers_those_that_let_somebody_in_tell_too():
    assert secret_patterns.is_secret_header("X-Auth")
    assert not secret_patterns.is_secret_header("X-Author")
    assert secret_patterns.hold_secret_headers("x-tenant=a,Authorization=Basic b")
    assert secret_patterns.hold_secret_headers("x-tenant: a\nx-api-key: b")
    assert not secret_patterns.hold_secret_headers("x-tenant=a,x-region=b")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://ada:canary@h/x", "https://ada:-@h/x"),
        ("https://h/x?api-version=2026-01-01&api-key=canary", "https://h/x?api-version=2026-01-01&api-key=-"),
        ("https://h/x?sig=canary&key=canary#y", "https://h/x?sig=-&key=-#y"),
        ("https://hooks.slack.com/services/T0/B0/canary", "https://hooks.slack.com/-"),
        ("Bearer canary0123", "Bearer -"),
        ("say sk-canary to hf_canary0123456789", "say - to -"),
        ("-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n", "-\n"),
    ],
)
def test_what_is_a_secret_by_its_looks_goes_and_nothing_else(text, shown):
    assert secret_patterns.holds_secret(text)
    assert secret_patterns.replace_secrets(text, lambda _: "-") == shown


@pytest.mark.parametrize(
    "text",
    [
        "https://h/x?page_token=12345678&api-version=2026",
        "https://ada:***@h/x",
        "https://h/x?api-key={API_KEY}",
        "Bearer authentication is what it wants",
        "Bearer os.environ/KEY_1",
        "anthropic/claude-sonnet-5-5",
        "xai-grok-4-fast-reasoning",
        "task-0123456789abcdef",
    ],
)
def test_what_has_not_the_looks(text):
    assert not secret_patterns.holds_secret(text)
    assert secret_patterns.replace_secrets(text, lambda _: "-") == text


def test_behind_a_name_in_a_sentence():
    shown = secret_patterns.replace_named_secrets(
        "x-team-token=canary, max_tokens: 5, password: 'can ary'; the key: it", lambda _: "-"
    )
    assert shown == "x-team-token=-, max_tokens: 5, password: -; the key: it"
