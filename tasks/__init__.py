"""The steps of a deployment; dodo.py is their table of contents."""
