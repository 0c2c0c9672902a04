"""What is for a clone does nothing in an installed package."""

from tasks.core.cli import checkout


def test_an_action_runs_in_a_checkout_and_nowhere_else(monkeypatch, tmp_path):
    done = []
    run = checkout.in_checkout(done.append)
    assert run("here") is None
    (tmp_path / "__init__.py").touch()
    monkeypatch.setattr(checkout, "PROJECT", tmp_path)
    failure = run("there")
    assert (failure.exit_code, done) == (3, ["here"])
    assert "clone" in failure.message
