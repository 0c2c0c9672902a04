"""How a command starts and ends: set-up of .venv, making tasks, output, journal, completion, pages.

    door ─► front ─► commands ─► loader ─► dodo.py

Whatever ends a command ends in front: ending says why, exits has the codes.
It is the room that knows doit, and the only one that may know all others.
"""
