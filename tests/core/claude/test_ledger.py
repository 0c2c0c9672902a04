from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.claude.ledger import BASE_URL, CREDENTIALS, VERSION, Displaced, Ledger, Owned, Seal, fingerprint
from tasks.core.claude.ownership import applied, undone
from tasks.core.claude.settings_step import Receipt, Step
from tasks.core.model.errors import InvalidInput, NewerVersion
from tasks.core.text.json_edit import REMOVE, Raw, canonical, decoded
from tasks.core.text.text_edit import TextEdit, apply_edits, carried, rebuilt, recipe_of

KEY = bytes(range(32))
TOKEN, API_KEY, MODEL = (("env", f"ANTHROPIC_{name}") for name in ("AUTH_TOKEN", "API_KEY", "MODEL"))
HELPER, MODE = ("apiKeyHelper",), ("permissions", "defaultMode")
U, OURS = "https://u", "http://127.0.0.1:4000"


class Content:
    """A settings file as a dictionary, as the rules see it."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.content = content

    def value(self, path: tuple[str, ...]) -> Any:
        value: Any = self.content
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    def raw(self, path: tuple[str, ...]) -> str | None:
        above = self.value(path[:-1])
        return json.dumps(above[path[-1]]) if isinstance(above, dict) and path[-1] in above else None

    def names(self, path: tuple[str, ...]) -> list[str] | None:
        value = self.value(path)
        return [*value] if isinstance(value, dict) else None

    def after(self, step: Step) -> Content:
        content = json.loads(json.dumps(self.content))
        for path, value in step.changes.items():
            above = content
            for name in path[:-1]:
                above = above.setdefault(name, {}) if value is not REMOVE else above.get(name, {})
            if value is REMOVE:
                above.pop(path[-1], None)
            else:
                above[path[-1]] = decoded(value.text) if isinstance(value, Raw) else value
        return Content(content)


def apply(content: dict | None, wanted: dict, ledger: Ledger | None = None, **options: Any) -> tuple[dict, Step]:
    found = None if content is None else Content(content)
    step = applied(found, wanted, {MODE}, ledger, KEY, **options)
    return (found or Content({})).after(step).content, step


def undo(content: dict, ledger: Ledger | None) -> tuple[dict, Step]:
    step = undone(Content(content), ledger, KEY)
    return Content(content).after(step).content, step


def test_a_key_of_the_user_is_remembered_and_given_back():
    content, step = apply({"env": {"ANTHROPIC_MODEL": "mine"}}, {MODEL: "demo"})
    assert content == {"env": {"ANTHROPIC_MODEL": "demo"}}
    assert (step.receipt.written, step.ledger.owned[MODEL].before) == ((MODEL,), '"mine"')
    content, step = undo(content, step.ledger)
    assert (content, step.ledger, step.receipt.restored) == ({"env": {"ANTHROPIC_MODEL": "mine"}}, None, (MODEL,))
    assert not step.receipt.removed


def test_deploying_again_keeps_the_original():
    content, step = apply({"env": {"ANTHROPIC_MODEL": "mine"}}, {MODEL: "demo"})
    same, again = apply(content, {MODEL: "demo"}, step.ledger)
    assert (same, again.changes, again.ledger, again.receipt.unchanged) == (content, {}, step.ledger, (MODEL,))
    content, step = apply(content, {MODEL: "other"}, step.ledger)
    assert step.ledger.owned[MODEL].before == '"mine"'
    assert undo(content, step.ledger)[0] == {"env": {"ANTHROPIC_MODEL": "mine"}}


def test_a_value_that_the_user_changed_is_kept():
    content, step = apply({}, {MODEL: "demo", BASE_URL: OURS})
    content["env"]["ANTHROPIC_MODEL"] = "mine"
    content, step = apply(content, {MODEL: "other", BASE_URL: OURS}, step.ledger)
    assert (content["env"]["ANTHROPIC_MODEL"], step.receipt.kept) == ("mine", (MODEL,))
    content, step = undo(content, step.ledger)
    assert (content, step.receipt.kept) == ({"env": {"ANTHROPIC_MODEL": "mine"}}, (MODEL,))
    assert step.receipt.removed == (BASE_URL,)


def test_a_changed_value_that_is_wanted_anyway_is_ours_again():
    content, step = apply({"env": {"ANTHROPIC_MODEL": "mine"}}, {MODEL: "demo"})
    content["env"]["ANTHROPIC_MODEL"] = "other"
    content, step = apply(content, {MODEL: "other"}, step.ledger)
    assert step.receipt.unchanged == (MODEL,)
    assert undo(content, step.ledger)[0] == {"env": {"ANTHROPIC_MODEL": "mine"}}


def test_a_changed_key_that_is_needed_is_a_conflict_unless_forced():
    content, step = apply({"env": {"ANTHROPIC_BASE_URL": U}}, {BASE_URL: OURS, MODEL: "demo"})
    content["env"]["ANTHROPIC_BASE_URL"] = "https://new"
    _, stopped = apply(content, {BASE_URL: OURS, MODEL: "demo"}, step.ledger, must={BASE_URL})
    assert (stopped.conflicts, stopped.receipt.unchanged) == ((BASE_URL,), (MODEL,))
    content, forced = apply(content, {BASE_URL: OURS, MODEL: "demo"}, step.ledger, must={BASE_URL}, force=True)
    assert (forced.conflicts, forced.ledger.owned[BASE_URL].before) == ((), '"https://new"')
    assert undo(content, forced.ledger)[0] == {"env": {"ANTHROPIC_BASE_URL": "https://new"}}


def test_a_needed_key_that_was_deleted_is_written_again_others_are_not():
    content, step = apply({"env": {"ANTHROPIC_BASE_URL": U}}, {BASE_URL: OURS, MODEL: "demo"})
    content["env"].clear()
    content, step = apply(content, {BASE_URL: OURS, MODEL: "demo"}, step.ledger, must={BASE_URL})
    assert (content, step.receipt.written, step.receipt.kept) == (
        {"env": {"ANTHROPIC_BASE_URL": OURS}}, (BASE_URL,), (MODEL,)
    )  # fmt: skip
    assert undo(content, step.ledger)[0] == {"env": {"ANTHROPIC_BASE_URL": U}}


def test_a_key_unless_present():
    content, step = apply({"permissions": {"defaultMode": "plan"}}, {MODE: "default"})
    assert (content["permissions"]["defaultMode"], step.receipt.kept) == ("plan", (MODE,))
    assert undo(content, step.ledger)[1].changes == {}
    content, step = apply({}, {MODE: "default"})
    assert undo(content, step.ledger)[0] == {}


def test_a_key_no_longer_wanted_is_given_back():
    start = {"env": {"ANTHROPIC_MODEL": "mine", "X": 1}}
    content, step = apply(start, {MODEL: "demo", MODE: "default", BASE_URL: OURS})
    content, step = apply(content, {BASE_URL: OURS}, step.ledger)
    assert content == {"env": {**start["env"], "ANTHROPIC_BASE_URL": OURS}}
    assert (step.receipt.restored, step.receipt.removed) == ((MODEL,), (MODE,))
    assert (set(step.ledger.owned), step.ledger.created) == ({BASE_URL}, ())


@pytest.mark.parametrize("path", sorted(CREDENTIALS))
def test_a_credential_goes_back_beside_its_server_only(path: tuple[str, ...]):
    start = Content({"env": {"ANTHROPIC_BASE_URL": U}}).after(Step({path: "theirs"}, None, Receipt())).content
    content, step = apply(start, {BASE_URL: OURS, path: REMOVE})
    assert (Content(content).raw(path), step.ledger.owned[path].bound_to) == (None, U)
    assert undo(content, step.ledger)[0] == start
    content["env"]["ANTHROPIC_BASE_URL"] = "https://elsewhere"
    content, step = undo(content, step.ledger)
    assert (step.receipt.withheld, step.receipt.kept) == ((path,), (BASE_URL,))
    assert content == {"env": {"ANTHROPIC_BASE_URL": "https://elsewhere"}}
    assert step.ledger == Ledger(file_existed=True, displaced=(Displaced(path, '"theirs"', U),))


def test_the_server_is_given_back_before_its_credential():
    start = {"env": {"ANTHROPIC_AUTH_TOKEN": "t", "ANTHROPIC_BASE_URL": U}}
    content, step = apply(start, {TOKEN: "sk-ours", BASE_URL: OURS})
    assert undo(content, step.ledger)[0] == start


def test_what_the_user_has_put_back_already_is_left_alone():
    content, step = apply({"env": {"ANTHROPIC_MODEL": "mine"}}, {MODEL: "demo", BASE_URL: OURS})
    content = {"env": {"ANTHROPIC_MODEL": "mine"}}
    _, step = undo(content, step.ledger)
    assert (step.changes, step.receipt, step.ledger) == ({}, Receipt(unchanged=(BASE_URL, MODEL)), None)
    content, step = apply({"env": {"ANTHROPIC_MODEL": {"a": 1, "b": 2}}}, {MODEL: "demo"})
    content["env"]["ANTHROPIC_MODEL"] = {"b": 2, "a": 1}
    assert undo(content, step.ledger)[1].receipt == Receipt(unchanged=(MODEL,))


def test_a_credential_without_a_server_is_bound_to_none():
    content, step = apply({"apiKeyHelper": "x"}, {BASE_URL: OURS, HELPER: REMOVE})
    assert step.ledger.owned[HELPER].bound_to is None
    assert undo(content, step.ledger)[0] == {"apiKeyHelper": "x"}
    content["env"]["ANTHROPIC_BASE_URL"] = "https://elsewhere"
    assert undo(content, step.ledger)[1].receipt.withheld == (HELPER,)


def test_no_displaced_credential_is_ever_lost():
    content, step = apply(
        {"env": {"ANTHROPIC_BASE_URL": U, "ANTHROPIC_AUTH_TOKEN": "t0"}}, {BASE_URL: OURS, TOKEN: "t"}
    )
    content["env"]["ANTHROPIC_AUTH_TOKEN"] = "t1"
    content, step = apply(content, {BASE_URL: OURS, TOKEN: "t"}, step.ledger, force=True)
    assert step.ledger.displaced == (Displaced(TOKEN, '"t0"', U),)
    content, step = undo(content, step.ledger)
    assert content == {"env": {"ANTHROPIC_BASE_URL": U, "ANTHROPIC_AUTH_TOKEN": "t0"}}
    assert step.ledger.displaced == (Displaced(TOKEN, '"t1"', OURS),)
    content, step = apply(content, {BASE_URL: OURS, TOKEN: "t"}, step.ledger)
    content, step = undo(content, step.ledger)
    assert (content["env"]["ANTHROPIC_AUTH_TOKEN"], len(step.ledger.displaced)) == ("t0", 1)


def test_a_credential_no_longer_displaced_waits_for_its_server():
    start = {"env": {"ANTHROPIC_BASE_URL": U}, "apiKeyHelper": "x"}
    content, step = apply(start, {BASE_URL: OURS, HELPER: REMOVE})
    for _ in range(2):
        content, step = apply(content, {BASE_URL: OURS}, step.ledger)
        assert (content, step.receipt.withheld) == ({"env": {"ANTHROPIC_BASE_URL": OURS}}, (HELPER,))
    assert undo(content, step.ledger)[0] == start
    assert apply(content, {MODEL: "demo"}, step.ledger)[0] == {
        **start,
        "env": {**start["env"], "ANTHROPIC_MODEL": "demo"},
    }


def test_a_credential_put_beside_our_server_does_not_go_to_another():
    content, step = apply({"env": {"ANTHROPIC_BASE_URL": U}}, {BASE_URL: OURS})
    content["env"]["ANTHROPIC_API_KEY"] = "sk-local"
    content, step = apply(content, {BASE_URL: OURS, API_KEY: REMOVE}, step.ledger)
    assert undo(content, step.ledger)[1].receipt.withheld == (API_KEY,)


@pytest.mark.parametrize("path", sorted(CREDENTIALS))
@pytest.mark.parametrize("server", [U, None])
def test_a_credential_that_becomes_ours_later_belongs_to_the_users_server(path: tuple[str, ...], server: str | None):
    env = {"env": {"ANTHROPIC_BASE_URL": server} if server else {}}
    start = Content(env).after(Step({path: "theirs"}, None, Receipt())).content
    content, step = apply(start, {BASE_URL: OURS})
    content["theme"] = "dark"
    content, step = apply(content, {BASE_URL: OURS, path: "sk-ours"}, step.ledger)
    assert step.ledger.owned[path].bound_to == server
    assert undo(content, step.ledger)[0] == {**start, "theme": "dark"}


def test_a_server_that_the_user_set_meanwhile_is_the_one_of_its_credential():
    content, step = apply({"env": {"ANTHROPIC_BASE_URL": U, "ANTHROPIC_API_KEY": "theirs"}}, {BASE_URL: OURS})
    content["env"]["ANTHROPIC_BASE_URL"] = "https://new"
    _, step = apply(content, {API_KEY: "sk-ours"}, step.ledger)
    assert step.ledger.owned[API_KEY].bound_to == "https://new"


def test_our_own_value_is_never_taken_for_the_users():
    content, step = apply({}, {MODEL: "demo"})
    content["env"].update(ANTHROPIC_BASE_URL=OURS, ANTHROPIC_AUTH_TOKEN="sk-ours")  # a stale copy was written back
    content, step = apply(content, {MODEL: "demo", BASE_URL: OURS, TOKEN: "sk-ours"}, step.ledger)
    assert undo(content, step.ledger)[0] == {}


def test_objects_that_we_made_go_when_they_are_empty():
    content, step = apply({"a": 1}, {MODEL: "demo", MODE: "default"})
    assert step.ledger.created == (("env",), ("permissions",))
    content["env"]["X"] = 1
    assert undo(content, step.ledger)[0] == {"a": 1, "env": {"X": 1}}
    content, step = apply({"env": {}}, {MODEL: "demo"})
    assert undo(content, step.ledger)[0] == {"env": {}}


def test_a_file_that_we_made_goes_when_it_is_empty():
    content, step = apply(None, {MODEL: "demo"})
    assert (step.ledger.file_existed, step.remove_file) == (False, False)
    assert undo(content, step.ledger)[1].remove_file
    assert not undo({**content, "x": 1}, step.ledger)[1].remove_file
    assert apply(content, {}, step.ledger)[1].remove_file
    content, step = apply({}, {MODEL: "demo"})
    assert not undo(content, step.ledger)[1].remove_file
    assert apply(None, {HELPER: REMOVE})[1].ledger.file_existed


def test_a_file_that_was_deleted_is_begun_anew():
    _, step = apply({"env": {"ANTHROPIC_AUTH_TOKEN": "t0", "ANTHROPIC_MODEL": "m"}}, {TOKEN: "t", MODEL: "demo"})
    gone = undone(None, step.ledger, KEY)
    assert (gone.changes, set(gone.receipt.kept)) == ({}, {TOKEN, MODEL})
    assert gone.ledger.displaced == (Displaced(TOKEN, '"t0"', None),)
    content, step = apply(None, {TOKEN: "t", MODEL: "demo"}, step.ledger, must={TOKEN})
    assert (step.receipt.written, step.ledger.file_existed) == ((TOKEN, MODEL), False)
    assert undo(content, step.ledger)[1].ledger == gone.ledger


def test_values_are_told_apart_by_type():
    content, step = apply({"env": {"ANTHROPIC_MODEL": True}}, {MODEL: 1})
    assert content["env"]["ANTHROPIC_MODEL"] == 1
    content["env"]["ANTHROPIC_MODEL"] = 1.0
    assert undo(content, step.ledger)[1].receipt.kept == (MODEL,)


def test_nothing_secret_in_repr():
    _, step = apply({"env": {"ANTHROPIC_AUTH_TOKEN": "theirs"}}, {TOKEN: "sk-ours"})
    shown = f"{step}{step.ledger.owned}{step.ledger}{Displaced(TOKEN, 'theirs', U)}{TextEdit(0, 1, 'theirs')}"
    assert not any(secret in shown for secret in ("theirs", "sk-ours", U))


LEDGER = Ledger(
    file_existed=True,
    owned={MODEL: Owned('"\\ud800"', "ab"), TOKEN: Owned(None, "cd", "\ud800")},
    created=(("env",),),
    displaced=(Displaced(TOKEN, "1.50", None),),
    seal=Seal("ef", ((0, 3), ' "é"', (5, 5))),
    beside={API_KEY: "01"},
)


def test_a_ledger_survives_its_file():
    assert Ledger.from_json(LEDGER.to_json()) == LEDGER
    assert Ledger.from_json(LEDGER.to_json().encode()) == LEDGER
    assert LEDGER.to_json().isascii()


def test_a_newer_ledger_is_left_alone():
    for newer in ({"version": VERSION + 1, "anything": 1}, {**json.loads(LEDGER.to_json()), "more": "secret"}):
        with pytest.raises(NewerVersion, match=r"^here: was written by a newer version") as caught:
            Ledger.from_json(json.dumps(newer), "here")
        assert "secret" not in str(caught.value)


def test_a_ledger_of_the_first_version_is_read():
    older = json.loads(LEDGER.to_json()) | {"version": 1}
    del older["beside"]
    assert Ledger.from_json(json.dumps(older)) == LEDGER._replace(beside={})


DAMAGE: dict[str, Any] = {
    "version": ["1", 0, None, True, 1.0],
    "file_existed": [None, 1],
    "owned": [{}, None, [{"path": ["a"]}], [{"path": "env", "before": None, "fingerprint": "", "bound_to": None}]],
    "created": [[[]], [["a", 1]], ["env"], 5],
    "displaced": [[{"path": ["a"], "text": "secret{", "bound_to": None}], [5]],
    "seal": [
        {},
        {"digest": "x", "recipe": []},
        {"digest": "", "recipe": [[3, 1]]},
        {"digest": "", "recipe": [[-1, 1]]},
    ],
    "beside": [{}, [5], [{"path": ["a"], "fingerprint": "x"}]],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in DAMAGE.items() for value in values])
def test_a_damaged_ledger_is_refused(name: str, value: Any):
    content = json.loads(LEDGER.to_json())
    for text in (
        json.dumps({**content, name: value}),
        json.dumps({one: content[one] for one in content if one != name}),
    ):
        with pytest.raises(InvalidInput, match=r"^here: is damaged") as caught:
            Ledger.from_json(text, "here")
        assert "secret" not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__


@pytest.mark.parametrize("text", ["", "null", "[]", "5", "{}", "\x00", b"\xff\xfe\x00", "[" * 100_000])
def test_what_is_no_ledger_is_refused(text: str | bytes):
    with pytest.raises(InvalidInput):
        Ledger.from_json(text)


def test_a_fingerprint_needs_its_key_and_knows_its_place():
    one = fingerprint(KEY, MODEL, "x")
    assert one == fingerprint(KEY, MODEL, "x")
    others = [fingerprint(bytes(32), MODEL, "x"), fingerprint(KEY, TOKEN, "x"), fingerprint(KEY, MODEL, REMOVE)]
    assert (
        len({one, *others, fingerprint(KEY, MODEL, None), fingerprint(KEY, MODEL, 1), fingerprint(KEY, MODEL, 1.0)})
        == 7
    )
    with pytest.raises(ValueError):
        fingerprint(b"short", MODEL, "x")


def test_one_spelling_per_value():
    assert canonical({"b": 1, "a": "é"}) == canonical(json.loads('{"a": "\\u00e9", "b": 1}'))
    assert len({canonical(value) for value in (1, 1.0, True, "1", None, [], {})}) == 7


@st.composite
def edited(draw: st.DrawFn, length: int) -> list[TextEdit]:
    """TextEdits of a text of that length, in order."""
    cuts = sorted(draw(st.lists(st.integers(0, length), max_size=6, unique=True)))
    return [
        TextEdit(start, end, draw(st.text("xyz", max_size=3)))
        for start, end in zip(cuts[::2], cuts[1::2], strict=False)
    ]


@given(st.data())
def test_a_recipe_is_carried_over_edits(data: st.DataObject):
    text = "0123456789abcdefghij"
    back = data.draw(edited(len(text)))
    first, recipe = apply_edits(text, back), recipe_of(back, len(text))
    assert rebuilt(text, recipe) == first
    for _ in range(3):
        edits = data.draw(edited(len(text)))
        recipe, text = carried(recipe, text, edits), apply_edits(text, edits)
        assert rebuilt(text, recipe) == first
