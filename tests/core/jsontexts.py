"""Settings files as people, editors and programs write them, for property tests: any layout, any spelling."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass

from hypothesis import strategies as st

OURS = (
    ("env", "ANTHROPIC_BASE_URL"),
    ("env", "ANTHROPIC_AUTH_TOKEN"),
    ("env", "ANTHROPIC_API_KEY"),
    ("env", "ANTHROPIC_MODEL"),
    ("apiKeyHelper",),
    ("permissions", "defaultMode"),
)
ODD = ["-0", "1.50", "1E+2", "0.1e-7", "1e999", "1" * 30, "true", "null", r'"\ud800"', r'"é\/A"', '"😀\u2028"', '""']
VALUES = ["http://127.0.0.1:4000", "sk-ours", "https://api.example", "\ud800", "x"]


@dataclass(frozen=True)
class Layout:
    """How a text is laid out; wild is a seed for white space anywhere."""

    unit: str | None = "  "
    line_end: str = "\n"
    comma: str = ","
    colon: str = ": "
    wild: int | None = None
    mark: str = ""
    tail: str = "\n"


layouts = st.builds(
    Layout,
    st.sampled_from(["  ", "    ", "\t", "", None, None]),
    st.sampled_from(["\n", "\n", "\r\n", "\r"]),
    st.sampled_from([",", ", ", " , "]),
    st.sampled_from([": ", ":", " : "]),
    st.none() | st.integers(0, 9999),
    st.sampled_from(["", "", "\ufeff"]),
    st.sampled_from(["\n", "", "\r\n", " \n\n"]),
)
scalars = st.sampled_from(ODD) | st.sampled_from(VALUES).map(json.dumps) | st.text(max_size=5).map(json.dumps)
foreign = st.sampled_from(['"theme"', '"hooks"', '""', r'"\ud800"', '"é"', '"a"', '"a"'])


def objects(
    names: st.SearchStrategy[str], values: st.SearchStrategy[object], most: int = 4
) -> st.SearchStrategy[object]:
    """An object as a tuple of (source of the name, value): duplicates are possible."""
    return st.lists(st.tuples(names, values), max_size=most).map(tuple)


anything = st.recursive(scalars, lambda below: st.lists(below, max_size=3) | objects(foreign, below, 3), max_leaves=5)
env_names = st.sampled_from([json.dumps(path[1]) for path in OURS[:4]]) | st.just(r'"\u0041NTHROPIC_MODEL"')
members = st.one_of(
    st.tuples(st.sampled_from(['"env"', '"env"', r'"\u0065nv"']), objects(env_names | foreign, scalars)),
    st.tuples(st.just('"permissions"'), objects(st.just('"defaultMode"') | foreign, anything, 2)),
    st.tuples(st.just('"apiKeyHelper"'), scalars),
    st.tuples(foreign, anything),
    st.tuples(foreign, anything),
)
trees = st.lists(members, max_size=6).map(tuple)


def written(tree: object, layout: Layout) -> bytes:
    """The bytes of *tree* in *layout*."""
    chance = random.Random(layout.wild)

    def blank() -> str:
        return chance.choice(["", "", " ", layout.line_end, "\t", "\n\n  "]) if layout.wild is not None else ""

    def text(node: object, depth: int) -> str:
        if isinstance(node, str):
            return node
        opening, closing = "{}" if isinstance(node, tuple) else "[]"
        if not node:
            return opening + blank() + closing
        items = [item if isinstance(node, list) else item[1] for item in node]
        names = ["" if isinstance(node, list) else f"{item[0]}{blank()}{layout.colon}{blank()}" for item in node]
        lines = [blank() + name + text(item, depth + 1) + blank() for name, item in zip(names, items, strict=True)]
        if layout.unit is None:
            return opening + layout.comma.join(lines) + closing
        begin = layout.line_end + layout.unit * (depth + 1)
        return (
            opening
            + begin
            + f"{layout.comma.strip()}{begin}".join(lines)
            + begin[: len(begin) - len(layout.unit)]
            + closing
        )

    return (layout.mark + blank() + text(tree, 0) + blank() + layout.tail).encode()


files = st.builds(written, trees, layouts)
changes = st.dictionaries(st.sampled_from(OURS), st.sampled_from(VALUES) | st.just(1.0), max_size=6)


def loaded(data: bytes) -> dict[str, object]:
    """What Python's own parser reads."""
    content = json.loads(data.decode("utf-8-sig"))
    assert isinstance(content, dict)
    return content
