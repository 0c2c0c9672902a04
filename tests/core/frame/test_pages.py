"""The generated tables and lists of the guide say everything that is in the catalogue."""

import re

import dodo
from tasks.core.catalogue import catalogue
from tasks.core.frame import guide, pages
from tasks.core.model.layout import Layout

KNOWN = catalogue.load(Layout.of({"HOME": "/nowhere"}))
TABLES = pages.tables(KNOWN, guide.read(vars(dodo)))
VARIABLES = "\n".join(text for name, text in TABLES.items() if name.endswith("-variables"))


def test_every_model_has_one_row_with_its_provider_limits_and_price():
    for model in KNOWN.models.values():
        (row,) = [line for line in TABLES["models"].splitlines() if line.startswith(f"| `{model.id}` |")]
        assert model.name in row
        assert KNOWN.providers[model.provider].name in row
        assert f" {model.limits['input_tokens']:,}/{model.limits['output_tokens']:,} " in row
        if model.prices:
            assert f" {model.prices['input']:.2f}/{model.prices['output']:.2f} " in row


def test_every_note_region_and_doubt_about_tools_is_a_line_with_its_models():
    for model in KNOWN.models.values():
        lines = [line for line in TABLES["models"].splitlines() if line.startswith("- ") and f"`{model.id}`" in line]
        text = "\n".join(lines)
        assert (model.notes or "") in text
        assert ("call tools." in text) >= (model.tools != "yes")
        regions = [model.region] if model.region else model.regions
        for region in regions:
            assert region in text or list(regions) == ["global"]


def test_every_preset_is_listed_with_the_models_of_its_tiers():
    for preset in KNOWN.presets.values():
        (line,) = [line for line in TABLES["presets"].splitlines() if line.startswith(f"- `{preset.id}`:")]
        assert preset.description in line
        assert all(f"`{model}`" in line for model in preset.tiers.values())


def test_every_end_date_is_listed_the_first_one_on_top():
    rows = re.findall(r"^- `(.+?)`: ([\d-]+)", TABLES["end-dates"], re.MULTILINE)
    assert dict(rows) == {m.id: str(m.retires_on) for m in KNOWN.models.values() if m.retires_on}
    assert [day for _, day in rows] == sorted(day for _, day in rows)


def test_every_variable_is_listed_once_with_what_it_is_for_and_how_to_get_it():
    listed = re.findall(r"^- `(\w+)`:", VARIABLES, re.MULTILINE)
    assert sorted(listed) == sorted(KNOWN.variables)
    for variable in KNOWN.variables.values():
        (line,) = [line for line in VARIABLES.splitlines() if line.startswith(f"- `{variable.name}`:")]
        assert variable.description in line
        assert all(f"`{alias}`" in line for alias in variable.aliases)
        if not variable.how.startswith("Leave it unset"):
            assert variable.how in line


def test_messages_with_one_meaning_share_a_line():
    lines = TABLES["messages"].splitlines()
    meanings = [line.partition("`: ")[2] for line in lines]
    assert len(meanings) == len(set(meanings))


def test_commands_are_written_as_one_types_them():
    assert "`gatehand deploy`" in TABLES["messages"]
    assert not re.search(r"`doit ", "\n".join(TABLES.values()))


def test_tables_are_whole():
    for page in TABLES.values():
        for block in page.split("\n\n"):
            rows = [line for line in block.splitlines() if line.startswith("|")]
            assert len({row.replace("\\|", "").count("|") for row in rows}) <= 1
