"""Where values come from: every place in its turn, nothing executed, no secret in any text."""

import json
import os
import sys
import time
from pathlib import Path

import pytest

from tasks.core.catalogue import catalogue
from tasks.core.model.catalogue import Variable
from tasks.core.model.layout import Layout
from tasks.core.model.secret import Secret
from tasks.core.values import environment, shell_profiles, value_checks
from tasks.core.values import places as values_places
from tasks.core.values.environment import Finding, Problem, find, problems

KEY = Variable("LITELLM_MASTER_KEY", "The gateway's key.", "Leave it out.", True, "secret", found_by="generated-key")
PROJECT = Variable(
    "VERTEX_PROJECT",
    "The project.",
    "gcloud config set project X",
    aliases=("VERTEXAI_PROJECT", "GCP_PROJECT_ID"),
    pattern="^[a-z][a-z0-9-]{4,28}[a-z0-9]$",
    example="my-project-123",
    found_by="gcloud-project",
)
PLACE = Variable("VERTEX_LOCATION", "Where.", "Export it.", default="us-central1")
ADC = Variable("GOOGLE_APPLICATION_CREDENTIALS", "The file.", "gcloud auth ...", kind="path", found_by="gcloud-adc")
TOKEN = Variable("API_TOKEN", "A token.", "Make one.", True, "secret")
PROXY = Variable("HTTPS_PROXY", "The proxy.", "Ask.", kind="url", aliases=("https_proxy",), example="http://proxy:8080")


@pytest.fixture
def home(tmp_path):
    place = tmp_path / "home"
    (place / ".claude" / "gateway").mkdir(parents=True)
    return place


def found(home: Path, variable: Variable, **environ: str) -> Finding:
    environ = {"HOME": str(home), **environ}
    return find([variable], Layout.of(environ), environ)[variable.name]


def put(path: Path, text: str, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def fill(home: Path) -> list[tuple[Path, str, str]]:
    """VERTEX_PROJECT in every place: the file, the value there, the source; from the most to the least telling."""
    gc = home / ".config" / "gcloud"
    places = [
        (".claude/gateway/.env", "VERTEX_PROJECT=in-gateway\n", "in-gateway", "~/.claude/gateway/.env"),
        (".claude/.env", "VERTEX_PROJECT='in-claude'\n", "in-claude", "~/.claude/.env"),
        (".bashrc", "\nexport VERTEX_PROJECT=in-bashrc\n", "in-bashrc", "~/.bashrc:2"),
        (".bash_profile", "VERTEX_PROJECT=in-bash-profile", "in-bash-profile", "~/.bash_profile:1"),
        (".zshrc", "export VERTEX_PROJECT='in-zshrc'\n", "in-zshrc", "~/.zshrc:1"),
        (".zprofile", "# \nexport VERTEX_PROJECT=in-zprofile\n", "in-zprofile", "~/.zprofile:2"),
        (".zshenv", "export VERTEX_PROJECT=in-zshenv\n", "in-zshenv", "~/.zshenv:1"),
        (".config/fish/config.fish", "set -gx VERTEX_PROJECT in-fish\n", "in-fish", "~/.config/fish/config.fish:1"),
        (".profile", "export VERTEX_PROJECT=in-profile\n", "in-profile", "~/.profile:1"),
    ]
    told = [(put(home / file, text), value, source) for file, text, value, source in places]
    config = put(gc / "configurations" / "config_default", "[core]\naccount = x\nproject = in-gcloud\n")
    return [*told, (config, "in-gcloud", "gcloud configuration 'default'")]


def test_every_place_in_its_turn(home):
    places = fill(home)
    got = found(home, PROJECT, VERTEX_PROJECT="in-shell")
    assert (got.value, got.source) == ("in-shell", "environment")
    for path, value, source in places:
        got = found(home, PROJECT)
        assert (got.value, got.source, got.via, got.note) == (value, source, None, "")
        path.unlink()
    assert found(home, PROJECT) == Finding("VERTEX_PROJECT", None, "nowhere")


def test_a_placeholder_is_passed_in_every_place(home):
    for path, value, _ in fill(home):
        path.write_text(path.read_text().replace(value, "YOUR_PROJECT_ID"))
    got = found(home, PROJECT, VERTEX_PROJECT="CHANGE-ME-project")
    assert (got.value, got.source) == (None, "nowhere")
    assert got.note.count("is a placeholder, ignored") == 11
    assert "VERTEX_PROJECT in ~/.bashrc:2 is a placeholder, ignored" in got.note


@pytest.mark.parametrize("value", ["", " ", "CHANGE-ME", "CHANGE-ME-key", "CHANGE_ME", "YOUR_PROJECT_ID"])
def test_placeholders_do_not_stop_the_search(home, value):
    put(home / ".claude" / ".env", "GCP_PROJECT_ID=real-one\n")
    got = found(home, PROJECT, VERTEX_PROJECT=value)
    assert (got.value, got.source, got.via) == ("real-one", "~/.claude/.env", "GCP_PROJECT_ID")
    assert ("placeholder" in got.note) == (value != "")


def test_aliases_count_after_the_name_and_before_the_next_place(home):
    put(home / ".claude" / "gateway" / ".env", "VERTEX_PROJECT=second\n")
    assert found(home, PROJECT, GCP_PROJECT_ID="third", VERTEXAI_PROJECT="first").via == "VERTEXAI_PROJECT"
    got = found(home, PROJECT, VERTEX_PROJECT="zeroth", VERTEXAI_PROJECT="first")
    assert (got.value, got.via) == ("zeroth", None)


def test_the_gateways_key_is_kept(home):
    put(home / ".bashrc", "export LITELLM_MASTER_KEY=sk-of-the-profile\n")
    put(home / ".claude" / "gateway" / ".env", "LITELLM_MASTER_KEY=sk-of-the-gateway\n")
    assert found(home, KEY).plain == "sk-of-the-gateway"
    assert found(home, KEY, LITELLM_MASTER_KEY="sk-of-the-shell").plain == "sk-of-the-shell"


def test_a_key_is_made_when_there_is_none(home):
    got = found(home, KEY)
    assert (got.value, got.source, got.needs_key) == (None, "generated", True)
    assert not found(home, TOKEN).needs_key
    assert not found(home, KEY, LITELLM_MASTER_KEY="sk-0123456789abcdef").needs_key
    first, second = environment.generate_key(), environment.generate_key()
    assert first != second
    assert len(first.reveal()) == 3 + 64
    assert first.reveal().startswith("sk-")


@pytest.mark.parametrize(
    "text", ["LITELLM_MASTER_KEY = sk-mine\n", 'LITELLM_MASTER_KEY="${X}"\n', "#" * (1 << 20) + "\n"]
)
def test_no_key_is_made_while_one_may_stand_in_env(home, text):
    put(home / ".claude" / "gateway" / ".env", text)
    got = found(home, KEY)
    assert (got.value, got.needs_key) == (None, False)
    [problem] = problems({KEY.name: got}, {KEY.name: KEY}, [KEY.name])
    assert "~/.claude/gateway/.env" in problem.problem


@pytest.mark.parametrize("text", ["LITELLM_MASTER_KEY=\n", "LITELLM_MASTER_KEY=CHANGE-ME-key\n", "OTHER=${X}\n"])
def test_a_key_is_made_when_env_only_has_room_for_it(home, text):
    put(home / ".claude" / "gateway" / ".env", text)
    assert found(home, KEY).needs_key


def test_a_comment_in_another_encoding_hides_no_key(home):
    (home / ".claude" / "gateway" / ".env").write_bytes(b"# cl\xe9\nLITELLM_MASTER_KEY=sk-0123456789abcdef\n")
    assert found(home, KEY).plain == "sk-0123456789abcdef"


def test_a_default_comes_last(home):
    assert found(home, PLACE) == Finding("VERTEX_LOCATION", "us-central1", "default")
    assert found(home, PLACE, VERTEX_LOCATION="global").value == "global"


def test_claude_config_dir_and_target_move_the_files(home, tmp_path):
    put(tmp_path / "elsewhere" / ".env", "VERTEX_PROJECT=in-moved\n")
    moved = {"HOME": str(home), "CLAUDE_CONFIG_DIR": str(tmp_path / "elsewhere")}
    got = find([PROJECT], Layout.of(moved), moved)["VERTEX_PROJECT"]
    assert (got.value, got.source) == ("in-moved", str(tmp_path / "elsewhere" / ".env"))
    put(tmp_path / "target" / ".env", "VERTEX_PROJECT=in-target\n")
    assert find([PROJECT], Layout.of(moved, str(tmp_path / "target")), moved)["VERTEX_PROJECT"].value == "in-target"


def test_the_users_shell_decides_between_profiles(home):
    fill(home)
    for name in (".claude/gateway/.env", ".claude/.env"):
        (home / name).unlink()
    assert found(home, PROJECT, SHELL="/usr/bin/zsh").source == "~/.zshrc:1"
    assert found(home, PROJECT, SHELL="/opt/fish").source == "~/.config/fish/config.fish:1"


@pytest.mark.parametrize("value", ["$(touch ran)", "`touch ran`", '"$(touch ran)"', "$OTHER", "x; touch ran &"])
def test_a_profile_is_never_run(home, value, monkeypatch):
    monkeypatch.chdir(home)
    put(home / ".bashrc", f"export VERTEX_PROJECT={value}\ntouch ran\n")
    put(home / ".profile", "export VERTEX_PROJECT=plain-one\n")
    got = found(home, PROJECT)
    assert not (home / "ran").exists()
    if value[0] != "x":
        assert got.value == "plain-one"
        assert got.note == "VERTEX_PROJECT in ~/.bashrc:1 cannot be told without running it, ignored"


def test_a_path_in_the_home_directory_is_understood(home):
    put(home / ".zshrc", 'export GOOGLE_APPLICATION_CREDENTIALS="$HOME/key.json"\r\n')
    assert found(home, ADC).value == f"{home}/key.json"


def test_a_line_of_env_that_readers_differ_on_is_told(home):
    put(home / ".claude" / "gateway" / ".env", "# x\nAPI_TOKEN=${OTHER}\n")
    got = found(home, TOKEN)
    assert got.value is None
    assert got.note == "API_TOKEN in ~/.claude/gateway/.env:2 is not written so that all read it alike, ignored"


def test_files_that_cannot_be_used_are_skipped_and_told(home):
    (home / ".zprofile").write_bytes(b"VERTEX_PROJECT=\xe9\n")
    (home / ".bashrc").mkdir()
    os.mkfifo(home / ".zshrc")
    put(home / ".profile", "#" * (shell_profiles.LARGEST + 1))
    note = found(home, PROJECT).note
    assert "~/.zprofile is not UTF-8, skipped" in note
    assert "~/.bashrc is not a regular file, skipped" in note
    assert "~/.zshrc is not a regular file, skipped" in note
    assert "~/.profile is larger than 1 MiB, skipped" in note
    assert found(home, PROJECT, VERTEX_PROJECT="my-project").note == ""


def test_values_of_env_stay_as_they_are(home):
    put(home / ".claude" / "gateway" / ".env", "export API_TOKEN='a b#c=\"d'\r\nOTHER=1\r\n")
    assert found(home, TOKEN).plain == 'a b#c="d'


# -- gcloud ------------------------------------------------------------------------------------------------------------


def configuration(folder: Path, name: str, text: str) -> None:
    put(folder / "configurations" / f"config_{name}", text)


def test_gcloud_the_active_configuration_counts(home):
    folder = home / ".config" / "gcloud"
    configuration(folder, "default", "[core]\nproject = first-project\n")
    configuration(folder, "work", "[core]\nproject = work-project\n[compute]\nregion = x%y\n")
    put(folder / "active_config", "work\n")
    assert found(home, PROJECT).value == "work-project"
    assert found(home, PROJECT).source == "gcloud configuration 'work'"
    assert found(home, PROJECT, CLOUDSDK_ACTIVE_CONFIG_NAME="default").value == "first-project"
    assert found(home, PROJECT, CLOUDSDK_ACTIVE_CONFIG_NAME="none-such").value is None
    got = found(home, PROJECT, CLOUDSDK_CORE_PROJECT="core-project")
    assert (got.value, got.source, got.via) == ("core-project", "environment", "CLOUDSDK_CORE_PROJECT")
    assert found(home, TOKEN).value is None


def test_gcloud_elsewhere(home, tmp_path):
    configuration(tmp_path / "sdk", "default", "[core]\nproject=moved-project\n")
    key = put(tmp_path / "sdk" / "application_default_credentials.json", "{}")
    assert found(home, PROJECT, CLOUDSDK_CONFIG=str(tmp_path / "sdk")).value == "moved-project"
    got = found(home, ADC, CLOUDSDK_CONFIG=str(tmp_path / "sdk"))
    assert (got.value, got.source) == (str(key), values_places.ADC)


@pytest.mark.parametrize(
    "text", ["", "project = x\n", "[core\n", "[core]\n", "[core]\nproject\n", "[core]\nproject = \n"]
)
def test_gcloud_files_that_say_nothing(home, text):
    configuration(home / ".config" / "gcloud", "default", text)
    assert found(home, PROJECT).value is None


@pytest.mark.parametrize("name", ["../../secret", "a/b", "x\0y", "ü"])
def test_gcloud_the_name_of_a_configuration_is_no_path(home, name):
    put(home / ".config" / "gcloud" / "active_config", name)
    put(home / ".config" / "secret", "[core]\nproject = evil-project\n")
    assert found(home, PROJECT).value is None


def test_gcloud_credentials_need_no_variable(home):
    path = put(home / ".config/gcloud/application_default_credentials.json", '{"type": "authorized_user"}')
    got = found(home, ADC)
    assert (got.value, got.source) == (str(path), values_places.ADC)
    assert problems({ADC.name: got}, {ADC.name: ADC}, [ADC.name]) == []


# -- what a search costs and shows -------------------------------------------------------------------------------------


def test_a_file_is_read_once_and_only_when_it_is_needed(home, monkeypatch):
    fill(home)
    seen: list[Path] = []
    read = shell_profiles.text_of
    monkeypatch.setattr(shell_profiles, "text_of", lambda path, *more: seen.append(path) or read(path, *more))
    environ = {"HOME": str(home), "VERTEX_PROJECT": "in-shell"}
    find([PROJECT], Layout.of(environ), environ)
    assert seen == []
    find([PROJECT], Layout.of({"HOME": str(home)}), {"HOME": str(home)})
    assert seen == [home / ".claude/gateway/.env"]
    find([PROJECT, TOKEN, KEY, PLACE, PROXY], Layout.of(environ), environ)
    assert len(seen[1:]) == len(set(seen[1:])) == 9


def test_a_search_without_files_is_fast(home):
    every = list(catalogue.load(Layout.of({"HOME": str(home)})).variables.values())
    environ = {"HOME": str(home)}
    find(every, Layout.of(environ), environ)
    times = []
    for _ in range(5):
        begin = time.process_time()
        find(every, Layout.of(environ), environ)
        times.append(time.process_time() - begin)
    assert min(times) < 0.002


def test_nothing_heavy_is_imported():
    import subprocess

    heavy = {"configparser", "json", "secrets", "subprocess", "tempfile", "yaml", "jinja2", "hmac"}
    code = "import sys, tasks.core.values.environment; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=Path(catalogue.__file__).parents[3], capture_output=True
    )
    assert not heavy & set(done.stdout.decode().split())


def test_no_secret_shows(home):
    put(home / ".bashrc", "export HTTPS_PROXY=http://ada:sesame@proxy:3128\n")
    environ = {"HOME": str(home), "API_TOKEN": "sesame"}
    got = find([TOKEN, PROXY], Layout.of(environ), environ)
    assert got["API_TOKEN"].value == Secret("sesame")
    assert "sesame" not in f"{got!r} {got}"
    assert got["HTTPS_PROXY"].plain == "http://ada:sesame@proxy:3128"


# -- what is wrong -----------------------------------------------------------------------------------------------------


def judged(variable: Variable, value: str | None, *, needed: bool = True) -> list[Problem]:
    hidden = Secret(value) if variable.secret and value is not None else value
    finding = Finding(variable.name, hidden, "~/.bashrc:3", "ALIAS" if value else None)
    made = problems({variable.name: finding}, {variable.name: variable}, [variable.name] if needed else [])
    for problem in made:
        assert problem.remedy
        assert value is None or len(value) < 6 or value not in str(problem)
    return made


def test_what_is_missing_is_told_with_purpose_and_remedy():
    finding = Finding("VERTEX_PROJECT", None, "nowhere", note="VERTEX_PROJECT in environment is a placeholder, ignored")
    [problem] = problems({"VERTEX_PROJECT": finding}, {"VERTEX_PROJECT": PROJECT}, ["VERTEX_PROJECT"])
    assert problem == Problem(
        "VERTEX_PROJECT",
        "error",
        "missing (VERTEX_PROJECT in environment is a placeholder, ignored). The project",
        "gcloud config set project X",
    )
    assert str(problem).startswith("VERTEX_PROJECT: missing")


def test_what_is_not_needed_may_be_missing():
    assert judged(PROJECT, None, needed=False) == []
    assert problems({}, {}, []) == []


def test_what_nobody_looked_for_is_missing_too():
    [problem] = problems({}, {}, ["UNKNOWN"])
    assert (problem.variable, problem.severity) == ("UNKNOWN", "error")
    assert "UNKNOWN" in problem.remedy


def test_a_key_that_will_be_made_is_not_missing(home):
    assert problems({KEY.name: found(home, KEY)}, {KEY.name: KEY}, [KEY.name]) == []


def test_only_what_is_needed_can_be_an_error():
    assert [p.severity for p in judged(PROJECT, "X")] == ["error"]
    assert [p.severity for p in judged(PROJECT, "X", needed=False)] == ["warning"]


def test_the_place_is_told():
    [problem] = judged(PROJECT, "Not A Project")
    assert "~/.bashrc:3 (as ALIAS)" in problem.problem
    assert "my-project-123" in problem.problem


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        (PROJECT, "my-project\n", "look right"),
        (TOKEN, "Bearer sk-0123456789", "Bearer"),
        (TOKEN, "bearer sk-0123456789", "Bearer"),
        (TOKEN, "sk-01234 56789", "blanks"),
        (TOKEN, "sk-0123456789\n", "blanks"),
        (TOKEN, "sk-01234\x0756789", "blanks"),
        (TOKEN, "sk-01234\u200b56789", "blanks"),
        (TOKEN, '"sk-0123456789"', "quotes"),
        (TOKEN, "abc", "too short for a secret (3 characters)"),
        (TOKEN, "sk-0123'456789", "quote"),
        (TOKEN, "sk-0123\\456789", "backslash"),
        (TOKEN, "sk-${OTHER}-6789", "${"),
        (KEY, "sk-1234", "everybody knows"),
        (KEY, "sk-123456789012", "15 characters"),
        (PROXY, "proxy.example.com:3128", "scheme"),
        (PROXY, "http://", "host"),
        (PROXY, "http://proxy:99999", "port"),
        (PROXY, "http://[::1", "host"),
        (PROXY, "http://pro xy:1", "blanks"),
        (PROXY, "socks5://proxy:1080", "http://"),
        (ADC, '{"type": "service_account"}', "JSON itself"),
        (ADC, "~/key.json", "full path"),
        (ADC, "key.json", "full path"),
        (ADC, "/nowhere/key.json", "does not exist"),
        (ADC, "/no\0where", "does not exist"),
    ],
)
def test_values_that_cannot_work(variable, value, words):
    [problem] = judged(variable, value)
    assert problem.severity == "error"
    assert words in problem.problem


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        (PROJECT, "my-project-123"),
        (TOKEN, "sk-ant-0123456789"),
        (KEY, "sk-0123456789abcdef0"),
        (PROXY, "http://ada:p%40ss@proxy.example.com:3128"),
        (PROXY, "https://[::1]:8080/"),
        (Variable("DATABASE_URL", "", "", True, "url"), "postgresql://ada:secret@db.example/litellm"),
        (Variable("PROXY_PASSWORD", "", "", True, "secret"), "open sesame now"),
        (Variable("CA_FILE", "", "", kind="path"), "/dev/null"),
    ],
)
def test_values_that_can_work(variable, value):
    assert judged(variable, value) == []


def test_a_providers_key_as_the_gateways_key_is_only_a_warning():
    [problem] = judged(KEY, "sk-ant-0123456789abcdef")
    assert (problem.severity, "Anthropic" in problem.problem) == ("warning", True)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "JSON"),
        ("not json", "JSON"),
        ("[]", "JSON object"),
        ("{}", "`type`"),
        ('{"type": 3}', "`type`"),
        ("[" * 20000, "JSON"),
        (None, "JSON"),
    ],
)
def test_credentials_that_are_none(tmp_path, content, words):
    path = tmp_path / "key.json"
    path.mkdir() if content is None else put(path, content)
    [problem] = judged(ADC, str(path))
    assert (problem.severity, words in problem.problem) == ("error", True)


def test_credentials_that_others_can_read_are_a_warning(tmp_path):
    path = put(tmp_path / "key.json", json.dumps({"type": "service_account"}), 0o644)
    [problem] = judged(ADC, str(path))
    assert (problem.severity, "0644" in problem.problem) == ("warning", True)
    path.chmod(0o600)
    assert judged(ADC, str(path)) == []


def test_credentials_that_may_not_be_read(tmp_path, monkeypatch):
    path = put(tmp_path / "key.json", "{}")
    monkeypatch.setattr(os, "access", lambda *_: False)
    [problem] = judged(ADC, str(path))
    assert "may not read" in problem.problem


def aws(needed: tuple[str, ...] = ("AWS_REGION",), **values: str) -> list[tuple[str, str]]:
    region = {"AWS_REGION": Finding("AWS_REGION", "us-east-1", "environment")}
    findings = {name: Finding(name, Secret(value), "environment") for name, value in values.items()}
    known = {name: Variable(name, "", "") for name in findings}
    return [(p.variable, p.severity) for p in problems({**region, **findings}, known, needed)]


def test_half_an_aws_key_is_none():
    assert aws(AWS_ACCESS_KEY_ID="AKIA0123456789ABCDEF") == [("AWS_SECRET_ACCESS_KEY", "error")]
    assert aws(AWS_SECRET_ACCESS_KEY="x" * 40) == [("AWS_ACCESS_KEY_ID", "error")]
    assert aws((), AWS_SECRET_ACCESS_KEY="x" * 40) == [("AWS_ACCESS_KEY_ID", "warning")]
    assert aws(("AWS_ACCESS_KEY_ID",), AWS_SECRET_ACCESS_KEY="x" * 40) == [("AWS_ACCESS_KEY_ID", "error")]
    assert aws(AWS_ACCESS_KEY_ID="AKIA0123456789ABCDEF", AWS_SECRET_ACCESS_KEY="x" * 40) == []
    assert aws() == []


def test_a_temporary_aws_key_needs_its_token():
    pair = {"AWS_ACCESS_KEY_ID": "ASIA0123456789ABCDEF", "AWS_SECRET_ACCESS_KEY": "x" * 40}
    assert aws(**pair) == [("AWS_SESSION_TOKEN", "error")]
    assert aws(**pair, AWS_SESSION_TOKEN="token" * 9) == []


def test_the_catalogues_own_examples_are_good(home):
    for variable in catalogue.load(Layout.of({"HOME": str(home)})).variables.values():
        if variable.example and variable.kind != "path":
            assert list(value_checks.faults(variable, variable.example)) == [], variable.name
