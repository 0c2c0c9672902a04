"""The vocabulary that all rooms share: values and rules, no files, no network, no clock.

    Choices (what to deploy) + Catalogue (what exists) -> Deployment -> Manifest (what was written)

Layout has every path. Errors are sentences with a fix, and their class decides the exit code.
A Secret can be used but not shown.
"""
