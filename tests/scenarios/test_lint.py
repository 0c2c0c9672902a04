"""`doit lint` as a person uses it, with --diff and --fix."""

from __future__ import annotations

import json

import pytest

from tasks.core.catalogue import schemas
from tests.artifacts.fakes import make_litellm
from tests.conftest import PROJECT

SCHEMAS = PROJECT / "templates" / "schemas"
RIGHT = """\
model_list:
  - model_name: claude-flash
    litellm_params: {model: vertex_ai/gemini-3.5-flash}
general_settings: {master_key: os.environ/LITELLM_MASTER_KEY}
"""
OLD = """\
# mine
model_list:
  - model_name: claude-flash # fast
    litellm_params:
      model: anthropic/claude-sonnet-5-5
      api_key: sk-ant-canary-0123456789abcdef
litellm_settings:
  timeout: 30 # seconds
general_settings:
  master_key: os.environ/LITELLM_MASTER_KEY
"""


@pytest.fixture
def config(sandbox):
    path = sandbox.home / "config.yaml"
    path.write_text(RIGHT)
    (sandbox.home / ".env").write_text(f"LITELLM_MASTER_KEY={'x' * 32}\n")
    return path


def test_a_right_file_is_told_in_one_line(sandbox, config):
    result = sandbox.doit("lint", str(config))
    assert result.code == 0, result.text
    assert result.out == ""
    assert "nothing found" in result.err


def test_errors_are_exit_4_and_warnings_only_with_strict(sandbox, config):
    config.write_text(RIGHT + "somthing: 1\n")
    assert sandbox.doit("lint", str(config)).code == 0
    assert sandbox.doit("lint", str(config), "--strict").code == 4
    config.write_text(RIGHT + "router_settings: {routing_strategy: mine}\n")
    result = sandbox.doit("lint", str(config))
    assert result.code == 4
    assert f"{config}:5: error: router_settings.routing_strategy" in result.out
    assert "Traceback" not in result.text


@pytest.mark.parametrize("option", ["--json", "--sarif"])
def test_what_a_program_reads_is_one_document_and_nothing_else(sandbox, config, option):
    config.write_text(OLD)
    other = config.with_name("none.yaml")
    result = sandbox.doit("lint", option, str(config), str(other))
    assert result.code == 4
    data = json.loads(result.out)
    if option == "--json":
        assert schemas.findings(data, SCHEMAS / "lint.schema.json", file="lint") == []
        assert {each["rule"] for each in data["findings"]} >= {"literal-secret", "misplaced-key", "unreadable"}
    else:
        assert data["runs"][0]["results"]
    assert "canary" not in result.text


def test_both_forms_at_once_cannot_be_meant(sandbox, config):
    assert sandbox.doit("lint", "--json", "--sarif", str(config)).code == 3


def test_without_a_file_it_is_what_is_deployed(sandbox):
    nothing = sandbox.doit("lint")
    assert nothing.code == 3
    assert "doit lint FILE" in nothing.text
    sandbox.deploy("--preset", "demo")
    result = sandbox.doit("lint")
    assert result.code == 0, result.text
    assert result.out == ""
    path = sandbox.gateway / "litellm_config.yaml"
    path.write_text(path.read_text() + "router_settings: {}\n")
    result = sandbox.doit("lint")
    assert result.code == 4
    assert "duplicate-key" in result.out


def test_the_names_of_claude_codes_settings_must_be_served(sandbox):
    sandbox.deploy("--preset", "demo")
    settings = json.loads(sandbox.settings.read_text())
    settings["env"]["ANTHROPIC_DEFAULT_HAIKU_MODEL"] = "gemini-nowhere"
    sandbox.settings.write_text(json.dumps(settings))
    result = sandbox.doit("lint")
    assert result.code == 4
    assert "unserved-tier" in result.out


def test_migrating_shows_first_and_writes_when_told_to(sandbox, config):
    config.write_text(OLD)
    config.chmod(0o640)
    shown = sandbox.doit("lint", "--diff", str(config))
    assert shown.code == 0, shown.text
    assert config.read_text() == OLD
    assert "-  timeout: 30 # seconds" in shown.out
    assert "ANTHROPIC_API_KEY" in shown.out
    assert "canary" not in shown.text
    done = sandbox.doit("lint", str(config), "--fix")
    assert done.code == 0, done.text
    assert "canary" not in done.text
    kept = config.with_name("config.yaml.before-fix")
    assert kept.read_text() == OLD
    assert str(kept) in done.err
    assert config.stat().st_mode & 0o777 == kept.stat().st_mode & 0o777 == 0o640
    assert config.read_text().count("#") == OLD.count("#")
    assert "sk-ant" not in config.read_text()
    again = sandbox.doit("lint", "--fix", str(config))
    assert again.code == 0
    assert not config.with_name("config.yaml.before-fix.2").exists()


def test_a_copy_is_never_overwritten(sandbox, config):
    kept = config.with_name("config.yaml.before-fix")
    kept.write_text("precious")
    config.write_text(OLD)
    assert sandbox.doit("lint", "--fix", str(config)).code == 0
    assert kept.read_text() == "precious"
    assert config.with_name("config.yaml.before-fix.2").read_text() == OLD


def test_a_link_stays_one_and_a_byte_order_mark_too(sandbox, config):
    real = config.with_name("real.yaml")
    real.write_bytes(b"\xef\xbb\xbf" + OLD.replace("\n", "\r\n").encode())
    config.unlink()
    config.symlink_to(real.name)
    assert sandbox.doit("lint", "--fix", str(config)).code == 0
    assert config.is_symlink()
    data = real.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert b"\n" not in data.replace(b"\r\n", b"")


def test_the_json_of_a_migration(sandbox, config):
    config.write_text(OLD)
    result = sandbox.doit("lint", "--json", "--fix", str(config))
    assert result.code == 0, result.text
    data = json.loads(result.out)
    assert schemas.findings(data, SCHEMAS / "lint_fix.schema.json", file="lint_fix") == []
    assert data["written"]
    assert data["variables"] == ["ANTHROPIC_API_KEY"]


@pytest.mark.parametrize("words", ["--fix", "--diff a.yaml b.yaml", "--fix --diff a.yaml", "--fix --sarif a.yaml"])
def test_one_file_is_fixed_at_a_time(sandbox, words):
    result = sandbox.doit("lint", *words.split())
    assert result.code == 3
    assert "doit lint FILE --diff" in result.text


def test_what_a_fix_leaves_over_is_still_an_error(sandbox, config):
    config.write_text(OLD + "router_settings: {routing_strategy: mine}\n")
    assert sandbox.doit("lint", "--diff", str(config)).code == 0
    assert sandbox.doit("lint", "--fix", str(config)).code == 4
    assert "sk-ant" not in config.read_text()


def test_a_file_that_cannot_be_read_is_one_sentence(sandbox):
    result = sandbox.doit("lint", "--fix", str(sandbox.home))
    assert result.code == 4
    assert "not a regular file" in result.text
    assert "Traceback" not in result.text


def test_the_list_is_made_from_a_whole_litellm_or_not_at_all(sandbox):
    before = (sandbox.project / "templates" / "lint" / "litellm.json").read_bytes()
    nothing = sandbox.doit("facts")
    assert nothing.code == 1
    assert "doit litellm" in nothing.text
    program = make_litellm(sandbox.root / "litellm")
    other = sandbox.doit("facts", env={"PATH": f"{program.parent}:{sandbox.environment()['PATH']}"})
    assert other.code == 4, other.text
    assert "Traceback" not in other.text
    assert (sandbox.project / "templates" / "lint" / "litellm.json").read_bytes() == before
