"""Three-way merges: what the user did stays, what is new arrives, and what cannot be both is said."""

import copy
import functools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.merge import lines, three_way
from tasks.core.merge import merge as merge_merge
from tasks.core.merge.result import Conflict, Merge, shown
from tasks.core.text import documents

HEADER = "# Made by gatehand.\n# Your own edits are kept.\n"


def model(name, route=None, **params):
    return {"model_name": name, "litellm_params": {"model": route or f"openai/{name}", **params}}


DATA = {
    "model_list": [
        model("opus", timeout=600, rpm=10),
        model("sonnet", timeout=600, vertex_project="os.environ/PROJECT"),
        model("haiku", timeout=600) | {"model_info": {"max_input_tokens": 200000, "tags": ["fast", "small"]}},
    ],
    "litellm_settings": {"drop_params": True, "request_timeout": 600, "fallbacks": [{"opus": ["sonnet", "haiku"]}]},
    "general_settings": {"master_key": "os.environ/LITELLM_MASTER_KEY"},
}


def written(data=DATA, header=HEADER):
    return header + documents.dump_yaml(data)


def changed(edit, data=DATA):
    data = copy.deepcopy(data)
    edit(data)
    return written(data)


BASE = written()


def merge(found, wanted, base=BASE):
    return merge_merge.litellm_config(base, found, wanted, "litellm_config.yaml")


def data(text):
    return documents.parse_yaml(text, "merged")


def put(path, value):
    def edit(data):
        *steps, last = path
        functools.reduce(lambda inner, step: inner[step], steps, data)[last] = value

    return edit


TIMEOUT = ("model_list", 1, "litellm_params", "timeout")
SONNET = "      model: openai/sonnet\n      timeout: 600\n"
GEMINI = "  - model_name: gemini\n    litellm_params:\n      model: vertex_ai/gemini\n"
NEW_MODEL = changed(lambda data: data["model_list"].append(model("new", rpm=7)))
NEW_TIMEOUT = changed(put(TIMEOUT, 900))
WITHOUT_OPUS = changed(lambda data: data["model_list"].pop(0))


# --- the cases of the user's story: found, wanted, what must be true of the merged text -------------------------

COMMENTED = BASE.replace("  - model_name: sonnet\n", "  # the one that I use most\n  - model_name: sonnet   # keep!\n")
ADDED = BASE.replace("litellm_settings:", GEMINI + "litellm_settings:")
TUNED = BASE.replace(SONNET, SONNET.replace("600", "30  # seconds"))
REORDERED = written(DATA | {"model_list": [DATA["model_list"][i] for i in (2, 0, 1)]})
ANCHORED = BASE.replace("timeout: 600\n      rpm", "timeout: &t 600\n      rpm").replace(
    SONNET, SONNET.replace("600", "*t")
)
INHERITED = "x-defaults: &slow\n  timeout: 600\n" + BASE.replace(SONNET, SONNET.replace("timeout: 600", "<<: *slow"))
SECTION = BASE + "\nrouter_settings:\n  num_retries: 5  # mine\n"
CRLF = COMMENTED.replace("\n", "\r\n")
REINDENTED = BASE.replace("\n  - ", "\n- ").replace("\n    ", "\n  ").replace("\n      ", "\n    ")
QUOTED = BASE.replace("model_name: sonnet", "model_name: 'sonnet'").replace("drop_params", '"drop_params"')
FLOW = BASE.replace("tags:\n        - fast\n        - small\n", "tags: [fast, small]  # mine\n")
REMOVED = WITHOUT_OPUS
OPEN_END = ADDED.rstrip("\n")
HAIKU = "    litellm_params:\n      model: openai/haiku\n"
COMMENTED_OUT = BASE.replace(HAIKU, "    # model_info: {}\n" + HAIKU) + "  # max_budget: 10\n"
MARKED = "\ufeff" + COMMENTED
STYLED = "---\n" + BASE.replace("timeout: 600\n      rpm: 10", "timeout:   600\n\n      rpm: 1_0") + "...\n"

FOUND = {
    "comments": COMMENTED,
    "an added model": ADDED,
    "a changed timeout": TUNED,
    "entries in another order": REORDERED,
    "anchors": ANCHORED,
    "merge keys": INHERITED,
    "an added section": SECTION,
    "CRLF": CRLF,
    "another indentation": REINDENTED,
    "other quotes": QUOTED,
    "flow style": FLOW,
    "a removed model": REMOVED,
    "no newline at the end": OPEN_END,
    "commented-out lines": COMMENTED_OUT,
    "a byte order mark": MARKED,
    "odd style": STYLED,
}
WANTED = {
    "a new model": NEW_MODEL,
    "a removed model": changed(lambda data: data["model_list"].pop(2)),
    "a changed limit": changed(put(("model_list", 2, "litellm_params", "timeout"), 900)),
    "a new section": changed(lambda data: data.update(callbacks={"success": ["a"]})),
    "a new key": changed(put(("model_list", 2, "model_info", "max_output_tokens"), 64000)),
    "a removed key": changed(lambda data: data["litellm_settings"].pop("request_timeout")),
    "another fallback": changed(put(("litellm_settings", "fallbacks", 0, "opus"), ["haiku", "sonnet"])),
    "a new tag": changed(lambda data: data["model_list"][2]["model_info"]["tags"].append("new")),
    "a route": changed(put(("model_list", 2, "litellm_params", "model"), "vertex_ai/haiku")),
    "all at once": changed(
        lambda data: (
            data["model_list"].append(model("new")),
            data["model_list"].insert(0, model("first")),
            data["model_list"][3]["litellm_params"].update(rpm=3, timeout=1),
            data["litellm_settings"].update(fallbacks=[{"sonnet": ["haiku"]}]),
            data["general_settings"].clear(),
        )
    ),
}


@pytest.mark.parametrize("wanted", WANTED)
@pytest.mark.parametrize("found", FOUND)
def test_both_changes_are_there(found, wanted):
    found, wanted = FOUND[found], WANTED[wanted]
    merged = merge(found, wanted)
    assert [str(each) for each in merged.conflicts] == []
    expected, edits = three_way.merge(data(BASE), data(found), data(wanted))
    assert three_way.same(data(merged.text), expected)
    assert edits
    if "haiku" in str(data(merged.text)["model_list"]):  # an entry takes the comments at its line ends along
        assert [line for line in found.splitlines() if "#" in line and line[line.index("#") :] not in merged.text] == []


def lines_changed(before, after):
    """The lines that only one of them has, in order, with the sign of a diff."""
    import difflib

    return [
        line.rstrip("\r\n")
        for line in difflib.ndiff(before.splitlines(True), after.splitlines(True))
        if line[0] in "+-"
    ]


NEW_LINES = ["+   - model_name: new", "+     litellm_params:", "+       model: openai/new", "+       rpm: 7"]


@pytest.mark.parametrize(
    "found", [name for name in FOUND if name not in ("another indentation", "entries in another order")]
)
def test_only_what_is_new_is_written(found):
    merged = merge(FOUND[found], NEW_MODEL).text
    assert lines_changed(FOUND[found], merged) == NEW_LINES


def test_line_ends_stay():
    merged = merge(CRLF, NEW_MODEL).text
    assert merged.count("\n") == merged.count("\r\n") == CRLF.count("\n") + 4


def test_most_line_ends_decide_about_new_ones():
    mixed = ADDED.replace("\n", "\r\n", 1)
    assert merge(mixed, NEW_MODEL).text.count("\r\n") == 1


def test_what_both_sides_empty_is_empty():
    base = written({"model_list": [model("a"), model("b")]})
    mine, new = written({"model_list": [model("b")]}), written({"model_list": [model("a")]})
    assert data(merge(mine, new, base).text) == {"model_list": []}


def test_the_indentation_of_the_user_is_taken_on():
    assert (
        "\n- model_name: new\n  litellm_params:\n    model: openai/new\n    rpm: 7\n"
        in merge(REINDENTED, NEW_MODEL).text
    )


def test_both_sides_append_a_model():
    names = [entry["model_name"] for entry in data(merge(ADDED, NEW_MODEL).text)["model_list"]]
    assert names == ["opus", "sonnet", "haiku", "new", "gemini"]


def test_what_comes_first_in_ours_comes_first():
    found = BASE.replace("  - model_name: opus\n", "  # the best\n  - model_name: opus\n")
    wanted = changed(lambda data: data["model_list"].insert(0, model("new")))
    assert "model_list:\n  - model_name: new\n    litellm_params:\n      model: openai/new\n  # the best\n" in (
        merge(found, wanted).text
    )


def test_neighbouring_lines_are_no_conflict():
    found = BASE.replace("      rpm: 10\n", "      rpm: 99\n")
    wanted = changed(put(("model_list", 0, "litellm_params", "timeout"), 900))
    assert "      timeout: 900\n      rpm: 99\n" in merge(found, wanted).text


def test_an_anchor_that_others_use_is_not_pulled_from_under_them():
    """The first timeout carries the anchor: changing it there would change the second, which we did not ask for."""
    wanted = changed(put(("model_list", 0, "litellm_params", "timeout"), 900))
    merged = merge(ANCHORED, wanted)
    assert merged.conflicts
    assert merged.taking("theirs") == ANCHORED


def test_behind_an_alias_only_that_one_changes():
    merged = merge(ANCHORED, NEW_TIMEOUT).text
    assert [entry["litellm_params"]["timeout"] for entry in data(merged)["model_list"]] == [600, 900, 600]
    assert "timeout: &t 600" in merged


def test_what_is_inherited_is_overridden_in_its_place():
    merged = merge(INHERITED, NEW_TIMEOUT).text
    assert "      <<: *slow\n" in merged
    assert data(merged)["model_list"][1]["litellm_params"]["timeout"] == 900
    assert data(merged)["x-defaults"] == {"timeout": 600}


def test_comments_stay_when_the_entry_beside_them_goes():
    found = BASE.replace("  - model_name: opus\n", "  # about opus\n  - model_name: opus\n    # inside opus\n")
    merged = merge(found, WITHOUT_OPUS).text
    assert "# about opus" in merged
    assert "# inside opus" in merged
    assert data(merged) == data(WITHOUT_OPUS)


def test_a_second_deployment_of_a_name_is_the_users_own():
    """Same name, another route: LiteLLM balances between the two; ours is still ours."""
    found = BASE.replace("litellm_settings:", GEMINI.replace(": gemini", ": sonnet") + "litellm_settings:")
    entries = [each for each in data(merge(found, NEW_TIMEOUT).text)["model_list"] if each["model_name"] == "sonnet"]
    assert [each["litellm_params"]["model"] for each in entries] == ["openai/sonnet", "vertex_ai/gemini"]
    assert [each["litellm_params"].get("timeout") for each in entries] == [900, None]


def test_equal_entries_are_told_apart_by_counting():
    twice = copy.deepcopy(DATA)
    twice["model_list"].insert(1, twice["model_list"][0])
    base = written(twice)
    found = base.replace("general_settings:", "# mine\ngeneral_settings:")
    assert data(merge(found, BASE, base).text) == DATA


def test_a_new_header_arrives_and_a_changed_one_stays():
    wanted = NEW_MODEL.replace("Your own edits are kept.", "Edits are kept.")
    assert merge(ADDED, wanted).text.startswith("# Made by gatehand.\n# Edits are kept.\nmodel_list:")
    mine = ADDED.replace("Your own edits are kept.", "MINE")
    assert merge(mine, wanted).text.startswith("# Made by gatehand.\n# MINE\nmodel_list:")


def test_comments_above_what_is_new_come_along():
    wanted = BASE.replace(
        "general_settings:", "# how it retries\nrouter_settings:\n  # few\n  num_retries: 1\ngeneral_settings:"
    )
    assert "# how it retries\nrouter_settings:\n  # few\n  num_retries: 1\ngeneral" in merge(ADDED, wanted).text


# --- conflicts --------------------------------------------------------------------------------------------------

FALLBACK = ("litellm_settings", "fallbacks", 0, "opus")
TAGS = ("model_list", 2, "model_info", "tags")
CONFLICTS = {
    "both changed a value": (
        (TUNED, NEW_TIMEOUT),
        "model_list[sonnet].litellm_params.timeout",
        ("timeout: 30", "timeout: 900", "timeout: 600"),
    ),
    "removed by us, changed by the user": (
        (BASE.replace("rpm: 10", "rpm: 11"), WITHOUT_OPUS),
        "model_list[opus]",
        ("rpm: 11", "", "rpm: 10"),
    ),
    "removed by the user, changed by us": (
        (changed(lambda data: data["model_list"].pop(1)), NEW_TIMEOUT),
        "model_list[sonnet]",
        ("", "timeout: 900", "timeout: 600"),
    ),
    "both added the same key": (
        (BASE + "router_settings: 5\n", changed(put(("router_settings",), {"a": 1}))),
        "router_settings",
        ("5", "a: 1", ""),
    ),
    "in flow style": (
        (FLOW.replace("fast, small", "fast, tiny"), changed(put(TAGS, ["fast", "nano"]))),
        "model_list[haiku].model_info.tags",
        ("[fast, tiny]", "- nano", "- small"),
    ),
    "both in another order": (
        (changed(put(FALLBACK, ["sonnet", "haiku", "x"])), changed(put(FALLBACK, ["haiku", "sonnet"]))),
        "litellm_settings.fallbacks[opus].opus",
        ("- x", "- haiku", "- sonnet"),
    ),
}


@pytest.mark.parametrize("kind", CONFLICTS)
def test_a_conflict_names_the_line_and_both_sides(kind):
    (found, wanted), what, (theirs, our, base) = CONFLICTS[kind]
    merged = merge(found, wanted)
    (conflict,) = merged.conflicts
    assert conflict.what == what
    for side, text in ((conflict.theirs, theirs), (conflict.ours, our), (conflict.base, base)):
        assert text in side
        assert bool(text) == bool(side)
    if theirs:
        assert theirs in "".join(found.splitlines(True)[conflict.line - 1 :][: conflict.theirs.count("\n")])
    assert str(conflict).startswith(f"litellm_config.yaml:{conflict.line}: {what}: yours ")
    with pytest.raises(ValueError, match="conflicts"):
        merged.text  # noqa: B018
    assert merged.taking("theirs") == found
    assert three_way.same(data(merged.taking("ours")), data(wanted))


def test_what_does_not_conflict_is_merged_all_the_same():
    wanted = changed(lambda data: (put(TIMEOUT, 900)(data), data["model_list"].append(model("new"))))
    merged = merge(TUNED, wanted)
    assert len(merged.conflicts) == 1
    assert "model_name: new" in merged.taking("theirs")
    assert "timeout: 30  # seconds" in merged.taking("theirs")


def test_a_conflict_file_is_finished_by_hand():
    text = merge_merge.conflict_text(merge(TUNED, NEW_TIMEOUT), "yours", "new")
    assert (
        "<<<<<<< yours\n      timeout: 30  # seconds\n||||||| last written\n      timeout: 600\n"
        "=======\n      timeout: 900\n>>>>>>> new\n"
    ) in text
    assert text.replace("\n", "").count("<<<<<<<") == 1


@pytest.mark.parametrize(
    "found",
    ["a: [1\n", "a: 1\na: 2\n", "\t- x", "a: *nobody", "a: \x00", "a: \ud800", "- " * 5000 + "x", "a: !!python/x 1"],
)
def test_a_text_that_is_no_yaml_is_a_conflict_as_a_whole(found):
    merged = merge(found, NEW_MODEL)
    (conflict,) = merged.conflicts
    assert "cannot be merged" in str(conflict)
    assert str(conflict).startswith("litellm_config.yaml:")
    assert merged.taking("theirs") == found
    assert merged.taking("ours") == NEW_MODEL


@pytest.mark.parametrize("found", ["", "# nothing\n", "null\n", "[]\n", "just text\n", "- a\n- b\n"])
def test_a_document_of_another_kind_is_a_conflict(found):
    assert merge(found, NEW_MODEL).conflicts


def test_credentials_do_not_show_in_messages():
    conflict = Conflict(
        1, "api_key: sk-123456789\n", 'token: "abc"\nmax_tokens: 5\nurl: x://me:pw@host\n', "api_key: os.environ/KEY\n"
    )
    said = re.sub(r"\[hidden [0-9a-f]{4}\]", "[hidden]", str(conflict))  # the mark tells two values apart
    assert said.startswith('line 1: yours `token: "[hidden]" / max_tokens: 5 / url: x://me:[hid')
    assert said.endswith("new `api_key: [hidden]`, before `api_key: os.environ/KEY`")
    assert not [text for text in ("sk-", "abc", "pw@") if text in str(conflict) + repr(conflict)]
    assert shown("x" * 100) == f"`{'x' * 57}...`"


# --- what must hold for any text --------------------------------------------------------------------------------

TEXTS = st.text(st.sampled_from("ab:-# \n\t[]{}*&'\"|\r\ufeff1é😀"), max_size=40) | st.text(max_size=20)


@pytest.mark.parametrize(
    "function", [lambda *texts: merge_merge.litellm_config(*texts, "x"), merge_merge.text], ids=["yaml", "lines"]
)
@given(base=TEXTS, found=TEXTS)
def test_one_side_alone_is_taken_as_it_is(function, base, found):
    assert function(base, base, found).text == found
    assert function(base, found, base).text == found
    assert function(base, found, found).text == found


@pytest.mark.parametrize(
    "function", [lambda *texts: merge_merge.litellm_config(*texts, "x"), merge_merge.text], ids=["yaml", "lines"]
)
@given(base=TEXTS, found=TEXTS, wanted=TEXTS)
def test_no_text_gives_a_traceback(function, base, found, wanted):
    merged = function(base, found, wanted)
    assert isinstance(merged, Merge)
    for side in ("ours", "theirs"):
        merged.taking(side)
    merge_merge.conflict_text(merged, "yours", "new")
    [str(conflict) for conflict in merged.conflicts]


NAMES = st.sampled_from(["a", "b", "c", "d", "claude-*", "yes", "1", "é😀"])
SCALARS = st.one_of(
    st.integers(0, 3), st.booleans(), st.none(), st.sampled_from(["x", "on", "a: b", "two\nlines", "", "# no"])
)
PARAMS = st.dictionaries(
    st.sampled_from(["timeout", "rpm", "note", "1"]), SCALARS | st.lists(SCALARS, max_size=2), max_size=3
)
MODELS = st.builds(
    lambda name, route, params: model(name, route, **params), NAMES, st.sampled_from(["r/1", "r/2"]), PARAMS
)
CONFIGS = st.builds(
    lambda models, sections: {"model_list": models, **sections},
    st.lists(MODELS, max_size=4),
    st.dictionaries(st.sampled_from(["litellm_settings", "router_settings", "x"]), PARAMS | SCALARS, max_size=3),
)


@given(base=CONFIGS, found=CONFIGS, wanted=CONFIGS, crlf=st.booleans())
def test_a_merge_means_what_the_merged_data_say(base, found, wanted, crlf):
    texts = [written(each) for each in (base, found, wanted)]
    if crlf:
        texts[1] = texts[1].replace("\n", "\r\n")
    merged = merge(texts[1], texts[2], texts[0])
    expected = wanted if texts[0] == texts[1] else three_way.merge(base, found, wanted)[0]
    if not merged.conflicts:
        assert three_way.same(data(merged.text), expected)


@given(base=CONFIGS, params=PARAMS, theirs=PARAMS, at=st.integers(0, 4), there=st.integers(0, 4))
def test_independent_edits_both_survive(base, params, theirs, at, there):
    found, wanted = copy.deepcopy(base), copy.deepcopy(base)
    found["model_list"].insert(at, model("mine", **theirs))
    wanted["model_list"].insert(there, model("new", **params))
    found["my_section"], wanted["our_section"] = {"a": 1}, {"b": [2]}
    merged = data(merge(written(found), written(wanted), written(base)).text)
    names = [entry["model_name"] for entry in merged["model_list"]]
    assert sorted(names) == sorted(["mine", "new", *(entry["model_name"] for entry in base["model_list"])])
    assert (merged["my_section"], merged["our_section"]) == ({"a": 1}, {"b": [2]})


@given(data=st.data())
def test_lines_of_both_sides_survive(data):
    base = [f"line {number}\n" for number in range(12)]
    at, there = data.draw(st.permutations(range(0, 12, 3)))[:2]
    found, wanted = base.copy(), base.copy()
    found[at], wanted[there] = "mine\n", "new\n"
    expected = found.copy()
    expected[there] = "new\n"
    assert lines.text("".join(base), "".join(found), "".join(wanted)).text == "".join(expected)


def test_lines_in_conflict():
    merged = merge_merge.text("a\nb\nc\n", "a\nmine\nc\n", "a\nnew\nc\n", "file")
    assert merged == Merge(("a\n", Conflict(2, "new\n", "mine\n", "b\n", "file"), "c\n"))
    assert str(merged.conflicts[0]) == "file:2: yours `mine`, new `new`, before `b`"
    assert merge_merge.conflict_text(merge_merge.text("a", "b", "c"), "yours", "new") == (
        "<<<<<<< yours\nb\n||||||| last written\na\n=======\nc\n>>>>>>> new\n"
    )
