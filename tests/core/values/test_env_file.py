"""The .env: what every reader understands alike is read, written and kept; everything else is refused or told."""

import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.model.errors import InvalidInput
from tasks.core.model.layout import PROJECT
from tasks.core.values import env_file

SHELLS = sorted({str(Path(path).resolve()) for name in ("sh", "dash", "bash") if (path := shutil.which(name))})
NAMES = ("A", "B", "FOO")
GOOD = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="'\\")).filter(
    lambda value: "${" not in value
)
PIECES = [*NAMES, "=", "=", " ", "\t", "'", '"', "\\", "#", "\n", "\n", "\r\n", "\r", "export ", "export", "${B}", "$"]
PIECES += ["x", "y z", "é", "\x85", "\xa0", "`", ";", "*", "'a b'", '"q"', "A=1\n", "B='2'\n", "# c\n", "gw_x=1\n"]
SOUP = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


def reader() -> str:
    """The function of the start script that reads .env, taken from its template."""
    script = (PROJECT / "templates" / "artifacts" / "start-gateway.sh.j2").read_text()
    found = re.search(r"^load_env\(\) \{\n.*?^\}\n", script, re.MULTILINE | re.DOTALL)
    assert found, "start-gateway.sh.j2 has no load_env()"
    return found[0]


def exported(shell: str, folder: Path, texts: list[str], names: tuple[str, ...]) -> list[dict[str, str]]:
    """What the start script's reader exports from each of *texts*, all in one process of *shell*."""
    for number, text in enumerate(texts):
        (folder / f"{number}.env").write_bytes(text.encode(errors="surrogateescape"))
    ask = "".join(f'printf "%s\\000" "${{{name}-<unset>}}";' for name in names)
    run = f"unset {' '.join(names)}\nfor env_file; do (load_env; {ask}); done"
    files = [f"{number}.env" for number in range(len(texts))]
    done = subprocess.run([shell, "-c", f"set -u\n{reader()}{run}", "sh", *files], cwd=folder, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    values = [value.decode(errors="surrogateescape") for value in done.stdout.split(b"\0")[:-1]]
    rows = [values[i : i + len(names)] for i in range(0, len(values), len(names))]
    assert len(rows) == len(texts)
    return [{n: v for n, v in zip(names, row, strict=True) if v != "<unset>"} for row in rows]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("env")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("A=1\nB=2\n", {"A": "1", "B": "2"}),
        ("A=1", {"A": "1"}),
        ("A=1\r\nB='x y'\r\n", {"A": "1", "B": "x y"}),
        ("export A=1\n", {"A": "1"}),
        ("A=1\nA=2\n", {"A": "2"}),
        ("# A=0\n\n  # more\nA=1\n", {"A": "1"}),
        ("A=b c=d # why\n", {"A": "b c=d"}),
        ("A='b # c' # why\nB=\"it's\"\n", {"A": "b # c", "B": "it's"}),
        ("A=b#c\n", {"A": "b#c"}),
        ("A=a=b==\n", {"A": "a=b=="}),
        ("A=\nB=''\n", {"A": "", "B": ""}),
        ("A=$(rm -rf ~)`x`;$B\n", {"A": "$(rm -rf ~)`x`;$B"}),
        ("A=C:\\dir\n", {"A": "C:\\dir"}),
        ("A=é ü  \n", {"A": "é ü"}),
        ("", {}),
    ],
)
def test_reads_the_common_form(text, values):
    assert env_file.parse(text) == values
    assert env_file.doubtful(text) == {}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\nA=${HOME}/x\n", 2),  # one reader expands it
        ("A='one\ntwo'\n", 1),  # one reader reads lines
        ('A="a\\nb"\n', 1),
        ("A='it\\'s'\n", 1),
        ("A = b\n", 1),
        ("A= b\n", 1),
        ("  A=b\n", 1),
        ("'A'=b\n", 1),
        ("\n\nA\n", 3),
        ("A=1\nA= 2\n", 2),  # an earlier line does not count either
    ],
)
def test_what_is_not_read_alike_counts_as_not_set(text, line):
    assert env_file.parse(text) == {}
    assert env_file.doubtful(text) == {"A": line}


def test_lines_within_a_value_are_no_variables():
    text = "KEY='-----BEGIN\nA=evil\nEND'\nB=1\n"
    assert env_file.parse(text) == {"B": "1"}


@pytest.mark.parametrize("value", ["", "sk-0aZ_./:@%+,=-", "https://user%40x:p@proxy.example:8080/a,b"])
def test_safe_values_stay_as_they_are(value):
    assert env_file.quoted("A", value) == value


@pytest.mark.parametrize("value", ["a b", "#", " a ", '"', "$HOME", "`id`", "$(id)", "é", "a#b", "~/x", "!x", "\t"])
def test_other_values_get_single_quotes(value):
    assert env_file.quoted("A", value) == f"'{value}'"
    assert env_file.parse(f"A='{value}'\n") == {"A": value}


@pytest.mark.parametrize("value", ["it's", "a\\b", "a\nb", "a\rb", "a\0b", "a${B}c", "\x1b[0m", "\x7f", "\udce9"])
def test_values_that_readers_differ_on_are_refused_without_showing_them(value):
    with pytest.raises(InvalidInput) as caught:
        env_file.quoted("A_TOKEN", f"sesame{value}")
    assert "A_TOKEN" in str(caught.value)
    assert "sesame" not in str(caught.value)
    assert caught.value.remedy


@given(st.lists(GOOD, min_size=1, max_size=30))
@settings(max_examples=30)
def test_what_is_quoted_is_read_back(values):
    wanted = {f"V{number}": value for number, value in enumerate(values)}
    assert env_file.parse(env_file.merged(None, wanted, {}, "# made")) == wanted


def some_values(luck: random.Random, count: int) -> list[str]:
    """Values that can be quoted, of every alphabet, with what shells find special."""
    special = ' \t#$`"!*?[]{}()<>|&;=~^%,:@/+-_.'
    ranges = [(0x21, 0x7E), (0xA0, 0x17F), (0x400, 0x4FF), (0x2000, 0x206F), (0x4E00, 0x4EFF), (0x1F600, 0x1F64F)]
    made: list[str] = []
    while len(made) < count:
        letters = [chr(luck.randint(*luck.choice(ranges))) for _ in range(8)] + list(special)
        value = "".join(luck.choice(letters) for _ in range(luck.randint(0, 20)))
        if not re.search(env_file._UNSAFE, value):
            made.append(value)
    return made


@pytest.mark.parametrize("shell", SHELLS)
def test_shells_read_what_is_quoted(shell, folder):
    wanted = {f"V{number}": value for number, value in enumerate(some_values(random.Random(1), 250))}
    text = env_file.merged(None, wanted, {"V1": 'it\'s a "comment" $(id)'}, "made\nby a test")
    assert exported(shell, folder, [text], tuple(wanted)) == [wanted]


@pytest.mark.parametrize("shell", SHELLS)
def test_shells_read_any_text_as_is_assumed_here(shell, folder):
    luck = random.Random(2)
    texts = ["".join(luck.choices(PIECES, k=luck.randint(1, 25))) for _ in range(150)]
    told = [{n: v for n, v in env_file._exported(text).items() if n in NAMES} for text in texts]
    assert exported(shell, folder, texts, NAMES) == told


def test_nothing_in_the_file_is_executed(folder):
    text = f"A=$(touch {folder}/ran)\nB=`touch {folder}/ran`\ntouch {folder}/ran\n;touch {folder}/ran=1\nFOO='';id\n"
    for shell in SHELLS:
        exported(shell, folder, [text], NAMES)
    assert not (folder / "ran").exists()


@given(SOUP)
def test_the_pieces_of_a_text_are_the_text(text):
    assert "".join(piece.text for piece in env_file._statements(text)) == text


def test_a_new_file_has_a_header_and_a_comment_above_each_variable():
    wanted, comments = {"A": "1", "B": "x y"}, {"A": "what A is for\nhow to get it", "C": "not asked for"}
    assert env_file.merged(None, wanted, comments, "Made by a test.\n\n# Change it freely.") == (
        "# Made by a test.\n#\n# Change it freely.\n\n# what A is for\n# how to get it\nA=1\n\nB='x y'\n"
    )


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_goes_takes_its_own_comment_along_and_no_other(end):
    comments = {"A": "what A is for\nhow to get it", "B": "what B is for", "C": "what C is for"}
    made = env_file.merged(None, dict.fromkeys("ABC", "1"), comments, "Made by a test.").replace("\n", end)
    assert env_file.without(made, {"A", "C"}, comments) == "# Made by a test.\n\n# what B is for\nB=1\n".replace(
        "\n", end
    )
    mine = made.replace("# what C is for", "# what C is for, as I say")
    assert "# what C is for, as I say" in env_file.without(mine, {"C"}, comments)
    assert "# what C is for" in env_file.without(made.replace(f"for{end}C=", f"for{end}{end}C="), {"C"}, comments)


def test_nothing_changes_when_everything_holds():
    text = 'export B="x y"   # mine\nA=1\nEXTRA=$(id)'
    assert env_file.merged(text, {"A": "1", "B": "x y"}, {"A": "new words"}, "new header") == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("A=0\n", "A=1\n"),
        ("A=0", "A=1"),
        ("export A='0' # mine\nX=2\n", "export A=1 # mine\nX=2\n"),
        ("# top\r\nA=0\r\nX=2\r\n", "# top\r\nA=1\r\nX=2\r\n"),
        ("A=9\nA=0\n", "A=9\nA=1\n"),
        ("A=\n", "A=1\n"),
        ("A\n", "A=1\n"),
        ("A='0'#tight\n", "A=1 #tight\n"),
        ("X=2\n\n  A = 0\n", "X=2\n\nA=1\n"),
        ("A='over\nlines'\nX=2\n", "A=1\nX=2\n"),
        ("A=${HOME}\n", "A=1\n"),
        ("'A'=0\n", "A=1\n"),
        ("X=2\n#A=0\n", "X=2\n#A=0\n\n# why\nA=1\n"),
        ("X=2", "X=2\n\n# why\nA=1\n"),
        ("X=2\r\n", "X=2\r\n\r\n# why\r\nA=1\r\n"),
        ("", "# why\nA=1\n"),
        ("broken line\nA=0\n", "broken line\nA=1\n"),
    ],
)
def test_only_what_must_change_changes(before, after):
    assert env_file.merged(before, {"A": "1"}, {"A": "why"}, "header") == after


def test_a_secret_may_have_anything_that_regular_expressions_like():
    assert env_file.merged("A=0\n", {"A": r"\g<0>".replace("\\", "") + "$1&"}, {}, "") == "A='g<0>$1&'\n"


@pytest.mark.parametrize("before", ["X='never closed\n", "X='", "B=1\nX='never closed\n"])
def test_a_file_that_would_swallow_a_value_is_refused(before):
    with pytest.raises(InvalidInput, match="A would not be read back") as caught:
        env_file.merged(before, {"A": "open sesame"}, {"A": "why"}, "")
    assert "sesame" not in str(caught.value)


def test_names_that_no_reader_takes_are_refused():
    with pytest.raises(InvalidInput, match="A-B"):
        env_file.merged(None, {"A-B": "1"}, {}, "")


@given(SOUP, st.dictionaries(st.sampled_from(["A", "NEW"]), GOOD))
def test_foreign_lines_stay_byte_for_byte(text, wanted):
    try:
        after = env_file.merged(text, wanted, {"NEW": "new"}, "header")
    except InvalidInput:
        return  # refused, nothing written
    held = env_file.parse(after)
    assert {name: held[name] for name in wanted} == wanted
    assert {n: v for n, v in held.items() if n not in wanted} == {
        n: v for n, v in env_file.parse(text).items() if n not in wanted
    }
    changed = {piece.text for piece in env_file._statements(text) if piece.name in wanted}
    kept = [piece.text for piece in env_file._statements(text) if piece.text not in changed]
    at = 0
    for piece in kept:
        at = after.index(piece, at) + len(piece)


@given(SOUP, st.dictionaries(st.sampled_from(["A", "NEW"]), GOOD))
def test_merging_again_changes_nothing(text, wanted):
    try:
        after = env_file.merged(text, wanted, {}, "")
    except InvalidInput:
        return
    assert env_file.merged(after, wanted, {"A": "other"}, "other") == after
