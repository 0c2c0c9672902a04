"""models: one that is named, and a name that is not there."""


def test_a_model_that_is_named_is_shown_in_full(sandbox):
    result = sandbox.doit("models", "demo")
    assert result.code == 0, result.text
    assert "doit deploy --models demo" in result.out
    refused = sandbox.doit("models", "dmo")
    assert refused.code == 3
    assert "Did you mean demo?" in refused.err
