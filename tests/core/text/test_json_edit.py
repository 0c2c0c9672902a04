from __future__ import annotations

import copy
import json
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tasks.core.model.catalogue import name_entry
from tasks.core.model.errors import InvalidInput
from tasks.core.text.json_edit import REMOVE, Raw, edit, parse
from tasks.core.text.json_scan import MAX_BYTES
from tests.core.jsontexts import OURS, changes, files, loaded

A = ("env", "A")

WRITING = {
    "into a two-space file": (
        '{\n  "env": {\n    "X": "y"\n  }\n}\n',
        '{\n  "env": {\n    "X": "y",\n    "A": "v"\n  }\n}\n',
    ),
    "into a tab file with CRLF": (
        '{\r\n\t"env": {\r\n\t\t"X": 1\r\n\t}\r\n}',
        '{\r\n\t"env": {\r\n\t\t"X": 1,\r\n\t\t"A": "v"\r\n\t}\r\n}',
    ),
    "behind old line ends": ('{\r "env": {}\r}', '{\r "env": {\r  "A": "v"\r }\r}'),
    "into an empty file object": ("{}", '{\n  "env": {\n    "A": "v"\n  }\n}'),
    "into an empty object with CRLF": ("{}\r\n", '{\r\n  "env": {\r\n    "A": "v"\r\n  }\r\n}\r\n'),
    "into an empty env": ('{\n    "env": {}\n}', '{\n    "env": {\n        "A": "v"\n    }\n}'),
    "into a spread empty env": ('{\n  "env": {\n\n  }\n}', '{\n  "env": {\n    "A": "v"\n  }\n}'),
    "creating env in lines": ('{\n   "a": 1\n}', '{\n   "a": 1,\n   "env": {\n      "A": "v"\n   }\n}'),
    "creating env, compact": ('{"a":1}', '{"a":1,"env":{"A":"v"}}'),
    "creating env, spaced": ('{ "a" : 1 }', '{ "a" : 1, "env" : {"A" : "v"} }'),
    "into an empty compact env": ('{"a":1,"env":{}}', '{"a":1,"env":{"A":"v"}}'),
    "into one line": ('{"env": {"X": 1, "Y": 2}}', '{"env": {"X": 1, "Y": 2, "A": "v"}}'),
    "with the comma in front": (
        '{\n    "a": 1\n  , "env": {"X": 1}\n}',
        '{\n    "a": 1\n  , "env": {"X": 1, "A": "v"}\n}',
    ),
    "not doubling blank lines": ('{"env": {\n"X": 1,\n\n"Y": 2}}', '{"env": {\n"X": 1,\n\n"Y": 2,\n"A": "v"}}'),
    "over a value": ('{"env" :{ "A":\n[1, 2] , "B":2}}', '{"env" :{ "A":\n"v" , "B":2}}'),
    "over the last duplicate": ('{"env":{"A":1,"A":2}}', '{"env":{"A":1,"A":"v"}}'),
    "into the last env": ('{"env":{"A":1},"env":{}}', '{"env":{"A":1},"env":{"A":"v"}}'),
    "over an escaped name": (r'{"\u0065nv":{"\u0041":1}}', r'{"\u0065nv":{"\u0041":"v"}}'),
    "behind a byte order mark": ('\ufeff{"env":{"A":1}}', '\ufeff{"env":{"A":"v"}}'),
    "not over what it says already": (r'{"env":{"A":"\u0076"}}', r'{"env":{"A":"\u0076"}}'),
}

REMOVING = {
    "the only one": ('{"env": { "A": 1 }}', '{"env": {}}'),
    "the first": ('{"env": {\n  "A": 1,\n  "B": 2\n}}', '{"env": {\n  "B": 2\n}}'),
    "the last": ('{"env": {\n  "B": 2,\n  "A": 1\n}}', '{"env": {\n  "B": 2\n}}'),
    "one in the middle": ('{"env": {"B": 2 , "A": 1, "C":3}}', '{"env": {"B": 2, "C":3}}'),
    "all duplicates": ('{"env":{"A":1,"B":2,"A":3,"C":4,"A":5}}', '{"env":{"B":2,"C":4}}'),
    "what is not there": ('{"env":{"B":2}}', '{"env":{"B":2}}'),
    "from no env": ('{"a":1}', '{"a":1}'),
    "from an env that is no object": ('{"env":5}', '{"env":5}'),
}

REFUSED = {
    "": ("f", "is empty"),
    " \n": ("f", "is empty"),
    "\ufeff": ("f", "is empty"),
    "null": ("f:1:1", "not an object"),
    "\n[{}]": ("f:2:1", "not an object"),
    '"text"': ("f:1:1", "not an object"),
    "{": ("f:1:2", "too early"),
    '{"a": [1': ("f:1:9", "too early"),
    '{"a": "x': ("f:1:9", "middle of a text"),
    '{"a": 1,\n}': ("f:2:1", "comma"),
    '{"a": [1, ]}': ("f:1:11", "comma"),
    '// hello\n{"a": 1}': ("f:1:1", "comment"),
    '{"a": 1, /* x */ "b": 2}': ("f:1:10", "comment"),
    '{"a": 1 # x\n}': ("f:1:9", "comment"),
    "{}\n// x": ("f:2:1", "comment"),
    '{"a": NaN}': ("f:1:7", "NaN"),
    '{"a": -Infinity}': ("f:1:7", "NaN"),
    '{"a": "é\n"}': ("f:1:9", "line break"),
    r'{"a": "\x"}': ("f:1:8", "escape"),
    "{'a': 1}": ("f:1:2", "name in double quotes"),
    '{"a" 1}': ("f:1:6", "colon"),
    '{"a": 1 "b": 2}': ("f:1:9", "comma or a closing bracket"),
    '{"a": 01}': ("f:1:8", "comma or a closing bracket"),
    '{"a": .5}': ("f:1:7", "value is missing"),
    '{"a": [}': ("f:1:8", "value is missing"),
    '{"a": 1]': ("f:1:8", "closing bracket"),
    "{} {}": ("f:1:4", "behind the end"),
    "\ufeff\ufeff{}": ("f:1:1", "value is missing"),
}


@pytest.mark.parametrize(("before", "after"), WRITING.values(), ids=WRITING)
def test_writes_in_the_style_of_the_neighbours(before: str, after: str):
    assert edit(before.encode(), {A: "v"}).decode() == after


@pytest.mark.parametrize(("before", "after"), REMOVING.values(), ids=REMOVING)
def test_removes_with_the_right_comma(before: str, after: str):
    assert edit(before.encode(), {A: REMOVE}).decode() == after


ROWS = ("list", "rows")
ROW = {"model": "a", "label": "A"}
SPELLED = '{"model": "a", "label": "A"}'
ENTRIES = {
    "behind another": ('{"list": {"rows": [{"model": "b"}]}}', '{"list": {"rows": [{"model": "b"}, %s]}}'),
    "behind what has no name": ('{"list": {"rows": [5, {}, []]}}', '{"list": {"rows": [5, {}, [], %s]}}'),
    "into an empty list": ('{"a": 1, "list": {"rows": []}}', '{"a": 1, "list": {"rows": [%s]}}'),
    "into no list": ('{"a": 1, "list": {}}', '{"a": 1, "list": {"rows": [%s]}}'),
    "into nothing": ('{"a": 1}', '{"a": 1, "list": {"rows": [%s]}}'),
    "over itself": ('{"list": {"rows": [{"model": "a"}, 5]}}', '{"list": {"rows": [%s, 5]}}'),
    "in lines": (
        '{\n  "list": {\n    "rows": [\n      {\n        "model": "b"\n      }\n    ]\n  }\n}',
        (
            '{\n  "list": {\n    "rows": [\n      {\n        "model": "b"\n      },\n      {\n        "model": "a",\n'
            '        "label": "A"\n      }\n    ]\n  }\n}'
        ),
    ),
}


@pytest.mark.parametrize(("before", "after"), ENTRIES.values(), ids=ENTRIES)
def test_writes_an_entry_of_a_list_and_takes_it_out_again(before: str, after: str):
    path = (*ROWS, name_entry("a"))
    written = edit(before.encode(), {path: ROW})
    assert written.decode() == after.replace("%s", SPELLED)
    assert parse(written).value(path) == ROW
    without = [row for row in parse(written).value(ROWS) if row != ROW]
    assert parse(edit(written, {path: REMOVE})).value(ROWS) == without


@pytest.mark.parametrize("rows", ["{}", "5", "null", '"text"'])
def test_what_is_no_list_gets_no_entries(rows: str):
    with pytest.raises(InvalidInput, match="is no list"):
        edit(f'{{"list": {{"rows": {rows}}}}}'.encode(), {(*ROWS, name_entry("a")): ROW})
    with pytest.raises(InvalidInput, match="is no object"):
        edit(b'{"list": []}', {(*ROWS, name_entry("a")): ROW})


def test_an_entry_is_known_by_its_model_however_it_is_spelled():
    document = parse(rb'{"list": {"rows": [{"x": [{"model": "a"}], "model": "\u0061]="}, {"model": 5}]}}')
    assert document.names(ROWS) == ["[model=a]=]", "[2]"]
    assert document.value((*ROWS, name_entry("a]="))) == {"x": [{"model": "a"}], "model": "a]="}


def test_a_new_file_has_two_spaces_and_a_last_line_end():
    assert edit(None, {A: "v"}) == b'{\n  "env": {\n    "A": "v"\n  }\n}\n'


def test_any_value_can_be_written():
    after = edit(b'{\n  "a": 1\n}', {("b",): {"x": [1, {}, [], None], "é": "\ud800"}})
    lines = ["{", '  "a": 1,', '  "b": {', '    "x": [', "      1,", "      {},", "      [],", "      null", "    ],"]
    assert after.decode() == "\n".join([*lines, '    "é": "\\ud800"', "  }", "}"])


def test_adds_and_removes_together():
    after = edit(b'{"env":{"B":1,"A":2},"x":0}', {A: REMOVE, ("env", "C"): "v", ("env", "B"): 3, ("x",): REMOVE})
    assert after == b'{"env":{"B":3,"C":"v"}}'
    assert edit(b'{"env":{ "A":2 }}', {A: REMOVE, ("env", "C"): 1}) == b'{"env":{ "C":1 }}'


def test_removes_an_object_with_what_was_removed_in_it():
    data = b'{\n  "a": 1,\n  "env": {\n    "A": 1\n  }\n}'
    assert edit(data, {A: REMOVE, ("env",): REMOVE}) == b'{\n  "a": 1\n}'


def test_source_text_is_put_back_as_it_was_spelled():
    spelling = r'{ "a":1.50 ,"b":"\u0041\ud800"}'
    after = edit(b'{"apiKeyHelper": "x"}', {("apiKeyHelper",): Raw(spelling)})
    assert after.decode() == '{"apiKeyHelper": ' + spelling + "}"
    assert parse(after).raw(("apiKeyHelper",)) == spelling
    assert "1.50" not in repr(Raw(spelling))


@pytest.mark.parametrize("text", ["", "1,2", '"x', '1}, "hooks": {', '"\ud800"'])
def test_source_text_that_is_no_value_is_refused(text: str):
    with pytest.raises(InvalidInput):
        edit(b"{}", {A: Raw(text)})


@pytest.mark.parametrize("env", ["5", '"secret"', "null", "[]"])
def test_a_parent_that_is_no_object_is_refused(env: str):
    with pytest.raises(InvalidInput, match=r"(?s)^f:2:8: \"env\" is no object") as caught:
        edit(f'{{\n"env": {env}\n}}'.encode(), {A: "v"}, "f")
    assert "secret" not in str(caught.value)


def test_contradictory_changes_are_a_mistake_of_the_caller():
    for wrong in ({("env",): 1, A: 2}, {A: 2, ("env",): REMOVE}, {(): 1}):
        with pytest.raises(ValueError):
            edit(b"{}", wrong)


def test_a_document_can_be_asked():
    document = parse(b'{"env": {"A": 1, "A": 1.0}, "b": [{"c": 1}], "n": null}')
    assert (document.raw(A), document.value(A)) == ("1.0", 1.0)
    assert document.raw(("n",)) == "null"
    assert document.raw(("n", "x")) is document.raw(("b", "c")) is document.value(("x",)) is None
    assert document.value(()) == {"env": {"A": 1.0}, "b": [{"c": 1}], "n": None}
    paths = ((), ("env",), ("b",), ("b", "[1]"), A, ("x",))
    assert [document.names(path) for path in paths] == [["env", "b", "n"], ["A", "A"], ["[1]"], ["c"], None, None]


@pytest.mark.parametrize(("text", "refusal"), REFUSED.items(), ids=map(repr, REFUSED))
def test_refuses_with_the_place(text: str, refusal: tuple[str, str]):
    with pytest.raises(InvalidInput) as caught:
        parse(text.encode(), "f")
    assert (caught.value.where, refusal[1] in caught.value.problem) == (refusal[0], True), caught.value
    assert caught.value.remedy


def test_refuses_what_is_not_utf8():
    for data, place in (
        (b'{\n"a": "\xc3\xa9\xff"}', "f:2:8"),
        (b'{"a": "\xed\xa0\x80"}', "f:1:8"),
        ("{}".encode("utf-16"), "f:1:1"),
    ):
        with pytest.raises(InvalidInput, match="UTF-8") as caught:
            parse(data, "f")
        assert caught.value.where == place


def test_limits():
    deep = '{"a":' + "[" * 511 + "]" * 511 + "}"
    assert edit(deep.encode(), {A: "v"}).endswith(b',"env":{"A":"v"}}')
    assert parse(deep.encode()).value(())
    one_deeper = deep.replace("[]", "[[]]")
    for text in (
        one_deeper,
        one_deeper.replace("[]", "[1]"),
        '{"a":[' + deep + "]}",
        '{"a":' * 100_000,
        '{"a":' + "[" * 3_000_000,
    ):
        with pytest.raises(InvalidInput, match="deeper than 512"):
            parse(text.encode())
    with pytest.raises(InvalidInput, match="16 MiB"):
        parse(b'{"a": "' + b"x" * MAX_BYTES + b'"}')


def test_a_number_too_long_for_python_stays():
    data = b'{"a": ' + b"7" * 5000 + b"}"
    assert edit(data, {A: "v"}).startswith(data[:-1])
    assert parse(data).value(("a",)) == float("inf")


def test_half_a_megabyte_takes_no_time():
    data = json.dumps({"a": [{"name": "value", "n": i} for i in range(10_000)]}, indent=2).encode()
    begin = time.process_time()
    edit(data, {("env", f"V{i}"): "v" for i in range(20)})
    assert len(data) > 500_000
    assert time.process_time() - begin < 1


def expected(content: dict[str, object], wanted: dict[tuple[str, ...], object]) -> dict[str, object]:
    """*content* after the changes, by the plain way."""
    result = copy.deepcopy(content)
    for path, value in wanted.items():
        below = result
        for name in path[:-1]:
            below = below.setdefault(name, {}) if value is not REMOVE else below.get(name, {})  # type: ignore[assignment]
        if value is REMOVE:
            below.pop(path[-1], None)
        else:
            below[path[-1]] = value
    return result


all_changes = st.dictionaries(st.sampled_from(OURS), st.sampled_from(["v", "\ud800", 1, 1.0, {"x": []}, REMOVE]))


@given(files, all_changes)
def test_an_edit_means_what_it_should_and_is_made_once(data: bytes, wanted: dict[tuple[str, ...], object]):
    after = edit(data, wanted)
    assert json.dumps(loaded(after), sort_keys=True) == json.dumps(expected(loaded(data), wanted), sort_keys=True)
    assert edit(after, wanted) == after
    assert not parse(after).edits(wanted)


@given(files, all_changes)
def test_an_edit_leaves_all_else_as_it_is_spelled(data: bytes, wanted: dict[tuple[str, ...], object]):
    before, after = parse(data), parse(edit(data, wanted))
    for parent in ((), ("env",), ("permissions",)):
        names = [name for name in before.value(parent) or () if (*parent, name) not in wanted]
        if parent == ():
            names = [name for name in names if name not in ("env", "permissions")]
        assert [name for name in after.value(parent) or () if name in names] == names
        assert all(before.raw((*parent, name)) == after.raw((*parent, name)) for name in names)
    assert after.mark == before.mark
    assert after.text[: after.root.start] == before.text[: before.root.start]
    assert after.text[after.root.end :] == before.text[before.root.end :]


def strictly(data: bytes) -> object:
    """What a strict parser reads; None when it is no object or not JSON."""

    def constant(_: str) -> None:
        raise ValueError

    try:
        content = json.loads(data.removeprefix(b"\xef\xbb\xbf").decode(), parse_constant=constant)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


@given(
    files, st.integers(0), st.integers(0, 3), st.sampled_from(list(b'{}[],:"\\/ue01.-+ntf \n\r\x0b\x00\x85\xef\xff'))
)
@example(b'{"a":"\\ud83d"}', 0, 0, 32)
def test_accepts_exactly_what_a_strict_parser_accepts(data: bytes, place: int, cut: int, put: int):
    place %= len(data) + 1
    data = data[:place] + bytes([put]) + data[place + cut :]
    content = strictly(data)
    try:
        found = parse(data).value(())
    except InvalidInput:
        found = None
    assert json.dumps(found, sort_keys=True) == json.dumps(content, sort_keys=True)


@settings(max_examples=40)
@given(files, changes)
def test_a_refusal_quotes_no_value(data: bytes, wanted: dict[tuple[str, ...], object]):
    secret = b'"sk-0123456789-secret"'
    data = edit(data, {**wanted, ("env", "S"): "sk-0123456789-secret"})
    for broken in (data.replace(secret, secret[1:]), data.replace(secret, secret[:-1]), data + secret):
        with pytest.raises(InvalidInput) as caught:
            parse(broken)
        assert "sk-01" not in f"{caught.value}{caught.value!r}"
