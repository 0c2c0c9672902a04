"""The deployed scripts, run with a LiteLLM that costs nothing."""
