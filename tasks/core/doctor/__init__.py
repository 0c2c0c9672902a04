"""What a request of Claude Code meets on its way, checked in order; the first failure counts.

    client -> settings -> credentials -> address -> network -> files -> program -> port -> process
           -> readiness -> key -> models -> names -> providers -> hosts -> replies

Each check is ok, warn, fail or skip, with a fix. Nothing is changed; models are asked with --deep
alone.
"""
