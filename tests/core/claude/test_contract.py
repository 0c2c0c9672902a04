"""The names in a program of Claude Code, read from one that is packed as the real one is."""

from __future__ import annotations

import pytest

from tasks.core.claude import contract
from tasks.core.model.errors import InvalidInput

MODULE = """// @bun
// Version: 9.8.7
let a=H.str(),b=H.bool({x:1}),c=H.int({min:1});
x={ANTHROPIC_MODEL:()=>a,CLAUDE_CODE_USE_BEDROCK:()=>b,API_TIMEOUT_MS:()=>c};process.env.CLAUDE_CODE_LATE;
r=[{endpoint:"ANTHROPIC_BASE_URL",companions:["ANTHROPIC_CUSTOM_HEADERS"]},
{endpoint:"ANTHROPIC_BEDROCK_BASE_URL",selection:"CLAUDE_CODE_USE_BEDROCK",companions:["CLAUDE_CODE_SKIP_BEDROCK_AUTH"]}];
l=["CLAUDE_CODE_USE_BEDROCK","CLAUDE_CODE_USE_VERTEX","CLOUD_ML_REGION","CLAUDE_CODE_USE_NEW","X_Y"];
k=["ANTHROPIC_API_KEY","ANTHROPIC_AUTH_TOKEN","CLAUDE_CODE_OAUTH_TOKEN","AWS_KEY","NEW_KEY"];
m=["ANTHROPIC_MODEL","ANTHROPIC_DEFAULT_MODEL","NEW_MODEL","OTHER_MODEL","LAST_MODEL"];
z=["sonnet","opus","haiku","fable","best","sonnet[1m]"];
q=["claude-opus-4-20250514","claude-opus-4-0"];t={aliases:{a:{default:"claude-a-1",per_provider:{}}}};
c=[{id:"claude-a-1",family:"a",provider_ids:{first_party:"claude-a-1-2026",x:"y"},context:{window:1e6},max_output_tokens:{default:64000,upper:128000},capabilities:["effort"]},
{id:"claude-b-1",family:"b",max_output_tokens:{default:8192,upper:8192}}];
function s(){return{$schema:()=>r().describe("a, {b: c}"),model:()=>r(),env:()=>Te({deep:r()}),"quoted":()=>M(`x${1}`)}}
"""


def pack(path, texts):
    """A file as Bun makes it: some program, the bodies, a table of them, a header, the marker."""
    data, rows = b"", b""
    for text in texts:
        body = text.encode()
        rows += contract.PLACE.pack(0, 0, len(data), len(body)).ljust(contract.ENTRY, b"\0")
        data += body
    header = contract.HEADER.pack(len(data) + len(rows), len(data), len(rows)).ljust(32, b"\0")
    path.write_bytes(b"\x7fELF" + contract.MARKER + data + rows + header + contract.MARKER + b"end")
    return path


def program(tmp_path, *texts):
    return pack(tmp_path / "claude", [*texts, *["// @bun\n"] * contract.FEWEST_MODULES])


def test_every_kind_of_name_is_read(tmp_path):
    assert contract.read(program(tmp_path, MODULE)) == {
        "version": "9.8.7",
        "variables": {
            "ANTHROPIC_MODEL": "str",
            "API_TIMEOUT_MS": "int",
            "CLAUDE_CODE_LATE": "",
            "CLAUDE_CODE_USE_BEDROCK": "bool",
        },
        "settings": ["model", "env", "quoted"],
        "routes": [
            {"address": "ANTHROPIC_BASE_URL", "switch": None, "more": ["ANTHROPIC_CUSTOM_HEADERS"]},
            {
                "address": "ANTHROPIC_BEDROCK_BASE_URL",
                "switch": "CLAUDE_CODE_USE_BEDROCK",
                "more": ["CLAUDE_CODE_SKIP_BEDROCK_AUTH"],
            },
        ],
        "credentials": ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN", "AWS_KEY", "NEW_KEY"],
        "models": ["ANTHROPIC_MODEL", "ANTHROPIC_DEFAULT_MODEL", "NEW_MODEL", "OTHER_MODEL", "LAST_MODEL"],
        "switches": ["CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_NEW"],
        "aliases": ["sonnet", "opus", "haiku", "fable", "best", "sonnet[1m]"],
        "tiers": {"a": "claude-a-1"},
        "replaced": ["claude-opus-4-20250514", "claude-opus-4-0"],
        "catalogue": {
            "claude-a-1": {
                "name": "claude-a-1-2026",
                "window": 1000000,
                "output": 64000,
                "most_output": 128000,
                "abilities": ["effort"],
            },
            "claude-b-1": {"name": "", "window": 200000, "output": 8192, "most_output": 8192, "abilities": []},
        },
    }


@pytest.mark.parametrize(
    "gone", ["H.str", "{$schema", "endpoint:", "USE_VERTEX", "ANTHROPIC_DEFAULT", '"fable"', "max_output"]
)
def test_a_program_that_is_built_otherwise_is_refused_rather_than_read_in_part(tmp_path, gone):
    text = MODULE.replace(gone, "_") if gone != "H.str" else MODULE.replace("H.", "H_").replace("process.env", "e")
    with pytest.raises(InvalidInput, match="cannot be read"):
        contract.read(program(tmp_path, text))


def test_two_versions_in_one_program_are_refused(tmp_path):
    with pytest.raises(InvalidInput, match="2 versions"):
        contract.read(program(tmp_path, MODULE, "// @bun\n// Version: 9.8.8\n"))


@pytest.mark.parametrize("data", [b"", b"#!/usr/bin/env node\n", b"x" * 40 + contract.MARKER])
def test_another_file_is_refused(tmp_path, data):
    path = tmp_path / "claude"
    path.write_bytes(data)
    with pytest.raises(InvalidInput):
        contract.read(path)
