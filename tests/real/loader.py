"""Run by LiteLLM's own Python: loads configurations as `litellm --validate_config` does, each in a process of its own.

Prints one JSON object: per file the number of models that were loaded, or the error.
"""

import asyncio
import json
import os
import sys
import tempfile

from litellm.proxy.proxy_server import ProxyConfig


async def count(path):
    _, models, _ = await ProxyConfig().load_config(router=None, config_file_path=path)
    return len(models)


def judged(path):
    with tempfile.TemporaryFile("w+") as file:
        child = os.fork()
        if not child:
            try:
                told = {"models": asyncio.run(count(path))}
            except Exception as error:  # noqa: BLE001 - whatever it is, it is what LiteLLM says
                told = {"error": f"{type(error).__name__}: {error}"}
            file.write(json.dumps(told))
            file.flush()
            os._exit(0)
        os.waitpid(child, 0)
        file.seek(0)
        return json.load(file)


print("\n" + json.dumps({path: judged(path) for path in sys.argv[1:]}))
