"""The ratchet: figures of the code, kept in figures.json, that may get better and not worse.

python tests/house/measure.py                   the figures: now, kept, and the goal
python tests/house/measure.py --show told       where a word or an idiom occurs
python tests/house/measure.py --write           keep what got better
python tests/house/measure.py --write --accept  keep what got worse, too: after moves and merges
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.house import figures, idioms, words
from tests.house.figures import GOALS, HIGHER, Figures, Tree
from tests.house.source import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = Path(__file__).with_name("figures.json")
SLACK = 1.01
"""A rate rises a little when lines go that were simpler than the rest; by so much it may."""


def read_kept() -> Figures:
    """The figures of figures.json."""
    kept: Figures = json.loads(FILE.read_text(encoding="utf-8"))
    return kept


def find_worse(kept: Figures, tree: Tree) -> list[str]:
    """What got worse, a sentence each; file and line come first where there is one place to look at."""
    return [
        *worse_whole(kept["whole"], tree),
        *worse_words(kept["words"], tree),
        *worse_pages(kept["pages"], tree),
        *worse_idioms(kept, tree),
        *worse_steps(kept["steps"], tree),
    ]


def worse_whole(kept: dict[str, float], tree: Tree) -> Iterator[str]:
    """The figures of the tree that miss their goal by more than they did."""
    for name, goal in GOALS.items():
        now, was = tree.whole[name], kept[name]
        rises = now > max(goal, was * SLACK)
        falls = now < min(goal, was / SLACK)
        if falls if name in HIGHER else rises:
            yield f"{name}: {now}, was {was} (goal: {goal:g})"


def worse_words(kept: dict[str, int], tree: Tree) -> Iterator[str]:
    """The words that occur more often."""
    for word, count in tree.figures["words"].items():
        if count > kept.get(word, 0):
            yield f'"{word}": {count} times, was {kept.get(word, 0)}; places: measure.py --show "{word}"'


def worse_pages(kept: dict[str, figures.Page], tree: Tree) -> Iterator[str]:
    """The modules that miss a goal of a page, or miss it by more than they did."""
    for module in tree.modules:
        page, goals = figures.measure_page(module), figures.page_goals(module)
        was = kept.get(module.path, {})
        for name, now in page.items():
            limit = max(goals[name], was.get(name, 0) * (SLACK if name == "nodes" else 1))
            if now > limit:
                lines = ", ".join(map(str, figures.find_lines(name, module)))
                yield f"{module.path}:{lines} {WORDING[name]}: {now}, at most {limit:g}"


WORDING = {"nodes": "syntax nodes a line", "ternaries": "ternaries", "wide": "lines over 100 characters"}


def worse_idioms(kept: Figures, tree: Tree) -> Iterator[str]:
    """The forbidden idioms in modules that were free of them or had fewer; the others as a sum."""
    for name, found in tree.idioms.items():
        if name in idioms.FORBIDDEN:
            for path, lines in found.items():
                if len(lines) > kept["idioms"].get(path, {}).get(name, 0):
                    yield from (f"{path}:{line} {name}" for line in lines)
        elif count_idiom(tree.figures, name) > count_idiom(kept, name):
            was = count_idiom(kept, name)
            yield f'{name}: {count_idiom(tree.figures, name)} times, was {was}; places: measure.py --show "{name}"'


def count_idiom(figures: Figures, name: str) -> int:
    """How often all modules together have an idiom."""
    return sum(counts.get(name, 0) for counts in figures["idioms"].values())


def worse_steps(kept: dict[str, int], tree: Tree) -> Iterator[str]:
    """The steps that are too long and longer than they were."""
    for step in tree.large_steps():
        limit = max(figures.LARGE_STEP, kept.get(step.path, 0))
        if len(step.lines) > limit:
            yield f"{step.path}:{limit + 1} a step of {len(step.lines)} lines, at most {limit}"


def keep_better(kept: Figures, now: Figures) -> Figures:
    """The figures to keep: what got better as it is now, the rest unchanged; nothing is added to a list."""
    whole = {}
    for name, figure in now["whole"].items():
        if name not in GOALS or name not in kept["whole"]:
            whole[name] = figure
        else:
            better = max if name in HIGHER else min
            whole[name] = better(figure, kept["whole"][name])
    return lower(kept, now) | {"whole": whole}


def lower(kept: Any, now: Any) -> Any:
    """The lower one of each pair of figures, for what is in both."""
    if isinstance(now, dict):
        return {name: lower(kept[name], figure) for name, figure in now.items() if name in kept}
    return min(kept, now)


def as_text(kept: Figures) -> str:
    """The content of figures.json: one line for each figure, so that merges seldom conflict."""
    sections = []
    for name, section in kept.items():
        rows = [f"  {json.dumps(key)}: {json.dumps(section[key])}" for key in section]
        sections.append(f' "{name}": {{\n' + ",\n".join(rows) + "\n }")
    return "{\n" + ",\n".join(sections) + "\n}\n"


def print_figures(tree: Tree, kept: Figures) -> None:
    """A table of the figures: now, kept, goal."""
    now = tree.figures
    print(f"{'':40}{'now':>8}{'kept':>8}{'goal':>8}")
    for name, figure in now["whole"].items():
        print(f"{name:40}{figure:>8}{kept['whole'].get(name, ''):>8}{GOALS.get(name, ''):>8}")
    print(f"{'modules below the goals of a page':40}{len(now['pages']):>8}{len(kept['pages']):>8}{0:>8}")
    for name in idioms.IDIOMS:
        print(f"{name:40}{count_idiom(now, name):>8}{count_idiom(kept, name):>8}")
    for word, count in now["words"].items():
        print(f"{'“' + word + '”':40}{count:>8}{kept['words'].get(word, ''):>8}")
    for word in words.WATCHED:
        print(f"{'“' + word + '” (not held)':40}{tree.count_word(word):>8}")


def show_places(name: str, tree: Tree) -> None:
    """Print file and line of every place of a word or an idiom."""
    if name in idioms.IDIOMS:
        for path, lines in tree.idioms[name].items():
            for line in lines:
                print(f"{path}:{line}")
    else:
        for text, line in words.find_word(name, tree.texts):
            print(f"{text.path}:{line} ({text.kind})")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=PROJECT, help="another tree of the project")
    parser.add_argument("--show", metavar="NAME", choices=[*idioms.IDIOMS, *words.PATTERNS])
    parser.add_argument("--write", action="store_true", help="write what got better into figures.json")
    parser.add_argument("--accept", action="store_true", help="with --write: what got worse, too")
    options = parser.parse_args()
    tree = Tree(options.root.resolve())
    if options.show:
        show_places(options.show, tree)
        return 0
    if options.write and options.accept:  # whatever the file has, conflicts of a merge too
        FILE.write_text(as_text(tree.figures))
        return 0
    kept = read_kept()
    if options.write:
        FILE.write_text(as_text(keep_better(kept, tree.figures)))
        return 0
    print_figures(tree, kept)
    worse = find_worse(kept, tree)
    print(*worse, sep="\n")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
