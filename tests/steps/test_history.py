"""history: what names a revision."""


def test_a_digit_that_is_no_number_is_no_revision(sandbox):
    sandbox.deploy("--preset", "demo")
    for step in ("history", "rollback"):
        assert sandbox.doit(step, "²").code == 3
