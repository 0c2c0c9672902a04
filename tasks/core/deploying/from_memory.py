"""What a command is about that takes no choices: what is remembered."""

from __future__ import annotations

import os
from dataclasses import replace

from tasks.core.deploying.context import Context
from tasks.core.deploying.remembered import recall
from tasks.core.deploying.request import Request
from tasks.core.deploying.resolve import Resolved, resolve
from tasks.core.model.layout import Layout


def resolve_remembered() -> Resolved:
    """What a step alone goes on with."""
    remembered = recall(Layout.of(os.environ))
    request = Request(
        remembered.for_steps,
        remembered=remembered,
        is_step_alone=True,
    )
    return resolve(request, Context.of(request.choices))


def resolve_deployed(resolved: Resolved) -> Resolved:
    """What is deployed where *resolved* goes; where nothing is, what was chosen."""
    known = resolved.request.remembered
    if known is None:
        return resolved
    request = replace(resolved.request, choices=known.for_looking)
    return resolve(request, Context.of(request.choices))
