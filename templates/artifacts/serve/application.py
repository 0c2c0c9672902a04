"""LiteLLM's application, and the reasons not to serve what it has loaded."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Message = dict[str, Any]
"""A message of ASGI, and what it says of a connection."""

NO_KEYS = (None, "", "sk-1234")
"""Not set, empty, and the key of LiteLLM's examples, which is public."""
UNGUARDED = "others than this machine could connect, and no LITELLM_MASTER_KEY keeps them out"


def application(complete: bool, guarded: bool) -> Callable[..., Awaitable[None]]:
    """LiteLLM as its own command serves it: an application of ASGI.

    complete: it does not start without a model that it should have
    guarded:  it does not start without a key
    """
    from litellm.proxy import proxy_server

    litellm: Callable[..., Awaitable[None]] = proxy_server.app

    async def checked(
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        async def send_if_sound(message: Message) -> None:
            """Pass on what LiteLLM says of itself, but not that it has started when it must not."""
            if message["type"] == "lifespan.startup.complete":
                exit_if_unsound(complete, guarded)
            await send(message)

        if scope["type"] == "lifespan":
            await litellm(scope, receive, send_if_sound)
        else:
            await litellm(scope, receive, send)

    return checked


def exit_if_unsound(complete: bool, guarded: bool) -> None:
    """End the worker when the configuration must not be served.

    The supervisor finds the reason in the log: it looks for an error with a name.
    """
    fault = find_fault(complete, guarded)
    if fault:
        print(fault, file=sys.stderr, flush=True)
        os._exit(3)  # nothing is served yet


def find_fault(complete: bool, guarded: bool) -> str:
    """Why the configuration that LiteLLM has loaded must not be served; "" when it may."""
    from litellm.proxy import proxy_server

    if guarded and proxy_server.master_key in NO_KEYS:
        return f"KeyError: {UNGUARDED}"
    if complete:
        return find_missing()
    return ""


def find_missing() -> str:
    """The models of the configuration that LiteLLM found broken, as a sentence; "" for none.

    LiteLLM itself goes on without them, and says so only in its log.
    """
    from litellm.proxy import proxy_server

    config = proxy_server.proxy_config.get_config_state()
    wanted = {str(model["model_name"]) for model in config.get("model_list") or ()}
    # It makes no router when not one of its models can be served.
    router = proxy_server.llm_router
    if router:
        wanted -= {str(name) for name in router.get_model_names()}
    if not wanted:
        return ""
    names = ", ".join(sorted(wanted))
    return f"ModelError: LiteLLM cannot serve {names}; it says why above"
