"""A dozen marked secrets go through every command of the project; they show nowhere but in the files meant for them.

Looked at is what is printed, every file that is left, and every program that is started, with its words and variables.
"""

from __future__ import annotations

import base64
import io
import json
import re
import sys
from dataclasses import dataclass, field
from fnmatch import fnmatchcase as fnmatch
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pexpect
import pytest

import dodo
from tests.artifacts.fakes import Folder, clear, free_port, make_litellm
from tests.conftest import Result, make_sandbox
from tests.forking import Server

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.slow, pytest.mark.sample(4)]

SECRETS = {
    "LITELLM_MASTER_KEY": "sk-canary-of-the-master-0f1e2d3c4b5a6978",
    "ANTHROPIC_API_KEY": "sk-ant-canary-of-the-provider-7d6c5b4a",
    "AWS_SECRET_ACCESS_KEY": "canary/of+aws/0123456789abcdefABCDEF0123",
    "GATEWAY_TOKEN": "canary-of-the-gateway-31415926",
    "PROXY_PASSWORD": "c@nary:of/the+proxy-27182818",
    "COST_KEY": "canary-of-a-header-16180339",
    "CLAUDE_CODE_CLIENT_KEY_PASSPHRASE": "canary of the client's key 14142135",
    "settings": "canary-of-the-former-settings-17320508",
    "profile": "sk-ant-canary-of-the-shell-profile-22360679",
    "env": "canary-of-an-own-line-24494897",
    "userinfo": "canary-of-an-address-26457513",
    "archive": "canary-of-the-archive-28284271",
    "cmd": "canary-of-a-command-31622776",
    "keyring": "canary-of-the-keyring-33166247",
    "typed": "canary-typed-unseen-34641016",
    **{f"foreign {what}": f"canary-of-{what}-36055512" for what in ("team", "query", "salt", "slack", "otel", "block")},
}
FOREIGN = """\
# x-team-token: canary-of-team-36055512
model_list:
  - model_name: claude-a
    litellm_params:
      model: openai/gpt-5
      api_base: https://models.example.com/v1?version=1&api-key=canary-of-query-36055512
      extra_headers: {x-team-token: canary-of-team-36055512, x-tenant: acme}
  - model_name: claude-b # was api_key: canary-of-block-36055512
    litellm_params:
      model: openai/gpt-5
      api_key: |
        canary-of-block-36055512
environment_variables:
  LITELLM_SALT_KEY: canary-of-salt-36055512
  SLACK_WEBHOOK_URL: https://hooks.slack.com/services/T0/B0/canary-of-slack-36055512
  OTEL_HEADERS: Authorization=Bearer canary-of-otel-36055512
"""
"""A configuration of somebody's."""
PUBLIC = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_REGION": "eu-central-1", "PROXY_USERNAME": "ada"}
DEVELOP = {"test", "bench", "docs", "lock", "facts"}
"""Commands about this repository: they know of no deployment."""
EVERY = set(SECRETS)
MEANT = {
    "home/[!.]*": EVERY,
    "home/.bashrc": EVERY,
    "home/.claude/gateway/.env": EVERY,
    "home/.claude/settings.json": EVERY,
    "home/.claude/gateway/backups/settings-backup-*.json": EVERY,
    "home/.claude/gateway/settings-ledger.json": {"settings", "userinfo"},
    "home/.claude/.gateway-recovery.json": {"settings", "userinfo"},
    "home/.claude/gateway/litellm.log": {"LITELLM_MASTER_KEY"},
}
"""Where a secret may be (docs/security.md lists them too): what the test gives, the files that need it, what they held
before; and the log, into which this LiteLLM writes its key by itself."""
ASKS = "cloud_lists.py"
"""The Python of the gateway, asked what a cloud has: with that cloud's credentials, and the proxy's."""
PRINTS = {"env"}
"""Commands that are there to print the token."""
TOOLS = ("sed", "tr", "cut", "grep", "date", "sleep", "ps", "head", "readlink", "dirname", "cat", "git", "nohup", "mv")
"""What the scripts start; a wrapper tells what it was given."""

SPY = """
import json, os, sys
def told(event, args):
    if event in ("subprocess.Popen", "os.exec", "os.posix_spawn"):
        path, argv = args[0], args[1]
        env = args[3] if event == "subprocess.Popen" else args[2]
    elif event == "os.system":
        path, argv, env = "sh", [args[0]], None
    else:
        return
    env = os.environ if env is None else env
    words = [os.fsdecode(word) for word in ([argv] if isinstance(argv, (str, bytes)) else argv)]
    known = {os.fsdecode(name): os.fsdecode(value) for name, value in dict(env).items()}
    with open(LOG, "a") as file:
        file.write(json.dumps({"argv": [os.fsdecode(path or words[0]), *words], "env": known}) + "\\n")
sys.addaudithook(told)
"""
KEYRING = """#!/bin/sh
[ "$*" = "lookup service work username ada" ] && cat {home}/keyring
"""
"""What asks the system's keyring, as far as references know it."""
WRAPPER = """#!{python} -IS
import json, os, sys
with open({log!r}, "a") as file:
    file.write(json.dumps({{"argv": sys.argv, "env": dict(os.environ)}}) + "\\n")
os.execv({real!r}, [{name!r}, *sys.argv[1:]])
"""
BUG = """
_before = {name}
def {name}(*args, **more):
    found = _before(*args, **more)
    if b"canary" in (known := found if isinstance(found, bytes) else repr(args).encode()):
        raise RuntimeError(f"a bug: {{known}}")
    return found
"""


def spellings(value: str) -> set[str]:
    """How *value* may stand in a text: raw, in JSON, percent-encoded, in base64 whatever stands before it."""
    data = value.encode()
    inside = {base64.b64encode(bytes(before) + data).decode()[(before * 4 + 2) // 3 + 1 : -4] for before in range(3)}
    web = {quote(value), quote(value, safe=""), quote(value, safe="").lower()}
    return {value, json.dumps(value)[1:-1], data.hex(), *web, *inside}


SPELLINGS = {name: spellings(value) for name, value in SECRETS.items()}


def shown_in(text: str) -> list[str]:
    """The names of the secrets that stand in *text*."""
    return [name for name, found in SPELLINGS.items() if any(each in text for each in found)]


@dataclass
class Ran:
    """One command: its words, what it was given in its environment, what it printed, what it started."""

    words: tuple[str, ...]
    given: dict[str, str]
    code: int
    out: str
    err: str
    started: list[dict] = field(default_factory=list)


class Story:
    """A home full of secrets, in which one command follows the other."""

    def __init__(self, root: Path) -> None:
        self.box = make_sandbox(root)
        self.port = free_port()
        self.log = root / "started.jsonl"
        self.ran: list[Ran] = []
        self.bugs: list[Ran] = []
        self.taken: list[str] = []
        self.left: dict[str, str] = {}
        self.modes: dict[str, int] = {}
        self.running: list[str] = []
        self.box.switch = "-P"  # the spy is found by PYTHONPATH
        self._spies()
        self._home()
        self.box.server = Server(self.box.environment(), self.box.switch)  # of a Python that has the spy

    def _spies(self) -> None:
        bin_, site = self.box.root / "bin", self.box.root / "site"
        bin_.mkdir()
        (self.box.root / "tmp").mkdir()
        site.mkdir()
        (site / "sitecustomize.py").write_text(SPY.replace("LOG", repr(str(self.log))))
        for name in TOOLS:
            real = next((str(place / name) for place in map(Path, ("/usr/bin", "/bin")) if (place / name).exists()), "")
            if real:
                self.program(name, WRAPPER.format(python=sys.executable, log=str(self.log), real=real, name=name))
        self.program("claude", "#!/bin/sh\necho '2.1.330 (Claude Code)'\n")
        self.program("secret-tool", KEYRING.format(home=self.box.home))
        program = make_litellm(self.box.root / "litellm")
        self.box.extra |= {
            "PATH": f"{bin_}:{program.parent}:{self.box.environment()['PATH']}",
            "PYTHONPATH": str(site),
            "GATEWAY_PASSPHRASE_FILE": str(self.box.home / "passphrase"),
            "GATEWAY_START_TIMEOUT": "30",
            "TMPDIR": str(self.box.root / "tmp"),
        }

    def program(self, name: str, text: str) -> None:
        path = self.box.root / "bin" / name
        path.write_text(text)
        path.chmod(0o755)

    def _home(self) -> None:
        box = self.box
        box.claude.mkdir()
        address = f"http://bob:{SECRETS['userinfo']}@old-proxy.example.com:3128"
        env = {"ANTHROPIC_AUTH_TOKEN": SECRETS["settings"], "HTTP_PROXY": address, "EDITOR": "vi"}
        box.settings.write_text(json.dumps({"model": "opus", "env": env}, indent=2) + "\n")
        box.settings.chmod(0o600)
        (box.home / ".bashrc").write_text(f"export ANTHROPIC_API_KEY={SECRETS['profile']}\n")
        (box.home / "token").write_text(SECRETS["GATEWAY_TOKEN"] + "\n")
        (box.home / "proxy-auth").write_text(f"ada:{SECRETS['PROXY_PASSWORD']}\n")
        (box.home / "passphrase").write_text(SECRETS["archive"] + "\n")
        (box.home / "keyring").write_text(SECRETS["keyring"] + "\n")
        (box.home / "foreign.yaml").write_text(FOREIGN)
        (box.home / "envelope.json").write_text(json.dumps({"token": SECRETS["cmd"]}))

    def run(self, *words: str, typed: str = "", **given: str) -> Ran:
        """One command, with what it printed and started."""
        return self.kept(words, given, lambda: self.box.doit(*words, env=given, input=typed))

    def at_terminal(self, *words: str, typed: str, asked: str) -> Ran:
        """One command at a terminal, where *typed* is the answer to what is *asked*."""
        return self.kept(words, {}, lambda: self._typing(words, typed, asked))

    def _typing(self, words: tuple[str, ...], typed: str, asked: str) -> Result:
        environ = self.box.environment(TERM="dumb")
        command = self.box.command(*words)
        place, seen = str(self.box.project), io.StringIO()
        child = pexpect.spawn(command[0], command[1:], cwd=place, env=environ, timeout=60, encoding="utf-8")
        child.logfile_read = seen
        child.expect_exact(asked)
        child.sendline(typed)
        child.expect(pexpect.EOF)
        child.close()
        return Result(child.exitstatus, seen.getvalue(), "")

    def kept(self, words: tuple[str, ...], given: dict[str, str], run: Callable[[], Result]) -> Ran:
        """What *run* printed and started."""
        self.log.unlink(missing_ok=True)
        result = run()
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.ran.append(Ran(words, given, result.code, result.out, result.err, [json.loads(line) for line in lines]))
        return self.ran[-1]

    def tokens(self) -> None:
        """A token from each place; which of them came to stand in .env is kept."""
        home = self.box.home
        files = ("--token-file", str(home / "token"), "--proxy-auth-file", str(home / "proxy-auth"))
        self.run("deploy", "--auth", "apikeyhelper", *files, "--verbose")
        self.take("GATEWAY_TOKEN")
        self.at_terminal("deploy", "--token-stdin", "--yes", typed=SECRETS["typed"], asked="GATEWAY_TOKEN: ")
        self.take("typed")
        for command in ("plan", "deploy", "status"):
            self.run(command, *(() if command == "status" else ("--token", "keyring:work/ada")), "--verbose")
        self.take("keyring")
        self.run("deploy", "--auth", "x-api-key", "--token", f"cmd:sed 's/.*: .//; s/..$//' {home}/envelope.json")
        self.take("cmd")

    def take(self, name: str) -> None:
        if SECRETS[name] in (self.box.gateway / ".env").read_text():
            self.taken.append(name)

    def secrets(self, *names: str) -> dict[str, str]:
        return {name: {**SECRETS, **PUBLIC}[name] for name in names}

    def tell(self) -> None:
        """Every command, in two deployments and between them."""
        home = self.box.home
        proxied = ("--proxy", "http://proxy.example.com:8080", "--header", "x-cost: {COST_KEY}")
        company = ("--gateway-url", "https://gw.example.com", "--sonnet", "s", *proxied)
        auth = self.secrets("PROXY_USERNAME", "PROXY_PASSWORD", "COST_KEY", "CLAUDE_CODE_CLIENT_KEY_PASSPHRASE")
        named = ("--preset", "enterprise", *company)
        self.run("upgrade")
        self.run("plan", *named, "--diff", **auth, **self.secrets("GATEWAY_TOKEN"))
        saved = str(home / "deploy.plan")
        self.run("plan", *named, "--json", "--out", saved, **auth, **self.secrets("GATEWAY_TOKEN"))
        self.run("apply", saved, **auth, **self.secrets("GATEWAY_TOKEN"))
        typed = SECRETS["GATEWAY_TOKEN"] + "\n"
        self.run("deploy", "--profile", "company", *named, "--token-stdin", typed=typed, **auth)
        self.tokens()
        self._own_line()
        self.every("company")
        self.run("deploy", "--token", f"file:{home / 'nowhere'}")
        claude, haiku = "anthropic-claude-sonnet", "bedrock-claude-haiku"
        local = ("--profile", "here", "--preset", "multi-provider", "--models", f"{claude},{haiku}")
        local += ("--sonnet", claude, "--opus", claude, "--haiku", haiku, "--gateway-type", "local", *proxied[:2])
        auth |= self.secrets("LITELLM_MASTER_KEY", "ANTHROPIC_API_KEY", "AWS_SECRET_ACCESS_KEY", *PUBLIC)
        self.run("deploy", *local, "--port", str(self.port), "--include-secrets", **auth)
        self._own_line()
        self.run("start", "--verbose")
        folder = Folder(self.box.gateway, home, self.port)
        self.running += [" ".join(each.cmdline()) for each in folder.processes()]
        self.every("here")
        self.run("deploy", "--start", "--auth", "apikeyhelper")
        self.run("restart")
        self.run("exec", "--profile", "here", "--", "claude", "--version")
        self.run("stop")
        self.run("use", "company")
        self.run("profiles", "--remove", "here")
        self.run("rollback", "1")
        self.run("rollback", "--include-secrets")
        self._broken()
        self.look()
        self.run("uninstall", "--purge")
        self.look()

    def look(self) -> None:
        """Keep what every file holds, and who may read it."""
        for folder in (self.box.home, self.box.project, self.box.root / "tmp"):
            for path in folder.rglob("*"):
                if path.is_file() and not path.is_symlink():
                    place = str(path.relative_to(self.box.root))
                    self.left[place] = self.left.get(place, "") + path.read_bytes().decode("latin-1")
                    self.modes[place] = path.stat().st_mode

    def _own_line(self) -> None:
        with (self.box.gateway / ".env").open("a") as file:
            file.write(f"MY_OWN_TOKEN={SECRETS['env']}\n")

    def every(self, profile: str) -> None:
        """The commands that look, and the steps by themselves."""
        for command in ("choose", "preflight", "render", "stage", "validate", "backup", "install", "settings"):
            self.run(command, "--verbose")
        for command in ("status", "history", "profiles", "doctor", "models", "check", "verify"):
            self.run(command)
            self.run(command, "--json")
        self.run("backup", "--include-secrets")
        self.run("history", "1")
        self.run("models", "--check")
        self.run("history", "--archives")
        self.run("doctor", "--providers")
        self.run("explain", "ANTHROPIC_AUTH_TOKEN")
        self.run("doctor", "--report", str(self.box.home / f"report-{profile}.md"))
        self.run("logs")
        self.run("autostart")
        self.run("completion", "--shell", "bash")
        config = str(self.box.gateway / "litellm_config.yaml")
        self.run("lint", config)
        self.run("lint", "--diff", config)
        if profile == "company":
            self.run("litellm")
            self.foreign(str(self.box.home / "foreign.yaml"))
        self.run("env", "--profile", profile, "--shell", "bash")
        self.run("plan", "--port", "4777", "--diff")

    def foreign(self, config: str) -> None:
        """What looks at a configuration of somebody else's."""
        for words in (
            ("lint",),
            ("lint", "--json"),
            ("lint", "--diff"),
            ("lint", "--diff", "--json"),
            ("lint", "--fix"),
        ):
            self.run(*words, config)

    def _broken(self) -> None:
        """Bugs of ours, each with a secret in the words of its error."""
        for module, name in (("core/disk/files", "read"), ("install", "filled")):
            path = self.box.project / "tasks" / f"{module}.py"
            text = path.read_text()
            path.write_text(text + BUG.format(name=name))
            self.bugs.append(self.run("deploy", "--header", f"x-new: {name}", **self.secrets("GATEWAY_TOKEN")))
            path.write_text(text)


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """All of it, once."""
    made = Story(tmp_path_factory.mktemp("story"))
    try:
        made.tell()
        yield made
    finally:
        made.box.server.close()
        clear(Folder(made.box.gateway, made.box.home, made.port))


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_seen_in_whatever_spelling(name):
    value = SECRETS[name]
    inside = [base64.b64encode(b"x" * before + value.encode() + b"y").decode() for before in range(4)]
    for text in (value, f"http://ada:{quote(value, safe='')}@proxy", json.dumps(value), value.encode().hex(), *inside):
        assert shown_in(f"a {text} b") == [name]


def test_every_command_has_its_place_in_the_story(story):
    made = {name for name, each in vars(dodo).items() if getattr(each, "__module__", "") == "dodo"}
    public = {name.removeprefix("task_") for name in made if name.startswith("task_") and "__" not in name}
    assert {each.words[0] for each in story.ran} == public - DEVELOP


def test_the_commands_of_the_story_do_their_work(story):
    well = {each.words[0] for each in story.ran if each.code == 0}
    assert {each.words[0] for each in story.ran} == well


def test_a_token_is_taken_from_wherever_it_was(story):
    assert story.taken == ["GATEWAY_TOKEN", "typed", "keyring", "cmd"]
    assert any("secret-tool" in child["argv"][0] for each in story.ran for child in each.started)


def test_nothing_of_it_is_printed(story):
    for each in story.ran:
        if each.words[0] not in PRINTS:
            assert not shown_in(each.out + each.err), (each.words, each.out + each.err)


def test_a_foreign_configuration_is_rid_of_its_own(story):
    assert not shown_in(re.sub("#.*", "", story.left["home/foreign.yaml"]))


def test_a_bug_tells_where_it_is_and_no_secret(story):
    assert "a bug: " in "".join(each.err for each in story.bugs)
    for each in story.bugs:
        assert "Traceback" in each.err
        assert "project/tasks/" in each.err
        assert not shown_in(each.err), each.err


def test_only_a_bug_is_a_traceback(story):
    assert not [each.words for each in story.ran if "Traceback" in each.out + each.err and each not in story.bugs]


def test_no_file_holds_any_that_is_not_meant_to(story):
    found = []
    for place, data in story.left.items():
        allowed = set().union(*(names for pattern, names in MEANT.items() if fnmatch(place, pattern)))
        found += [f"{place}: {name}" for name in shown_in(data) if name not in allowed]
    assert not found, "\n".join(found)


def test_what_we_wrote_one_into_is_for_its_owner_alone(story):
    inside = [place for place, data in story.left.items() if "/.claude/" in place and shown_in(data)]
    assert len(inside) > 2
    assert not [place for place in inside if story.modes[place] & 0o077]


def test_no_program_is_given_any_but_the_gateway_its_own(story):
    given = []
    for each in story.ran:
        for child in each.started:
            words = " ".join(child["argv"])
            assert not shown_in(words), (each.words, child["argv"])
            added = [value for value in child["env"].values() if value not in each.given.values()]
            allowed = {"AWS_SECRET_ACCESS_KEY", "PROXY_PASSWORD"} if ASKS in words else set()
            given += [(each.words, words, name) for name in shown_in("\n".join(added)) if name not in allowed]
    assert not given, "\n".join(map(str, given))


def test_a_running_gateway_has_none_on_its_command_line(story):
    assert story.running
    assert not shown_in("\n".join(story.running))
