"""deploy: its options, and which steps it leads to."""

from tasks import deploy
from tasks.core.model.choices import Flags


def test_every_option_says_what_it_is_for_and_none_takes_a_secret():
    names = [each["name"] for each in deploy.OPTIONS]
    assert len(names) == len(set(names))
    assert all(each["help"] for each in deploy.OPTIONS)
    # where one is to be had; tests/core/model/test_choices.py tries to give one there
    places = {"token", "token_file", "token_stdin", "client_key"}
    assert not [name for name in {*names} - places if "key" in name or "token" in name or "password" in name]
    shorts = [each["short"] for each in deploy.OPTIONS if each.get("short")]
    assert len(shorts) == len(set(shorts))


def test_a_dry_run_has_no_step_that_writes(asked_for, session):
    assert deploy.task(asked_for(Flags(dry_run=True)), session) == {"actions": None, "task_dep": ["plan"]}


def test_a_deployment_starts_only_when_asked_to(asked_for, session, monkeypatch):
    assert "_start" not in deploy.task(asked_for(), session)["task_dep"]
    monkeypatch.setattr(deploy.interview, "agree_to_litellm", lambda _: None)
    assert deploy.task(asked_for(Flags(start=True)), session)["task_dep"][-1] == "_start"
