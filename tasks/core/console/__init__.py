"""The terminal: messages on stderr, data on stdout, questions, progress, and the summary of a run.

Only this room prints and asks, but for the first set-up (frame/door.py). A terminal gets marks and
colours, a pipe gets plain text.
"""
