"""How a command starts and ends: set-up of .venv, making tasks, output, journal, completion, pages.

    door ─► front ─► commands ─► loader ─► dodo.py

It is the room that knows doit, and the only one that may know all others.
"""
