"""No figure gets worse, new modules are at the goals, and the measuring itself is right."""

from __future__ import annotations

import warnings

import pytest

from tests.house import floors, idioms, measure, names
from tests.house.figures import Tree

PLAIN = '"""A page."""\n\nNAME = "plain"\n'
DENSE = '"""A page."""\n\nA, B, C, D = (f(x) if x else {x: [y for y in x]} for x in (1, 2, 3, 4))\n'

EXAMPLES = {
    "added ternary": "found += more if deep else []",
    "comprehension for effect": "[file.close() for file in files]",
    "list times bool": "names = [*required, *['port'] * has_port]",
    "loop over conditions": "for holds, text in ((size > 3, 'large'), (not name, 'no name')):\n    pass",
    "method of a ternary": "(removed if is_gone else kept).append(file)",
    "nested ternary": "size = 'none' if not count else 'one' if count == 1 else 'many'",
    "next with default": "first = next((file for file in files if file.exists()), None)",
    "starred ternary": "names = [*required, *(['port'] if has_port else [])]",
    "ternary in f-string": 'text = f\'{count} file{"" if count == 1 else "s"}\'',
}
FINE = """
rule, indent = "-" * width, [""] * 3
for name, size in (("a", 1), ("b", 2)):
    first = next(iter(files))
    text = f"{first} {name}"
    found += [file for file in files if file.size > size]
    end = "s" if size else ""
"""


@pytest.fixture
def small(tmp_path):
    """Make a project of a few modules: path and text of each."""

    def make(**texts):
        for path, text in {"dodo": PLAIN, **texts}.items():
            file = tmp_path / f"{path.replace('__', '/')}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return Tree(tmp_path)

    return make


def test_no_figure_got_worse(tree):
    kept = measure.read_kept()
    worse = measure.find_worse(kept, tree)
    assert not worse, "\n".join(["", *worse, "Fix what is new, or after a move: measure.py --write --accept"])
    if measure.keep_better(kept, tree.figures) != kept:
        warnings.warn("Figures got better: python tests/house/measure.py --write", stacklevel=1)


def test_what_is_kept_is_about_modules_that_are_there(tree):
    kept, paths = measure.read_kept(), {module.path for module in tree.modules}
    listed = {*kept["pages"], *kept["steps"], *kept["idioms"]}
    assert not listed - paths, "Fix: python tests/house/measure.py --write"


def test_a_new_module_must_be_at_the_goals(small):
    kept = small(tasks__old=PLAIN).figures
    worse = measure.find_worse(kept, small(tasks__core__text__new=DENSE))
    assert "tasks/core/text/new.py:1 syntax nodes a line: 21.5, at most 6" in worse
    assert not [line for line in worse if "old" in line]


def test_a_dense_module_may_stay_as_it_is_and_not_get_denser(small):
    kept = small(tasks__old=DENSE).figures
    assert not measure.find_worse(kept, small(tasks__old=DENSE))
    denser = DENSE.replace("(1, 2, 3, 4)", "(1, 2, 3, 4 if 3 else 5)")
    assert any("old.py" in line for line in measure.find_worse(kept, small(tasks__old=denser)))


def test_writing_keeps_what_got_better_and_nothing_that_got_worse(small):
    kept = small(tasks__old=DENSE, tasks__plain=PLAIN).figures
    now = small(tasks__old=PLAIN, tasks__plain=DENSE * 2).figures
    written = measure.keep_better(kept, now)
    assert not written["pages"]
    assert written["whole"]["nodes a line"] == kept["whole"]["nodes a line"]
    assert measure.json.loads(measure.as_text(written)) == written


def test_a_word_is_counted_in_docstrings_messages_comments_and_pages(small, tmp_path):
    (tmp_path / "README.md").write_text("Whoever reads this\nis\ntold.\n")
    text = '"""Told twice."""\nMESSAGE = "It was told."  # told again\nTOLD = "told"\n'
    tree = small(tasks__old=text)
    assert tree.count_word("told") == 4
    places = [(text.path, line) for text, line in measure.words.find_word("told", tree.texts)]
    assert places == [("tasks/old.py", 1), ("tasks/old.py", 2), ("tasks/old.py", 2), ("README.md", 3)]


def test_each_idiom_is_found_in_its_example_alone(small):
    for name, code in EXAMPLES.items():
        tree = small(tasks__old=code)
        assert [other for other in idioms.IDIOMS if tree.idioms[other]] == [name]
    tree = small(tasks__old=FINE)
    assert not [name for name in idioms.IDIOMS if tree.idioms[name]]


def test_participles_are_told_from_verbs():
    assert [*filter(names.is_participle, ["told", "_joined", "left_running", "is_told", "read", "need_port"])] == [
        "told",
        "_joined",
        "left_running",
    ]


def test_a_circle_and_an_import_upwards_are_found(small):
    checked = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from tasks.core.text import documents\n"
    tree = small(
        tasks__core__text__documents="from tasks.core.disk.files import read\n",
        tasks__core__disk__files=checked,
        tasks__core__disk__lock="from tasks.core.disk import files\nfrom tasks import deploy\n",
        tasks__deploy="from tasks.core.disk import lock\n",
    )
    upward = [str(edge) for edge in floors.find_upward(tree.modules)]
    assert upward == [
        "tasks/core/disk/lock.py:2 imports tasks.deploy",
        "tasks/core/text/documents.py:1 imports tasks.core.disk.files",
    ]
    assert floors.find_circles(tree.modules) == [
        ["tasks.core.disk.files", "tasks.core.text.documents"],
        ["tasks.core.disk.lock", "tasks.deploy"],
    ]
