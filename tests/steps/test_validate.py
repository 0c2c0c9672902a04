"""validate: findings in templates and in a release."""

import pytest

from tasks import validate
from tasks.core.model.errors import InvalidInput
from tests.steps.releases import staged


def test_findings_are_one_error_with_all_of_them():
    validate.report([])
    with pytest.raises(InvalidInput, match="2 findings") as refused:
        validate.report(["a:1: is wrong", "b:2: too"])
    assert "a:1" in str(refused.value)
    assert "b:2" in str(refused.value)


def test_a_release_that_was_tampered_with_is_found(asked_for, layout):
    asked = asked_for()
    staged(asked)
    assert validate.check_release(asked) is None
    (layout.release / "litellm_config.yaml").write_text("model_list: 5\n")
    layout.release_manifest.write_text("{}")
    failed = validate.check_release(asked)
    assert failed.exit_code == 4
    for name in ("litellm_config.yaml", layout.manifest.name):
        assert name in failed.message
