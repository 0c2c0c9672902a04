"""Keeping secrets out of what people read: texts and files without them, encryption.

`redact` makes a text safe to paste; `hide` puts a mark in place of each value, so that a diff still
shows which ones change. What a secret looks like is in model/secret_patterns.py.
"""
