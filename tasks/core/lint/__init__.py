"""Mistakes in a LiteLLM configuration: found, explained, and fixed in the text.

    source -> config -> one module for each kind of rule -> findings -> fixes or migration, SARIF

The texts of the rules are in templates/lint/rules.yaml; what LiteLLM itself knows is extracted
into templates/lint/litellm.json (`extract`).
"""
