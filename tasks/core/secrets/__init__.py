"""Keeping secrets out of what people read: redaction, diffs without values, encryption.

What a secret looks like, by its name or its form, is in model/secret_patterns.py.
"""
