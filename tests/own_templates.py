"""Templates of a team for tests: a model, a preset with it, and a kind of gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.model.layout import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = PROJECT / "templates"

PRESET = """\
# yaml-language-server: $schema=../schemas/preset.schema.json
id: team
name: Team
description: What our team uses every day.
gateway: local
ready: true
models: [my-demo]
tiers: {opus: my-demo, sonnet: my-demo, haiku: my-demo}
"""

KIND = """\
# yaml-language-server: $schema=../schemas/gateway.schema.json
id: acme
name: Acme
description: The gateway of Acme, for all who work there.
ready: true
extends: custom
url: https://llm.acme.example
headers: ["x-team: {ACME_TEAM}"]
needs: [ACME_TEAM]
"""

VARIABLES = """\
# yaml-language-server: $schema=schemas/variables.schema.json
variables:
  - name: ACME_TEAM
    description: The team that pays.
    how: export ACME_TEAM=blue
    example: blue
"""


def make(folder: Path) -> Path:
    """Fill *folder*, which is made."""
    files = {
        "models/my-demo.yaml": copy_of("models/demo.yaml", "id: demo", "id: my-demo"),
        "presets/team.yaml": PRESET,
        "gateways/acme.yaml": KIND,
        "variables.yaml": VARIABLES,
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def copy_of(name: str, old: str, new: str) -> str:
    """The text of a shipped template with one change."""
    text = (SHIPPED / name).read_text()
    assert old in text
    return text.replace(old, new, 1)
