"""Three-way merges of files that a user has edited: last written, found, wanted.

litellm_config.yaml is not merged as text, nor loaded and written anew. The *data* of the three are merged
(merge/three_way.py), and what that asks for is put into the found text at the spots of the values; comments, order,
quotes, anchors and line ends around them stay byte for byte. The result must mean what the merged data say.
Tried on the 160 pairs of tests/core/merge/test_merge.py (16 edits by users, 10 deployments), of which this merges all:

- merge3 on the lines with a check of the data: 49 conflicts (39 once line ends are alike), and 1 result that parses
  and means something else. Both sides appending a model, neighbouring lines, another order or indentation are too
  much for it. The package merge3 is also under the GPL; lines.py has the same in fifty lines.
- ruamel.yaml, loaded, changed and dumped: it writes the whole file anew, and 47 times bytes of the user's changed that
  nobody had touched (line ends, indentation, byte order mark, `---`); twice a comment went with its neighbour.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from tasks.core.merge import lines
from tasks.core.merge.result import Conflict, Merge
from tasks.core.merge.yaml import YamlMerge
from tasks.core.model.errors import InvalidInput
from tasks.core.text import documents

if TYPE_CHECKING:
    from collections.abc import Collection

BOM = "\ufeff"

text = lines.text
"""Merged line by line, for any other file."""


def litellm_config(
    base: str,
    found: str,
    wanted: str,
    where: str,
    removed: Collection[str] = (),
) -> Merge:
    """The user's litellm_config.yaml with what changed between *base* and *wanted* put into it.

    What has one of the labels *removed* (see merge.removed) stays out of it.
    A conflict names the file (*where*), the line in *found*, the value and both sides; a text that
    is no YAML is a conflict as a whole.
    """
    simple = lines.easy(base, found, wanted)
    if simple and not removed:
        return simple
    mark = BOM if found.startswith(BOM) else ""
    theirs = found.removeprefix(BOM)
    try:
        merge = YamlMerge(_unix(base), theirs, _unix(wanted), where, removed).merged()
    except InvalidInput as error:
        line = re.search(r":(\d+)", error.where.removeprefix(where))
        note = f"{error.problem}, so it cannot be merged"
        return Merge((Conflict(int(line[1]) if line else 1, wanted, found, base, where, note=note),))
    return Merge((mark, *merge.pieces)) if mark else merge


def find_lost_comments(base: str, found: str, merged: str) -> list[str]:
    """The user's own comments in *found* that are not in *merged*, since they were in what is gone."""
    ours = documents.find_comments(base)
    left = documents.find_comments(merged)
    lost = Counter(documents.find_comments(found))
    lost.subtract([*ours, *left])
    return [*lost.elements()]


def conflict_text(merge: Merge, found_name: str, wanted_name: str) -> str:
    """The merged text with git's conflict markers, to be finished by hand: found, last written, wanted."""
    return "".join(
        piece if isinstance(piece, str) else _marked(piece, found_name, wanted_name) for piece in merge.pieces
    )


def _marked(conflict: Conflict, found_name: str, wanted_name: str) -> str:
    marks = (f"<<<<<<< {found_name}", "||||||| last written", "=======")
    sides = (conflict.theirs, conflict.base, conflict.ours)
    parts = (f"{mark}\n{_ended(side)}" for mark, side in zip(marks, sides, strict=True))
    return "".join(parts) + f">>>>>>> {wanted_name}\n"


def _ended(side: str) -> str:
    return side if not side or side.endswith("\n") else side + "\n"


def _unix(whole: str) -> str:
    return whole.removeprefix(BOM).replace("\r\n", "\n")
