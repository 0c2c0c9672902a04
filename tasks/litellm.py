"""litellm: install the pinned LiteLLM into the gateway's own environment, for those who have none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.tools import litellm
from tasks.tools.steps import Task, action

if TYPE_CHECKING:
    from tasks.model.layout import Layout
    from tasks.tools.asked import Asked


def task(asked: Asked) -> Task:
    """Up to date while the environment holds, whole, what requirements/litellm.txt says."""
    return {"actions": [(install, [asked.layout])], "uptodate": [lambda: litellm.is_installed(asked.layout)]}


def deployed_task(asked: Asked) -> Task:
    """The same within a deployment, once that stands."""
    return {**task(asked), "task_dep": ["_finish"]}


@action
def install(layout: Layout) -> None:
    """Install it, showing how long that takes."""
    litellm.install_known_good(layout)
