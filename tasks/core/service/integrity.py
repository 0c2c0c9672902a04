"""What is run from the gateway's folder is what was deployed, and no other user can change it.

Programs (start-gateway.sh, stop-gateway.sh, serve.py) must be as they were left. What a user is
invited to edit, litellm_config.yaml and .env, may differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.disk import files, trust
from tasks.core.history import history
from tasks.core.model.errors import Conflict

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.core.model.layout import Layout


def require(layout: Layout, *programs: Path) -> None:
    """Conflict unless *programs*, files of the gateway's folder, may be run.

    One that is missing is not refused here: what runs it says so.
    """
    trust.require(layout.gateway, *programs)
    manifest = history.installed(layout)
    if manifest is None:
        return
    for program in programs:
        data = files.read(program)
        left = manifest.files.get(program.name)
        if data is not None and left not in (None, files.digest(data)):
            raise Conflict(
                "is not what was deployed, and was not run",
                "Deploy again: doit deploy; a file that you changed is kept beside the new one.",
                where=str(program),
            )
