"""LiteLLM: found and judged without running it, installed, and its configuration file."""
