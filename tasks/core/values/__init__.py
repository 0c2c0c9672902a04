"""Where values come from: environment, .env files, shell profiles, gcloud, references to secrets.

The first source that has a variable wins. Nothing that is read is executed; only a reference
(cmd:COMMAND, keyring:SERVICE/NAME) runs a program. `value_checks` judges the form of a value.
"""
