"""What a LiteLLM knows is read from its files, in every way in which it takes settings; nothing of it is run."""

from __future__ import annotations

import json

import pytest

from tasks.core.lint import extract
from tasks.core.model.errors import InvalidInput

FILES = {
    "__init__.py": """\
import os
from .constants import request_timeout, SOME_CONSTANT
from .timeout import timeout
_custom_logger_compatible_callbacks_literal = Literal["langfuse", "otel"]
drop_params: bool = False
num_retries: Optional[int] = None
callbacks = []
raise SystemExit("nobody may run this")
""",
    "constants.py": 'OPENAI_CHAT_COMPLETION_PARAMS: Final = ["temperature"]\nrequest_timeout = 6000\n',
    "main.py": "def completion(model, messages, *, api_base=None): ...\n",
    "router.py": """\
class Router:
    def __init__(self, model_list: list | None = None, num_retries: int | None = None, *, fallbacks: list = []): ...
""",
    "types/router.py": """\
class Base(X):
    api_key: str | None = None
class LiteLLM_Params(Base):
    rpm: int | None = None
    drop_params: bool | None = None
class RetryPolicy(X):
    TimeoutErrorRetries: int | None = None
class AllowedFailsPolicy(X):
    TimeoutErrorAllowedFails: int | None = None
class RoutingStrategy(enum.Enum):
    LEAST_BUSY = "least-busy"
""",
    "types/utils.py": 'class LlmProviders(str, Enum):\n    OPENAI = "openai"\n    VERTEX_AI = "vertex_ai"\n',
    "types/litellm_params.py": "class Owned(TypedDict):\n    weight: int\n",
    "router_utils/routing_groups.py": 'VALID_ROUTING_STRATEGIES = ("simple-shuffle", *map(str, RoutingStrategy))\n',
    "llms/openai_like/providers.json": '{"publicai": {}}',
    "llms/some.py": 'def f(litellm_params):\n    litellm_params.get("vertex_project")\n',
    "litellm_core_utils/litellm_logging.py": 'def f(callback):\n    if callback == "slack": ...\n',
    "proxy/common_utils/callback_utils.py": 'def f(callback):\n    if callback == "presidio": ...\n',
    "proxy/_types.py": """\
class ConfigGeneralSettings(X):
    master_key: str | None = None
    background_health_checks: bool | None = None
class ConfigYAML(X):
    model_list: list
""",
    "proxy/proxy_server.py": """\
class ProxyConfig:
    async def load_config(self, config):
        for key, value in config["litellm_settings"].items():
            if key == "cache": ...
        general_settings = config.get("general_settings", {})
        general_settings.get("allowed_ips")
        config.get("guardrails")
""",
    "model_prices_and_context_window_backup.json": json.dumps(
        {
            "gpt-5": {"litellm_provider": "openai", "mode": "chat"},
            "vertex_ai/old": {
                "litellm_provider": "vertex_ai-x_models",
                "mode": "chat",
                "deprecation_date": "2025-01-01",
            },
            "dall-e": {"litellm_provider": "openai", "mode": "image_generation"},
        }
    ),
}


@pytest.fixture
def package(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / "litellm" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "litellm"


def test_everything_is_found_and_its_kind(package):
    assert extract.extract(package, "1.2.3") == {
        "litellm": "1.2.3",
        "top": sorted({*extract.SECTIONS, "default_vertex_config", "guardrails", "include", "model_list"}),
        "general_settings": {"allowed_ips": "", "background_health_checks": "boolean", "master_key": ""},
        "litellm_settings": {
            "cache": "",
            "callbacks": "",
            "drop_params": "boolean",
            "num_retries": "number",
            "request_timeout": "",
        },
        "router_settings": {"fallbacks": "", "model_list": "", "num_retries": "number"},
        "litellm_params": {
            "api_base": "",
            "api_key": "",
            "drop_params": "boolean",
            "messages": "",
            "model": "",
            "rpm": "number",
            "temperature": "",
            "vertex_project": "",
            "weight": "number",
        },
        "retry_policy": ["TimeoutErrorRetries"],
        "allowed_fails_policy": ["TimeoutErrorAllowedFails"],
        "routing_strategies": ["least-busy", "simple-shuffle"],
        "providers": ["openai", "publicai", "vertex_ai"],
        "callbacks": ["langfuse", "otel", "presidio", "slack"],
        "models": {"openai": {"gpt-5": ""}, "vertex_ai": {"old": "2025-01-01"}},
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("router.py", "class Router: ..."),
        ("router.py", "class"),
        ("types/router.py", ""),
        ("constants.py", ""),
        ("llms/openai_like/providers.json", "{"),
        ("proxy/proxy_server.py", None),
    ],
)
def test_a_litellm_that_is_built_differently_is_one_sentence(package, name, text):
    path = package / name
    path.write_text(text) if text is not None else path.unlink()
    with pytest.raises(InvalidInput, match="cannot be read"):
        extract.extract(package, "1.2.3")
