"""Serve LiteLLM on one address, and take a new configuration without a dropped request.

    python serve.py --config /absolute/litellm_config.yaml --port 4000

Run it with the Python that has LiteLLM. This process, the supervisor, holds the listening socket
and never loads LiteLLM; a worker, its child, does. SIGHUP starts another worker on the same socket.
When that one has loaded the configuration, the former one takes no new connections, finishes what
it is answering, and ends; when it fails, the former one never notices. A worker that dies is
replaced by one with the current configuration; when that fails, with the one that served last.
SIGTERM ends everything once the answers under way are finished, a second SIGTERM at once.

Files beside the configuration:
    .env                  read again for each worker, line by line, nothing executed or expanded:
                          [export ]NAME=value; the value in one pair of ' or ", else up to the
                          first blank with a # behind it
    gateway.status.json   0600; of the last worker that was started: attempt (counts them), state
                          (starting, serving or failed), reason and error (the end of its log);
                          who serves which revision, and who is leaving; environment and code:
                          digests of the .env that is served (keyed with --instance) and of this
                          file
    litellm.log           if that is where the output goes: kept below 5 MB, what was in it before
                          in litellm.log.1
    .litellm_config.served.yaml
                          0600; only while the current configuration fails: the one that is served
--status FILE puts the last three into another folder.

x-gateway-revision in every answer: the first 12 digits of the SHA-256 of the configuration that it
was made with. GATEWAY_DRAIN_SECONDS in .env (600): how long answers may take to finish. --instance
is a word by which others recognize this very process. --leash is an open file: when it ends
without a byte in it, the command that started this program has died, and the gateway ends. With
a --host that other machines can reach, LiteLLM is not served without a key. What LiteLLM's own
command does besides serving, such as migrating a database, is not done.
Exit: 0 ended by a signal, 1 cannot be started, 2 wrong usage, 6 no worker became ready.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from .network import address, addresses, listen
from .supervisor import Supervisor
from .uvicorn_api import OLDEST_UVICORN, uvicorn


def main() -> int:
    """Serve until a signal ends it."""
    given = parse_arguments()
    check(given)
    os.umask(0o077)
    program = Path(__file__)
    # No file beside this one may pass for a module that LiteLLM imports.
    folder = str(program.resolve().parent)
    sys.path[:] = [path for path in sys.path if path != folder]
    sockets = [listen(host, given.port) for host in addresses(given.host)]
    supervisor = Supervisor(given, program, sockets)
    supervisor.run()
    return supervisor.exit_code


def parse_arguments() -> argparse.Namespace:
    """The options, or exit 2 with the usage."""
    parser = argparse.ArgumentParser(
        description="Serve LiteLLM, and take new configurations without a pause.",
    )
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--host", type=address, default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--start-timeout", type=int, default=300, metavar="SECONDS")
    parser.add_argument("--instance", default="", metavar="WORD")
    parser.add_argument("--status", type=Path, metavar="FILE")
    parser.add_argument("--leash", type=int, metavar="DESCRIPTOR")
    return parser.parse_args()


def check(given: argparse.Namespace) -> None:
    """Exit 1 when uvicorn is too old or there is no configuration to serve."""
    version = uvicorn.__version__
    if tuple(map(int, version.split(".")[:2])) < OLDEST_UVICORN:
        sys.exit(f"uvicorn {version} is too old, 0.51 is needed: upgrade LiteLLM to 1.88 or newer.")
    if not given.config.is_absolute() or not given.config.is_file():
        sys.exit(f"{given.config} is no file, or not an absolute path.")


if __name__ == "__main__":
    sys.exit(main())
