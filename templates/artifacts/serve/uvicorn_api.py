"""What is used of uvicorn. Without it, the program ends here, with one sentence."""

from __future__ import annotations

import sys

try:
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol
    from uvicorn.supervisors.multiprocess import Multiprocess, Process
except ImportError:
    remedy = "install or upgrade 'litellm[proxy]'."
    sys.exit(f"{sys.executable} has no uvicorn that can be used here: {remedy}")

__all__ = ["OLDEST_UVICORN", "H11Protocol", "Multiprocess", "Process", "uvicorn"]

OLDEST_UVICORN = (0, 51)
