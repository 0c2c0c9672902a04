"""What dead commands left beside the deployed files; the holder of the lock removes it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tasks.core.litellm import litellm
from tasks.core.service import handover, processes, traces

if TYPE_CHECKING:
    from tasks.core.model.layout import Layout


def clear(layout: Layout) -> bool:
    """Remove what no command and no gateway uses any more; whether there was anything.

    Without a record of a proof the former gateway is the one that runs, or is not needed.
    """
    is_changed = traces.former(layout.pid_file).exists()
    handover.forget(layout)
    for folder in traces.trials(layout):
        if traces.is_abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)
            is_changed = True
    instance = processes.running(layout)
    in_use = (instance and instance.program) or ""
    return litellm.forget_abandoned(layout, in_use) or is_changed
