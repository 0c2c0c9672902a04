"""Somebody at a terminal types `doit deploy`, is asked what only they can know, and sees it before it is done."""

from __future__ import annotations

import shlex
import sys

import pexpect
import pytest

from tests.conftest import VERTEX, make_sandbox

ENTER, UP, DOWN, LEFT, ESCAPE, HOME = "\r", "\x1b[A", "\x1b[B", "\x1b[D", "\x1b", "\x1b[H"
CTRL_C, CTRL_D = "\x03", "\x04"
SECRET = "gateway-token-of-somebody-0123456789"
PATIENCE = 60

pytestmark = [pytest.mark.slow, pytest.mark.sample(2)]


class Terminal:
    """A `doit …` at a pseudo-terminal; everything that it shows is kept."""

    def __init__(self, box, *words, term="xterm-256color", columns=100, rows=40, **env):
        environ = box.environment(TERM=term, **env)
        self.child = pexpect.spawn(
            sys.executable,
            box.command(*words)[1:],
            cwd=str(box.project),
            env=environ,
            encoding="utf-8",
            timeout=PATIENCE,
            dimensions=(rows, columns),
        )
        self.shown = ""

    def sees(self, text):
        self.child.expect_exact(text)
        self.shown += self.child.before + self.child.after
        return self

    def types(self, keys):
        self.child.send(keys)
        return self

    def ends(self):
        self.child.expect(pexpect.EOF)
        self.shown += self.child.before
        self.child.close()
        return self.child.exitstatus


@pytest.fixture
def key(sandbox):
    """A file that could hold Google's credentials."""
    path = sandbox.home / "key.json"
    path.write_text('{"type": "service_account"}')
    path.chmod(0o600)
    return path


def plain(box, *words, **more):
    return Terminal(box, "deploy", *words, term="dumb", **more)


def walked(key):
    """The answers of a whole conversation about the preset basic, each behind what it answers; no cursor needed."""
    return [
        ("Number [11]: ", "basic\r"),
        ("Numbers, in one line [1 2 3 4 5 6 7 8]: ", "2 3 6\r"),
        ("Number [1]: ", ENTER),
        ("VERTEX_PROJECT: missing", "my-project-1\r"),
        ("GOOGLE_APPLICATION_CREDENTIALS: missing", f"{key}\r"),
        ("Start the gateway", "2\r"),
        ("Deploy this? [y/N, d for details]: ", "y\r"),
    ]


def test_the_whole_conversation_without_a_cursor(sandbox, key):
    terminal = plain(sandbox)
    for seen, answer in walked(key):
        terminal.sees(seen).types(answer)
    assert terminal.ends() == 0, terminal.shown
    manifest = sandbox.json(sandbox.gateway / "deployment-manifest.json")
    assert manifest["models"] == ["gemini-3.5-flash", "gemini-3.5-flash-lite", "codestral"]
    assert manifest["environment_variables"]["VERTEX_PROJECT"] == "my-project-1"
    assert f"GOOGLE_APPLICATION_CREDENTIALS={key}" in (sandbox.gateway / ".env").read_text()
    assert sandbox.env_json()["ANTHROPIC_DEFAULT_SONNET_MODEL"] == "gemini-3.5-flash"
    assert "Plan for basic, revision 1" in terminal.shown
    assert "\x1b" not in terminal.shown


def test_it_tells_which_command_does_the_same_without_a_question(sandbox, key, tmp_path):
    terminal = plain(sandbox)
    for seen, answer in walked(key):
        terminal.sees(seen).types(answer)
    assert terminal.ends() == 0, terminal.shown
    said, remark = terminal.shown.partition("Same:")[2].strip().splitlines()[:2]
    words = shlex.split(said)
    assert words[:2] == ["doit", "deploy"]
    assert words[-1] == "--no-input"
    assert "VERTEX_PROJECT" in remark
    other = make_sandbox(tmp_path / "other")
    environ = VERTEX | {"GOOGLE_APPLICATION_CREDENTIALS": str(key)}
    done = Terminal(other, *words[1:], **environ)
    assert done.ends() == 0, done.shown
    manifests = [box.json(box.gateway / "deployment-manifest.json") for box in (sandbox, other)]
    assert manifests[0]["choices"] == manifests[1]["choices"]
    assert manifests[0]["environment_variables"] == manifests[1]["environment_variables"]


def test_the_whole_conversation_with_lists_to_walk_through(sandbox, key):
    terminal = Terminal(sandbox, "deploy").sees("What do you have?").sees("Something else").types(HOME + ENTER)
    terminal.sees("Which models should it serve?").sees("notice.").types("codestral").sees("rewriting")
    terminal.types(" " + ENTER).sees("gemini-3.5-flash, gemini-3.5-flash-lite")
    terminal.sees("Claude Code's tiers?").sees("Choose others").types(ENTER)
    terminal.sees("in .env)").types("my-project-1\r")
    terminal.sees("GOOGLE_APPLICATION_CREDENTIALS (empty").types(f"{key}\r")
    terminal.sees("Start the gateway").sees("Later").types(DOWN + ENTER)
    terminal.sees("files to create").sees("Deploy this?").types("y\r")
    assert terminal.ends() == 0, terminal.shown
    models = sandbox.json(sandbox.gateway / "deployment-manifest.json")["models"]
    assert len(models) == 7
    assert "codestral" not in models


def test_what_was_found_is_named_and_marked_and_its_value_is_not_shown(sandbox):
    terminal = Terminal(sandbox, "deploy", DEEPSEEK_API_KEY=SECRET)
    terminal.sees("Python 3").sees("DEEPSEEK_API_KEY (environment)")
    terminal.types(ENTER).sees("A DeepSeek API key").sees("Which models").sees("deepseek-v4-pro").types(CTRL_C)
    assert terminal.ends() == 130, terminal.shown
    assert SECRET not in terminal.shown


@pytest.mark.parametrize("key", [ESCAPE, LEFT], ids=["escape", "left"])
def test_one_key_goes_back_from_each_question(sandbox, key):
    """Up to the first question, and on again to the end with another answer."""
    terminal = Terminal(sandbox, "deploy").sees("Something else").types(HOME + ENTER)
    terminal.sees("Which models").sees("notice.").types(ENTER).sees("tiers?").sees("Choose others").types(ENTER)
    terminal.sees("in .env)").types(key).sees("Choose others").types(key).sees("notice.").types(key)
    terminal.sees("Something else").types(key).sees("Something else").types("nothing yet" + ENTER)
    terminal.sees("Start the").sees("Later").types(DOWN + ENTER).sees("Deploy this?").types(key)
    terminal.sees("Later").types(ENTER).sees("Deploy this?").types("y\r")
    assert terminal.ends() == 0, terminal.shown
    assert sandbox.json(sandbox.gateway / "deployment-manifest.json")["choices"] == {"preset": "demo"}


def test_without_a_cursor_a_sign_goes_back(sandbox):
    terminal = plain(sandbox).sees("< goes back").sees("Number [11]: ").types("openai\r")
    terminal.sees("Numbers, in one line").types("<\r").sees("Number [3]: ").types("demo\r")
    terminal.sees("Start the").sees("Number [1]: ").types("2\r").sees("Deploy this?").types("<\r")
    terminal.sees("Number [2]: ").types(ENTER).sees("Deploy this?").types("y\r")
    assert terminal.ends() == 0, terminal.shown


def test_the_second_time_every_answer_is_there_already(sandbox):
    given = ["--gateway-type", "zuplo", "--gateway-url", "https://gw.example.com", "--opus", "big"]
    done = sandbox.doit("deploy", "--preset", "enterprise", *given, env={"GATEWAY_TOKEN": SECRET})
    assert done.code == 0, done.text
    before = sandbox.state(sandbox.home)
    terminal = Terminal(sandbox, "deploy").sees("enterprise").sees("What would you like to do?").sees("Change it")
    terminal.types(ENTER).sees("What do you have?").sees("company's gateway").types(ENTER)
    terminal.sees("Whose gateway is it?").sees("Zuplo").types(ENTER).sees("https://gw.example.com").types(ENTER)
    terminal.sees("tiers?").sees("opus big").types(ENTER).sees("Nothing to do")
    assert terminal.ends() == 0, terminal.shown
    assert sandbox.state(sandbox.home) == before


def test_choosing_asks_the_same_and_deploys_nothing(sandbox):
    terminal = Terminal(sandbox, "choose").sees("Something else").types("openai" + ENTER)
    terminal.sees("Which models").sees("gpt-6-luna").types(ENTER).sees("Choose others").types(ENTER)
    terminal.sees("Kept for the next deployment")
    assert terminal.ends() == 0, terminal.shown
    assert not sandbox.claude.exists()
    assert Terminal(sandbox, "choose", "--no-input").ends() == 0
    deploying = plain(sandbox).sees("Number [3]: ").types(CTRL_C)
    assert deploying.ends() == 130, "what was chosen is marked"


def test_another_model_for_a_tier(sandbox, key):
    terminal = plain(
        sandbox, "--preset", "basic", "--models", "codestral,glm-5.2", GOOGLE_APPLICATION_CREDENTIALS=str(key)
    )
    terminal.sees("Claude Code's tiers?").sees("Number [1]: ").types("2\r")
    for tier, number in (("opus", "2"), ("sonnet", "1"), ("haiku", "1")):
        terminal.sees(f"for the {tier} tier?").sees("]: ").types(f"{number}\r")
    terminal.sees("VERTEX_PROJECT: missing").types("my-project-1\r").sees("Start the").sees("Number").types("2\r")
    terminal.sees("Deploy this?").types("y\r")
    assert terminal.ends() == 0, terminal.shown
    assert sandbox.env_json()["ANTHROPIC_DEFAULT_OPUS_MODEL"] == "glm-5.2"
    assert sandbox.env_json()["ANTHROPIC_DEFAULT_SONNET_MODEL"] == "codestral"


@pytest.mark.parametrize("after", range(7))
def test_ctrl_c_at_any_question_leaves_nothing_behind(sandbox, key, after):
    before = sandbox.state()
    terminal = plain(sandbox)
    answers = walked(key)
    for seen, answer in answers[:after]:
        terminal.sees(seen).types(answer)
    terminal.sees(answers[after][0]).types(CTRL_C).sees("Nothing was changed.")
    assert terminal.ends() == 130, terminal.shown
    assert sandbox.state() == before
    assert "Traceback" not in terminal.shown


@pytest.mark.parametrize("keys", [CTRL_C, CTRL_D])
@pytest.mark.parametrize("answers", [[], [("What do you have?", HOME + ENTER)]], ids=["first", "second"])
def test_so_it_does_in_a_list_to_walk_through(sandbox, answers, keys):
    before = sandbox.state()
    terminal = Terminal(sandbox, "deploy")
    for seen, answer in answers:
        terminal.sees(seen).sees("demo").types(answer)
    terminal.sees("Which models" if answers else "What do you").sees("»").types(keys).sees("Nothing was changed.")
    assert terminal.ends() == 130, terminal.shown
    assert sandbox.state() == before


def test_ctrl_d_at_a_line(sandbox):
    before = sandbox.state()
    terminal = plain(sandbox).sees("Number [11]: ").types(CTRL_D).sees("Nothing was changed.")
    assert terminal.ends() == 130
    assert sandbox.state() == before


def test_agreeing_to_install_litellm_is_not_agreeing_to_the_plan(sandbox):
    before = sandbox.state()
    terminal = plain(sandbox, "--preset", "demo").sees("install LiteLLM first").sees("Number [1]: ").types("1\r")
    terminal.sees("Plan for demo").sees("Deploy this?").types(ENTER).sees("Nothing was changed.")
    assert terminal.ends() == 1
    assert sandbox.state() == before


def test_no_is_an_answer_too(sandbox):
    before = sandbox.state()
    terminal = plain(sandbox, "--preset", "demo").sees("Number [1]: ").types("2\r").sees("Deploy this?").types(ENTER)
    terminal.sees("Nothing was changed.")
    assert terminal.ends() == 1
    assert sandbox.state() == before


def test_a_wrong_answer_is_asked_for_again(sandbox):
    terminal = plain(sandbox)
    terminal.sees("Number [11]: ").types("99\r").sees("One number from 1 to").sees("Number [11]: ").types("basic\r")
    terminal.sees("]: ").types("1 x 3\r").sees("Numbers from 1 to").sees("]: ").types("1 3\r")
    terminal.sees("tiers?").sees("Number [1]: ").types(ENTER).sees("in .env): ").types("no project!\r")
    terminal.sees("example: my-project-123").sees("in .env): ").types(CTRL_C)
    assert terminal.ends() == 130, terminal.shown


def test_no_model_at_all_is_no_answer(sandbox):
    terminal = Terminal(sandbox, "deploy", "--preset", "basic").sees("Which models").sees("notice")
    terminal.types("\x01\x01" + ENTER).sees(" at least ").types(CTRL_C)
    assert terminal.ends() == 130


def test_a_value_that_is_left_open_can_come_later(sandbox):
    terminal = plain(sandbox, "--preset", "basic", "--models", "codestral")
    terminal.sees("VERTEX_PROJECT: missing").types(ENTER).sees("GOOGLE_APPLICATION_CREDENTIALS: missing").types(ENTER)
    terminal.sees("Deploy this?").types("y\r")
    assert terminal.ends() == 0, terminal.shown
    assert "Start the gateway" not in terminal.shown
    assert "\nVERTEX_PROJECT=\n" in (sandbox.gateway / ".env").read_text()


def test_a_secret_is_typed_unseen_and_goes_into_env_only(sandbox):
    terminal = plain(sandbox, "--preset", "enterprise")
    terminal.sees("Whose gateway is it?").sees("Number [1]: ").types(ENTER)
    terminal.sees("Where is that gateway?").types("ftp://nowhere\r").sees("needs http").sees("Where is that gateway?")
    terminal.types("https://gw.example.com\r").sees("tiers?").sees("Number [1]: ").types(ENTER)
    terminal.sees("https://gw.example.com only").sees("not shown").types(f"{SECRET}\r")
    terminal.sees("Deploy this?").types("y\r")
    assert terminal.ends() == 0, terminal.shown
    assert SECRET not in terminal.shown
    assert f"GATEWAY_TOKEN={SECRET}" in (sandbox.gateway / ".env").read_text()
    holders = {
        path
        for place in (sandbox.home, sandbox.project)
        for path in place.rglob("*")
        if path.is_file() and SECRET.encode() in path.read_bytes()
    }
    assert holders <= {sandbox.gateway / ".env", sandbox.settings}


def test_a_token_that_is_typed_for_an_option_is_asked_for_once(sandbox):
    words = ["--preset", "enterprise", "--gateway-url", "https://gw.example.com", "--sonnet", "s", "--token-stdin"]
    terminal = plain(sandbox, *words).sees("GATEWAY_TOKEN: ").types(f"{SECRET}\r").sees("Deploy this?").types("y\r")
    assert terminal.ends() == 0, terminal.shown
    assert terminal.shown.count("GATEWAY_TOKEN: ") == 2  # the second tells where the value comes from
    assert SECRET not in terminal.shown


def test_with_a_preset_only_the_rest_is_asked(sandbox):
    terminal = plain(sandbox, "--preset", "demo").sees("Start the gateway").sees("Number [1]: ").types("2\r")
    terminal.sees("Deploy this?").types("y\r")
    assert terminal.ends() == 0, terminal.shown
    assert "What do you have" not in terminal.shown
    again = plain(sandbox).sees("What would you like to do?").sees("Number [1]: ").types("2\r")
    assert again.ends() == 0
    assert "Nothing to do" in again.shown


def test_a_change_is_shown_and_agreed_to_also_when_every_option_is_given(sandbox):
    sandbox.deploy("--preset", "demo")
    before = sandbox.state()
    terminal = plain(sandbox, "--port", "4300").sees("Plan for demo, revision 2").sees("Deploy this?").types("n\r")
    assert terminal.ends() == 1, terminal.shown
    assert sandbox.state() == before
    agreeing = plain(sandbox, "--port", "4300", "--yes")
    assert agreeing.ends() == 0
    assert "Deploy this?" not in agreeing.shown
    assert sandbox.env_json()["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:4300"


@pytest.mark.parametrize(("keys", "code"), [("n\r", 1), (CTRL_C, 130)])
def test_nothing_is_written_before_it_is_agreed_to(sandbox, keys, code):
    """With --start and without LiteLLM, which would have to be installed first."""
    before = sandbox.state()
    words = ["--preset", "demo", "--start"]
    terminal = plain(sandbox, *words).sees("Install it?").sees("Number").types("2\r")
    terminal.sees("it does not run; start it with: doit start").sees("Deploy this?").types(keys)
    assert terminal.ends() == code, terminal.shown
    assert sandbox.state() == before


def test_without_litellm_it_goes_on_without_starting(sandbox):
    terminal = plain(sandbox, "--preset", "demo", "--start").sees("Install it?").sees("Number").types("2\r")
    terminal.sees("Deploy this?").types("y\r")
    assert terminal.ends() == 0, terminal.shown
    assert "doit deploy --start" in terminal.shown.partition("Next:")[2]
    assert "Undo:  doit uninstall" in terminal.shown


def test_starting_without_litellm_offers_to_install_it(sandbox):
    sandbox.deploy("--preset", "demo")
    before = sandbox.state()
    terminal = Terminal(sandbox, "start").sees("LiteLLM is not installed").sees("Install it now?").types("n\r")
    assert terminal.ends() == 1, terminal.shown
    assert sandbox.state() == before
    alone = sandbox.doit("start")
    assert alone.code == 1
    assert "Install it now" not in alone.text


def test_not_installing_litellm_ends_a_switch_before_anything_is_written(sandbox):
    sandbox.deploy("--preset", "demo", "--profile", "one")
    sandbox.deploy("--port", "4300", "--profile", "two")
    before = sandbox.state()
    terminal = Terminal(sandbox, "use", "one", "--start", term="dumb").sees("Install it now?").types("n\r")
    terminal.sees("Nothing was changed.")
    assert terminal.ends() == 1, terminal.shown
    assert sandbox.state() == before


def test_every_changed_line_is_shown_to_who_wants_to_see_it(sandbox):
    sandbox.deploy("--preset", "demo")
    terminal = plain(sandbox, "--port", "4300").sees("Deploy this?").types("d\r")
    terminal.sees("Files in").sees('"ANTHROPIC_BASE_URL": "http://127.0.0.1:4300"').sees("Deploy this?").types("y\r")
    assert terminal.ends() == 0, terminal.shown
    assert sandbox.secrets()[0] not in terminal.shown


def test_a_plan_that_cannot_be_made_is_told_by_the_steps(sandbox):
    """So that what was chosen is remembered, and a file to finish by hand is there, as without a terminal."""
    sandbox.deploy("--preset", "demo")
    config = sandbox.gateway / "litellm_config.yaml"
    config.write_text(config.read_text().replace("127.0.0.1:4000", "127.0.0.1:4555"))
    terminal = plain(sandbox, "--port", "4777")
    assert terminal.ends() == 5, terminal.shown
    assert "Deploy this?" not in terminal.shown
    assert list((sandbox.workshop / "conflicts").glob("*-litellm_config.yaml"))


def test_yes_answers_the_confirmation_only(sandbox):
    terminal = plain(sandbox, "--preset", "demo", "--yes").sees("Start the gateway").sees(": ").types("2\r")
    assert terminal.ends() == 0, terminal.shown
    assert "Deploy this?" not in terminal.shown
    assert sandbox.gateway.exists()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--preset", "enterprise"], 3, "--gateway-url"),
        (["--preset", "basic"], 1, "VERTEX_PROJECT"),
        (["--preset", "demo", "--start"], 3, "--yes"),
        (["--preset", "enterprise", "--gateway-url", "https://gw.example.com", "--token-stdin"], 3, "--token-file"),
    ],
)
def test_no_input_asks_nothing_and_names_what_is_missing(sandbox, words, code, says):
    terminal = plain(sandbox, *words, "--no-input")
    assert terminal.ends() == code, terminal.shown
    assert says in terminal.shown
    assert not sandbox.claude.exists()


def test_a_wrong_option_ends_it_before_the_first_question(sandbox):
    terminal = plain(sandbox, "--preset", "demmo")
    assert terminal.ends() == 3
    assert "Did you mean demo?" in terminal.shown


@pytest.mark.parametrize("words", [["list"], ["status"], ["plan"], ["deploy", "--dry-run"], ["preflight"]])
def test_other_commands_ask_nothing(sandbox, words):
    sandbox.doit("choose", "--preset", "demo")
    terminal = Terminal(sandbox, *words, term="dumb")
    assert terminal.ends() == 0, terminal.shown
    assert "What do you have" not in terminal.shown


def test_a_deployment_that_failed_does_not_answer_the_first_question(sandbox):
    assert sandbox.doit("deploy", "--preset", "basic", "--no-input").code == 1
    terminal = plain(sandbox).sees("What do you have").types(CTRL_C)
    assert terminal.ends() == 130, terminal.shown


@pytest.fixture
def forgotten(sandbox):
    """A gateway that another checkout deployed."""
    sandbox.deploy("--preset", "demo", "--port", "4100")
    (sandbox.workshop / "choices.json").unlink()
    return sandbox


def test_what_stands_is_told_and_can_be_left_alone(forgotten):
    before = forgotten.state()
    terminal = plain(forgotten).sees("demo, revision 1 of").sees("Number [1]: ").types("4\r")
    assert terminal.ends() == 1, terminal.shown
    assert forgotten.state() == before


def test_what_stands_can_be_updated_as_it_was_chosen(forgotten):
    (forgotten.gateway / "stop-gateway.sh").unlink()
    terminal = plain(forgotten).sees("What would you like to do?").sees("Number [1]: ").types("2\r")
    terminal.sees("1 file to create").sees("Deploy this?").types("y\r")
    assert terminal.ends() == 0, terminal.shown
    assert forgotten.env_json()["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:4100"
    assert (forgotten.gateway / "stop-gateway.sh").exists()


def test_what_stands_can_be_replaced_and_is_archived_first(forgotten, key):
    terminal = plain(forgotten, GOOGLE_APPLICATION_CREDENTIALS=str(key), **VERTEX)
    terminal.sees("like to do?").sees("Number [1]: ").types("3\r")
    terminal.sees("What do you have?").sees("]: ").types("basic\r").sees("models").sees("]: ").types("6\r")
    terminal.sees("Start the").sees("]: ").types("2\r").sees("Deploy this?").types("y\r")
    assert terminal.ends() == 0, terminal.shown
    assert forgotten.json(forgotten.gateway / "deployment-manifest.json")["models"] == ["codestral"]
    assert list((forgotten.gateway / "backups").glob("gateway-backup-*"))


def test_what_stands_is_told_also_when_options_are_given(forgotten):
    before = forgotten.state()
    terminal = plain(forgotten, "--port", "4300").sees("demo, revision 1 of").sees("Number [1]: ").types("3\r")
    assert terminal.ends() == 1, terminal.shown
    assert forgotten.state() == before
    terminal = plain(forgotten, "--port", "4300").sees("like to do?").sees("Number [1]: ").types("1\r")
    terminal.sees("Deploy this?").types("y\r")
    assert terminal.ends() == 0, terminal.shown
    assert forgotten.env_json()["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:4300"


def test_settings_that_lead_to_another_gateway_are_told(sandbox):
    sandbox.claude.mkdir()
    sandbox.settings.write_text('{"env": {"ANTHROPIC_BASE_URL": "https://gw.example.com"}}\n')
    before = sandbox.state()
    terminal = plain(sandbox, "--preset", "demo").sees("https://gw.example.com").sees("instead?").sees("]: ")
    terminal.types("2\r")
    assert terminal.ends() == 1, terminal.shown
    assert sandbox.state() == before
    terminal = plain(sandbox, "--preset", "demo", "--yes").sees("Start the").sees("]: ").types("2\r")
    assert terminal.ends() == 0
    assert "instead?" not in terminal.shown


def test_another_tool_that_owns_the_settings_is_told_and_may_be_deployed_over(sandbox):
    sandbox.claude.mkdir()
    (sandbox.claude / "settings.json.ccr-original").write_text("{}")
    sandbox.settings.write_text('{"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:3456"}}\n')
    before = sandbox.state()
    terminal = plain(sandbox, "--preset", "demo").sees("both would undo each other").sees("]: ").types(ENTER)
    assert terminal.ends() == 1, terminal.shown
    assert sandbox.state() == before
    terminal = plain(sandbox, "--preset", "demo").sees("Go on?").sees("]: ").types("2\r")
    terminal.sees("Start the").sees("]: ").types("2\r").sees("Deploy this?").types("y\r")
    assert terminal.ends() == 0, terminal.shown
    assert sandbox.env_json()["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:4000"


def test_files_of_somebody_are_told_and_kept(sandbox):
    sandbox.gateway.mkdir(parents=True)
    (sandbox.gateway / ".env").write_text("MINE=keep-me\n")
    (sandbox.gateway / "start-gateway.sh").write_text("echo mine\n")
    before = sandbox.state()
    terminal = plain(sandbox).sees(".env, start-gateway.sh").sees("Number [1]: ").types("2\r")
    assert terminal.ends() == 1
    assert sandbox.state() == before
    terminal = plain(sandbox, "--preset", "demo").sees("Go on?").sees("]: ").types("1\r")
    terminal.sees("Start the").sees("]: ").types("2\r").sees("Deploy this?").types("y\r")
    assert terminal.ends() == 0, terminal.shown
    assert "MINE=keep-me" in (sandbox.gateway / ".env").read_text()
    assert (sandbox.gateway / "start-gateway.sh.yours").read_text() == "echo mine\n"


def test_it_fits_a_narrow_terminal(sandbox, key):
    terminal = plain(sandbox, columns=60)
    answers = walked(key)
    for seen, answer in answers[:3]:
        terminal.sees(seen).types(answer)
    terminal.sees("in .env): ").types("my-project-1\r").sees("in .env): ").types(CTRL_C)
    assert terminal.ends() == 130
    assert max(len(line) for line in terminal.shown.splitlines()) <= 60


def test_a_narrow_terminal_can_walk_too(sandbox):
    terminal = Terminal(sandbox, "deploy", columns=60).sees("What do you").sees("demo").types(ENTER)
    terminal.sees("Start the").sees("Later").types(DOWN + ENTER).sees("Deploy this?").types("y\r")
    assert terminal.ends() == 0, terminal.shown
    assert sandbox.json(sandbox.gateway / "deployment-manifest.json")["choices"] == {"preset": "demo"}


def test_a_narrow_terminal_shows_below_what_its_rows_have_no_room_for(sandbox):
    terminal = Terminal(sandbox, "deploy", "--preset", "basic", columns=60).sees("Which models")
    terminal.child.expect(r"\w+, \$[\d.]+/[\d.]+, \d+k")
    assert terminal.types(CTRL_C).ends() == 130


def test_nothing_is_chosen_while_no_row_matches(sandbox, key):
    terminal = Terminal(sandbox, "deploy", "--preset", "basic", GOOGLE_APPLICATION_CREDENTIALS=str(key), **VERTEX)
    terminal.sees("Which models").sees("notice").types("zzz").sees("No match.").types("  " + " ")
    terminal.types("\x7f" * 3).sees("gpt-oss-120b").types(ENTER).sees("Choose others")
    terminal.types(CTRL_C)
    assert terminal.ends() == 130, terminal.shown


def test_a_list_that_goes_on_below_the_edge_says_so_at_once(sandbox):
    terminal = Terminal(sandbox, "deploy", "--preset", "basic", rows=20).sees("Which models").sees("more")
    assert terminal.types(CTRL_C).ends() == 130


def test_numbers_come_with_what_speaks_against_a_model(sandbox):
    terminal = plain(sandbox, "--preset", "basic").sees("Numbers").types(CTRL_C)
    assert terminal.ends() == 130
    assert "takes its place" in " ".join(terminal.shown.split())


def test_a_terminal_that_knows_ascii_only_walks_with_ascii_signs(sandbox):
    sandbox.switch = "-P"  # -I does not hear of PYTHONIOENCODING
    terminal = Terminal(sandbox, "deploy", LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    terminal.sees("What do you have?").sees(" > Nothing yet").types(HOME + ENTER).sees("Which models").sees(" > * ")
    terminal.types(CTRL_C).sees("Nothing was changed.")
    assert terminal.ends() == 130
    assert terminal.shown.isascii()
