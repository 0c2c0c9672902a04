"""The answer of a server, and what it is in the terms of Anthropic's Messages API."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

EVENT_STREAM = "text/event-stream"


class Response(NamedTuple):
    """An answer of any status: media type, text, where a redirect leads, and the lines of a stream.

    Each line has the seconds since the request was sent.
    """

    status: int
    media_type: str
    text: str
    location: str = ""
    lines: tuple[tuple[float, str], ...] = ()

    @property
    def is_redirect(self) -> bool:
        """Whether it sends us to another address."""
        return self.status // 100 == 3  # noqa: PLR2004

    @property
    def is_success(self) -> bool:
        """Whether its status says that the request was accepted."""
        return self.status // 100 == 2  # noqa: PLR2004

    @property
    def is_completed(self) -> bool:
        """Whether the request was accepted, which may have cost something."""
        return self.is_success and not self.is_error

    @property
    def is_error(self) -> bool:
        """Whether it says that it is an error, whatever its status."""
        return "error" in self.fields

    @property
    def is_message(self) -> bool:
        """Whether it is what a model answered."""
        return self.media_type == EVENT_STREAM or "content" in self.fields

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON value
        """The text as JSON; None when it is not JSON."""
        return parse_json(self.text)

    @property
    def fields(self) -> dict[str, Any]:
        """The members of the JSON object that it is; empty when it is something else."""
        value = self.json
        return value if isinstance(value, dict) else {}

    @property
    def error(self) -> object:
        """The message of an error, without the id of its request; else all that it says."""
        error = self.fields.get("error")
        if isinstance(error, dict) and "message" in error:
            return error["message"]
        return error or self.text


def parse_json(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """The value that *text* is; None when it is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
