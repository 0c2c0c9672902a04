"""Several providers behind the real LiteLLM: who answers, and who does when the first fails.

Claude at Anthropic, Bedrock and Gemini on Vertex AI are servers on this machine, as are OpenAI, OpenRouter, an Ollama
and a server of one's own. Variables of .env lead LiteLLM to them, and for Anthropic an api_base in its template.
"""

import json
from pathlib import Path

import pytest
from deployed import Served, clear, led_to
from providers import TOKEN, TOO_LONG, provider
from tunnel import certificate, tunnel
from vertex import PIECES, credentials, vertex

from tasks.core.http import gateway

pytestmark = [pytest.mark.real, pytest.mark.sample(1)]

GOOGLE = "".join(PIECES)
SECRETS = {
    "ANTHROPIC_API_KEY": "sk-ant-a-key-of-the-tests",
    "AWS_SECRET_ACCESS_KEY": "a-secret-of-the-tests-for-aws",
    "OPENAI_API_KEY": "sk-a-key-of-the-tests",
    "OPENROUTER_API_KEY": "sk-or-a-key-of-the-tests",
    "HOSTED_VLLM_API_KEY": "a-key-of-the-tests-for-the-server",
}
PLAIN = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_REGION": "us-east-1",
    "VERTEX_PROJECT": "my-project-1",
    "VERTEX_LOCATION": "us-central1",
    "OPENROUTER_MODEL": "maker/model",
    "OLLAMA_MODEL": "coder:30b",
    "OPENAI_COMPATIBLE_MODEL": "team/coder",
}
OWN = {
    "gpt-6-luna": ("/v1/chat/completions", "gpt-6-luna"),
    "openrouter": ("/v1/chat/completions", "maker/model"),
    "openai-compatible": ("/v1/chat/completions", "team/coder"),
    "ollama": ("/api/chat", "coder:30b"),
}
"""Where each is asked, and for which model; never at /v1/responses, which most servers lack."""
SHARED = """\
  mostly-anthropic:
    - {model: bedrock-claude-opus, weight: 1}
    - {model: anthropic-claude-opus, weight: 9}
  mostly-aws:
    - {model: anthropic-claude-opus, weight: 1}
    - {model: bedrock-claude-opus, weight: 9}
"""
"""Groups of a preset's user, whose members share by weight."""


def sharing(preset: Path) -> None:
    """What somebody does who wants groups of their own."""
    preset.write_text(preset.read_text().replace("groups:\n", f"groups:\n{SHARED}"))


@pytest.fixture(scope="module")
def served(tmp_path_factory, litellm_executable, litellm_python):
    with provider("Anthropic") as anthropic, provider("AWS") as aws, provider("a server") as server, vertex() as google:
        words = ("--preset", "multi-provider", "--add-models", ",".join(OWN))
        made = Served(tmp_path_factory.mktemp("several"), litellm_executable, *words)
        led_to(made.box.project / "templates" / "providers" / "anthropic.yaml", anthropic.url)
        sharing(made.box.project / "templates" / "presets" / "multi-provider.yaml")
        key = made.box.home / "key.json"
        credentials(key, f"{google.url}/token", litellm_python)
        made.box.extra |= {**SECRETS, **PLAIN, "GOOGLE_APPLICATION_CREDENTIALS": str(key)}
        made.box.extra |= {"OLLAMA_API_BASE": server.url, "OPENAI_COMPATIBLE_BASE_URL": f"{server.url}/v1"}
        made.anthropic, made.aws, made.server, made.google = anthropic, aws, server, google
        bases = dict.fromkeys(("OPENAI_API_BASE", "OPENROUTER_API_BASE"), f"{server.url}/v1")
        try:
            made.start(AWS_BEDROCK_RUNTIME_ENDPOINT=aws.url, VERTEXAI_API_BASE=google.url, **bases)
            yield made
        finally:
            clear(made.folder)


@pytest.fixture(autouse=True)
def fresh(request):
    """Every server answers, and has forgotten what an earlier test asked."""
    if "served" in request.fixturenames:
        served = request.getfixturevalue("served")
        for each in (served.anthropic, served.aws, served.server):
            each.well()
        served.google.asked()


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("model", OWN)
def test_a_model_of_ones_own_choice_is_asked_for_in_the_way_that_its_server_knows(served, model, stream):
    assert served.ask(model, stream=stream) == "This is a server."
    (seen,) = [each for each in served.server.asked() if each.method == "POST"]
    assert (seen.path, seen.body["model"]) == OWN[model]
    assert model != "ollama" or seen.body["options"]["num_ctx"] == 65536


def test_who_wants_a_key_is_shown_its_own(served):
    shown = {"gpt-6-luna": "OPENAI_API_KEY", "openrouter": "OPENROUTER_API_KEY"}
    for model, variable in {**shown, "openai-compatible": "HOSTED_VLLM_API_KEY"}.items():
        served.ask(model)
        assert served.server.asked()[-1].headers["authorization"] == f"Bearer {SECRETS[variable]}"
    served.ask("claude-opus-5-5")
    assert served.anthropic.asked()[-1].headers["x-api-key"] == SECRETS["ANTHROPIC_API_KEY"]
    served.ask("bedrock-claude-opus")
    assert "Credential=AKIAIOSFODNN7EXAMPLE/" in served.aws.asked()[-1].headers["authorization"]


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 429, 500, 503, 529])
def test_when_the_first_fails_the_second_answers(served, status, stream):
    served.anthropic.status = status
    assert served.ask("claude-sonnet-5-5", stream=stream) == "This is AWS."
    assert served.anthropic.asked()


def test_of_those_that_share_by_weight_the_heavier_is_asked_more(served):
    anthropic, aws = served.anthropic, served.aws
    heavier = 0
    for name, heavy, light in (("mostly-anthropic", anthropic, aws), ("mostly-aws", aws, anthropic)):
        answers = [served.ask(name) for _ in range(40)]
        assert set(answers) <= {f"This is {each.name}." for each in (heavy, light)}
        heavier += answers.count(f"This is {heavy.name}.")
        heavy.status = 529
        assert served.ask(name) == f"This is {light.name}."
        heavy.status = 0
    assert heavier > 54  # of 80: fewer come once in 30 million times, and with even shares nearly always


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("name", ["claude-opus-5-5", "claude-haiku-5-5", "claude-haiku-4-9", "claude-of-next-year"])
def test_when_both_fail_gemini_stands_in_whatever_of_claudes_names_was_asked_for(served, name, stream):
    assert served.ask(name, stream=stream) == "This is Anthropic."
    served.anthropic.status = served.aws.status = 529
    assert served.ask(name, stream=stream) == GOOGLE


def test_a_model_asked_for_by_its_own_id_has_no_stand_in(served):
    served.anthropic.status = 529
    with pytest.raises(gateway.Answered):
        served.ask("anthropic-claude-opus")
    assert not served.aws.asked()


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_what_is_too_long_goes_to_who_takes_more(served, stream):
    served.anthropic.status, served.anthropic.error = 400, TOO_LONG
    assert served.ask("claude-opus-5-5", stream=stream) == GOOGLE
    assert not served.aws.asked()


def test_claude_code_notices_nothing_of_it(served, claude):
    assert served.claude(claude) == "This is Anthropic."
    served.anthropic.status = 529
    assert served.claude(claude) == "This is AWS."
    served.aws.status = 500
    assert served.claude(claude, "--model", "opus", "--tools", "") == GOOGLE


def test_an_answer_that_breaks_off_is_asked_for_again(served, claude):
    served.anthropic.breaks = True
    assert served.claude(claude) == "This is Anthropic."
    assert not served.aws.asked()


def test_no_provider_key_is_anywhere_but_in_env(served):
    kept = {path.name: path.read_text(errors="replace") for path in served.layout.gateway.iterdir() if path.is_file()}
    kept["settings.json"] = served.layout.settings.read_text()
    for name, secret in SECRETS.items():
        assert [file for file, text in kept.items() if secret in text] == [".env"], name


def test_all_names_are_served_and_verified(served):
    names = gateway.served_models(served.url, gateway.own_key(served.layout))
    assert {"claude-opus-5-5", "bedrock-claude-haiku", "ollama"} <= set(names)
    verified = served.box.doit("verify")
    assert verified.code == 0, verified.text


def checked(served, *words):
    env = {"AWS_ENDPOINT_URL_BEDROCK": served.aws.url, "VERTEXAI_API_BASE": served.server.url}
    bases = dict.fromkeys(("OPENAI_API_BASE", "OPENROUTER_API_BASE"), f"{served.server.url}/v1")
    done = served.box.doit("models", "--check", "--json", *words, env=env | bases)
    return done.code, {each["model"]: each for each in json.loads(done.out)["checked"]}


def test_the_providers_are_asked_what_they_have_without_cost(served):
    served.anthropic.models = ("claude-opus-5-5", "claude-sonnet-5-5")
    served.aws.models = tuple(f"global.anthropic.claude-{tier}-5-5" for tier in ("opus", "sonnet", "haiku"))
    served.server.models = ("gpt-6-luna", "maker/model", "coder:30b", "team/coder", "gemini-3.5-flash")
    code, found = checked(served)
    assert code == 6
    missing = {"anthropic-claude-haiku", "gemini-3.1-pro-preview", "gemini-3.5-flash-lite"}
    assert {model: each["state"] for model, each in found.items() if each["state"] != "ok"} == dict.fromkeys(
        missing, "fail"
    )
    assert found["bedrock-claude-opus"]["regions"] == ["us-east-1"]
    assert found["gemini-3.5-flash"]["regions"] == ["global"]
    asked = [*served.anthropic.asked(), *served.aws.asked(), *served.server.asked()]
    assert {each.method for each in asked} == {"GET"}
    served.anthropic.status = 401
    code, found = checked(served, "anthropic-claude-opus", "ollama")
    assert (code, found["anthropic-claude-opus"]["state"], found["ollama"]["state"]) == (6, "fail", "ok")
    assert "key is refused" in found["anthropic-claude-opus"]["reason"]


def test_a_paid_request_is_sent_only_when_that_is_said(served):
    refused = served.box.doit("models", "--check", "--paid", "gpt-6-luna")
    assert refused.code == 3
    assert not served.server.asked()
    agreed = served.box.doit("models", "--check", "--paid", "--yes", "gpt-6-luna")
    assert agreed.code == 0, agreed.text
    assert [each.body["model"] for each in served.server.asked()] == ["gpt-6-luna"]


@pytest.fixture(scope="module")
def bedrock(tmp_path_factory, litellm_executable):
    with provider("AWS") as aws:
        made = Served(tmp_path_factory.mktemp("bedrock"), litellm_executable, "--preset", "bedrock")
        made.box.extra |= {name: {**SECRETS, **PLAIN}[name] for name in ("AWS_REGION", "AWS_ACCESS_KEY_ID")}
        made.box.extra |= {"AWS_SECRET_ACCESS_KEY": SECRETS["AWS_SECRET_ACCESS_KEY"]}
        made.aws = aws
        try:
            made.start(AWS_BEDROCK_RUNTIME_ENDPOINT=aws.url)
            yield made
        finally:
            clear(made.folder)


@pytest.mark.parametrize("model", [None, "opus", "haiku", "us.anthropic.claude-opus-5-5", "bedrock-claude-sonnet"])
def test_claude_code_asks_bedrock_in_its_own_form(bedrock, claude, model):
    bedrock.aws.well()
    assert bedrock.claude(claude, *(["--model", model] if model else [])) == "This is AWS."
    (seen,) = [each for each in bedrock.aws.asked() if each.method == "POST"]
    tier = next((tier for tier in ("opus", "haiku") if tier in (model or "")), "sonnet")
    assert seen.path == f"/model/global.anthropic.claude-{tier}-5-5/invoke-with-response-stream"
    assert seen.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/")
    assert seen.body["anthropic_version"] == "bedrock-2023-05-31"


def test_its_settings_hold_no_key_of_aws(bedrock):
    env = bedrock.box.env_json()
    assert {"CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_SKIP_BEDROCK_AUTH", "AWS_REGION"} <= env.keys()
    assert not {name for name in env if name.startswith("AWS_")} - {"AWS_REGION"}


HOST = "aiplatform.googleapis.com"
"""Where LiteLLM passes Vertex AI's own requests on to, whatever it is told; so a proxy leads it here."""


@pytest.fixture(scope="module")
def vertex_claude(tmp_path_factory, litellm_executable, litellm_python):
    root = tmp_path_factory.mktemp("vertex")
    certificate(root / "ca.pem", HOST, litellm_python)
    with provider("Google") as google, tunnel(google.url, root / "ca.pem") as (proxy, came):
        made = Served(root / "box", litellm_executable, "--preset", "vertex-claude")
        credentials(made.box.home / "key.json", f"{google.url}/token", litellm_python)
        made.box.extra |= {name: PLAIN[name] for name in ("VERTEX_PROJECT", "VERTEX_LOCATION")}
        made.box.extra |= {"GOOGLE_APPLICATION_CREDENTIALS": str(made.box.home / "key.json")}
        made.google, made.came = google, came
        try:
            trusted = dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"), str(root / "ca.pem"))
            made.start(HTTPS_PROXY=proxy, **trusted)
            yield made
        finally:
            clear(made.folder)


@pytest.mark.parametrize("model", [None, "opus", "claude-haiku-5-5", "vertex-claude-sonnet"])
def test_claude_code_asks_vertex_ai_in_its_own_form(vertex_claude, claude, model):
    vertex_claude.google.well()
    assert vertex_claude.claude(claude, *(["--model", model] if model else [])) == "This is Google."
    (seen,) = [each for each in vertex_claude.google.asked() if each.method == "POST"]
    tier = next((tier for tier in ("opus", "haiku") if tier in (model or "")), "sonnet")
    place = "/v1/projects/my-project-1/locations/global/publishers/anthropic/models"
    assert seen.path == f"{place}/claude-{tier}-5-5:streamRawPredict"
    assert seen.headers["authorization"] == f"Bearer {TOKEN}"
    assert set(vertex_claude.came) == {f"{HOST}:443"}
