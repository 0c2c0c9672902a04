"""The gateway's process: started by scripts or by the service manager, swapped, stopped, its log.

    new configuration: SIGHUP -> a new worker starts -> ready: it serves, the old one finishes
                                                     -> not ready: the old one keeps serving
    new port or program: trial on a spare port -> it serves: stop and start
                                               -> it fails: the running one is not touched

The deployed serve.py swaps the workers; it imports nothing of this project. `state` is the one
judgement of whether the gateway runs, serves what is deployed, and answers.
"""
