"""Claude Code's settings.json: which keys are ours, what they replaced, and how to return them.

    deploy:    free or ours -> written    the user's -> saved and replaced
               another tool's -> refused, unless --force names the tool
    uninstall: unchanged since -> the saved value, or removed    changed by the user -> kept

The ledger has the saved values and fingerprints of what was written. `layers` says which of Claude
Code's settings files wins. What a deployment wants to write there, custom headers too, is decided
in `model/deployment.py` (`settings_of`).
"""
