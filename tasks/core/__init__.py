"""What the tasks are made of, one folder ("room") for each matter.

The rooms are on floors, and imports lead down only:

    frame
    doctor
    deploying
    service, lint, providers, profiles
    history, litellm, merge, claude
    disk, catalogue, values, secrets, http
    model, text, console, cli

tests/house/floors.py has the table and checks it. An `__init__.py` imports nothing, so that using
one module of a room does not load the others.
"""
