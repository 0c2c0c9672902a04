"""Every path, once."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

PROJECT = Path(__file__).resolve().parents[3]
"""The checkout, or the installed package, that this module was loaded from."""

PACKAGE = "gatehand"
"""What is installed: its name, that of its command, and of its folders among the user's."""

DEFAULT_PORT = 4000

PATH_VARIABLES = (
    "HOME",
    "CLAUDE_CONFIG_DIR",
    "ZDOTDIR",
    "CLOUDSDK_CONFIG",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "VERTEXAI_CREDENTIALS",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_CA_BUNDLE",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "CLAUDE_CODE_CLIENT_CERT",
    "CLAUDE_CODE_CLIENT_KEY",
    "PIP_CERT",
    "PIP_CLIENT_CERT",
    "PIP_CONFIG_FILE",
    "UV_CONFIG_FILE",
)
"""Variables that may name a file from the current folder."""


def make_absolute(environ: MutableMapping[str, str], folder: str) -> None:
    """Have the paths in *environ* that are relative to *folder* name the same files from anywhere.

    Called once, before a command leaves the folder in which it was typed.
    """
    for name in PATH_VARIABLES:
        value = environ.get(name)
        # One of them may hold credentials instead: JSON.
        if value and not value.startswith(("/", "{")):
            environ[name] = str(Path(folder, value))


def is_packaged(project: Path = PROJECT) -> bool:
    """Whether *project* is the package that an installer put there; else it is a checkout."""
    return (project / "__init__.py").exists()


def find_own_folder(environ: Mapping[str, str], variable: str, usual: Path) -> Path:
    """Our folder among those of the user that *variable* names: $XDG_CACHE_HOME, or *usual*.

    A relative path there does not count; so says the XDG specification.
    """
    named = environ.get(variable, "")
    if named.startswith("/"):
        usual = Path(named)
    return usual / PACKAGE


def key_of(folder: Path) -> str:
    """A name for what belongs to *folder* alone: `claude-gateway-1f3a9c20`."""
    import hashlib

    path = os.fsencode(folder)
    digest = hashlib.sha256(path).hexdigest()[:8]
    readable = re.sub("[^A-Za-z0-9]+", "-", "-".join(folder.parts[-2:]))
    return f"{readable[-40:]}-{digest}".strip("-")


class Layout(NamedTuple):
    """Where things are: in this project, in Claude Code's directory, in the gateway's.

    build: what doit makes; can be emptied at any time
    notes: what is to last, though it is in no gateway's folder

    Both are the build/ of a checkout. An installed package is never written to: it has folders of
    the user.
    """

    project: Path
    home: Path
    claude: Path
    gateway: Path
    build: Path
    notes: Path
    joined: Path | None = None
    personal_templates: Path | None = None
    chosen_templates: Path | None = None

    @classmethod
    def of(cls, environ: Mapping[str, str], target: str | None = None, project: Path = PROJECT) -> Layout:
        """The layout for this environment: CLAUDE_CONFIG_DIR moves ~/.claude, *target* moves the gateway."""
        home = Path(environ.get("HOME") or Path("~").expanduser())
        claude = Path(environ["CLAUDE_CONFIG_DIR"]) if environ.get("CLAUDE_CONFIG_DIR") else home / ".claude"
        build = notes = project / "build"
        if is_packaged(project):
            build = find_own_folder(environ, "XDG_CACHE_HOME", home / ".cache")
            notes = find_own_folder(environ, "XDG_STATE_HOME", home / ".local" / "state")
        config = find_own_folder(environ, "XDG_CONFIG_HOME", home / ".config")
        layout = cls(
            project,
            home,
            claude,
            claude / "gateway",
            build,
            notes,
            personal_templates=config / "templates",
        )
        return layout._replace(gateway=Path(target)) if target else layout

    def of_scope(self, scope: str | None) -> Layout:
        """This layout for Claude Code in one project, the folder *scope*; None: for all of the user's."""
        return self._replace(joined=Path(scope, ".claude", "settings.local.json") if scope else None)

    def of_templates(self, folder: str | None) -> Layout:
        """This layout with *folder* as the chosen templates; None: with none."""
        if not folder:
            return self._replace(chosen_templates=None)
        return self._replace(chosen_templates=Path(folder))

    def without_own_templates(self) -> Layout:
        """This layout with the shipped templates alone."""
        return self._replace(personal_templates=None, chosen_templates=None)

    @property
    def templates(self) -> Path:
        """What is shipped: models, presets, gateways, providers, artifacts, schemas."""
        return self.project / "templates"

    @property
    def schemas(self) -> Path:
        """JSON Schemas of everything that is read or deployed."""
        return self.templates / "schemas"

    @property
    def usual(self) -> Path:
        """Where the gateway's folder is unless another one is chosen."""
        return self.claude / "gateway"

    @property
    def workshop(self) -> Path:
        """The part of build/ that belongs to this gateway's folder alone."""
        return self.build / key_of(self.gateway)

    @property
    def extracts(self) -> Path:
        """Where copies of what is in this project go, to be read faster.

        Each installed package has its own: files of two versions may have the same size and time,
        where whatever installs them sets all times to one.
        """
        if is_packaged(self.project):
            return self.build / key_of(self.project)
        return self.build

    @property
    def database(self) -> Path:
        """In which doit keeps which steps are up to date."""
        return self.workshop / "doit.db"

    @property
    def build_lock(self) -> Path:
        """Held by the command that makes files in this part of build/."""
        return self.workshop / "lock"

    @property
    def choices(self) -> Path:
        """What was last chosen for this Claude Code; the gateway's folder is one of the choices."""
        return self.notes / key_of(self.usual) / "choices.json"

    @property
    def catalogue(self) -> Path:
        """The catalogue as last read, so that reading YAML can be spared."""
        return self.extracts / "catalogue.json"

    @property
    def rendered(self) -> Path:
        """One file per artifact, without secrets."""
        return self.workshop / "rendered"

    @property
    def release(self) -> Path:
        """What should stand: the rendered artifacts and their manifest."""
        return self.workshop / "release"

    @property
    def release_manifest(self) -> Path:
        """The manifest of the release."""
        return self.release / self.manifest.name

    @property
    def plan_key(self) -> Path:
        """The key with which this checkout seals the plans that are saved."""
        return self.notes / "plan.key"

    @property
    def conflicts(self) -> Path:
        """Files that two sides changed, to be finished by hand."""
        return self.notes / key_of(self.gateway) / "conflicts"

    @property
    def settings(self) -> Path:
        """The settings of Claude Code that join it to the gateway: the user's, or those of one project."""
        return self.joined or self.claude / "settings.json"

    @property
    def pointer(self) -> Path:
        """Names the gateway's folder where that is not the usual one, so that every clone finds it."""
        return self.claude / ".gateway-folder"

    @property
    def recovery_copy(self) -> Path:
        """What is needed to give settings.json back, should the gateway's folder be lost."""
        return self.claude / ".gateway-recovery.json"

    @property
    def digest_key(self) -> Path:
        """The key of the fingerprints that tell our values from the user's."""
        return self.gateway / ".digest-key"

    @property
    def config(self) -> Path:
        """LiteLLM's configuration."""
        return self.gateway / "litellm_config.yaml"

    @property
    def env_file(self) -> Path:
        """The gateway's variables, secrets among them; 0600."""
        return self.gateway / ".env"

    @property
    def start_script(self) -> Path:
        """Starts the gateway without this repository."""
        return self.gateway / "start-gateway.sh"

    @property
    def supervisor(self) -> Path:
        """The program that the start script starts, which runs LiteLLM."""
        return self.gateway / "serve.py"

    @property
    def stop_script(self) -> Path:
        """Stops what the start script started."""
        return self.gateway / "stop-gateway.sh"

    @property
    def key_helper(self) -> Path:
        """Prints the token for Claude Code, where settings.json shall not hold it."""
        return self.gateway / "print-token.sh"

    @property
    def certificates(self) -> Path:
        """Whom the gateway trusts, where that is not left to its libraries."""
        return self.gateway / "certificates.pem"

    @property
    def manifest(self) -> Path:
        """What was last written to the gateway's directory."""
        return self.gateway / "deployment-manifest.json"

    @property
    def ledger(self) -> Path:
        """Per owned key of settings.json: what stood there before, and a fingerprint of what we wrote."""
        return self.gateway / "settings-ledger.json"

    @property
    def log(self) -> Path:
        """What LiteLLM prints."""
        return self.gateway / "litellm.log"

    @property
    def pid_file(self) -> Path:
        """Which process is the gateway."""
        return self.gateway / "gateway.pid"

    @property
    def status_file(self) -> Path:
        """What the running gateway says of itself."""
        return self.gateway / "gateway.status.json"

    @property
    def served_config(self) -> Path:
        """What serve.py goes on with when a worker has died and what stands cannot be served."""
        return self.gateway / ".litellm_config.served.yaml"

    @property
    def deployment_log(self) -> Path:
        """One JSON line per step of every deployment."""
        return self.gateway / "deployment.log"

    @property
    def backups(self) -> Path:
        """Archives of what stood before."""
        return self.gateway / "backups"

    @property
    def profiles(self) -> Path:
        """Named sets of choices, one file each."""
        return self.gateway / "profiles"

    @property
    def history(self) -> Path:
        """Revisions: what was rendered and what then stood."""
        return self.gateway / "history"

    @property
    def venv(self) -> Path:
        """The gateway's own virtual environment, where `doit litellm` installs."""
        return self.gateway / "venv"
