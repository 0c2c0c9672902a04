"""Shell profiles: plain assignments are found, whatever else stands there is neither believed nor run."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.values import shell_profiles
from tasks.core.values.shell_profiles import Found, assignments, files, text_of

HOME = "/home/ada"


def values(text, shell="sh"):
    """What *text* assigns, without the lines; None where only the shell could tell."""
    return {name: found.value for name, found in assignments(text, shell, HOME).items()}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("echo {\nexport A=1", {"A": "1"}),
        ("export A=1", {"A": "1"}),
        ("A=1", {"A": "1"}),
        ("  export A=1 B='x y' # both", {"A": "1", "B": "x y"}),
        ("A=1; B=2", {"A": "1", "B": "2"}),
        ("A=1; export A", {"A": "1"}),
        ("declare -x A=1\ntypeset -gx B=2\nreadonly C=3", {"A": "1", "B": "2", "C": "3"}),
        ("A='x=\"y\" # $B `c`'", {"A": 'x="y" # $B `c`'}),
        ('A="it\'s # \\"so\\" \\$5 \\\\ \\x"', {"A": 'it\'s # "so" $5 \\ \\x'}),
        ("A=a\\ b\\$c", {"A": "a b$c"}),
        ("A='it'\\''s'", {"A": "it's"}),
        ("A=sk-x/y:z@w,v%+=", {"A": "sk-x/y:z@w,v%+="}),
        ("A=one \\\n  # a comment", {"A": "one"}),
        ("A=one\\\ntwo", {"A": "onetwo"}),
        ("A='over\nlines'\nB=2", {"A": "over\nlines", "B": "2"}),
        ("A=", {"A": ""}),
        ("A=1\r\nB='2'\r\n", {"A": "1", "B": "2"}),
        ("A=a#b", {"A": "a#b"}),
        ("# A=1\n#export B=2 'quote\nC=3", {"C": "3"}),
        ("A=1\nA=2", {"A": "2"}),
        ("A=1\nunset A", {}),
        ("A=é", {"A": "é"}),
        ("alias x='A=1'\necho A=2\nA=3 command\n[ A=4 ]", {}),
    ],
)
def test_plain_assignments_are_found(text, found):
    assert values(text) == found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A=~/keys/x.json", "/home/ada/keys/x.json"),
        ("A=~", "/home/ada"),
        ("A=$HOME/x", "/home/ada/x"),
        ('A="$HOME/my keys/x"', "/home/ada/my keys/x"),
        ('A="${HOME}"/x', "/home/ada/x"),
        ("A='~/x'", "~/x"),
        ('A="~/x"', "~/x"),
        ("A='$HOME/x'", "$HOME/x"),
        ('A="\\$HOME/x"', "$HOME/x"),
    ],
)
def test_the_home_directory_is_understood(text, value):
    assert values(f"export {text}") == {"A": value}


def test_without_a_home_it_counts_as_computed():
    assert assignments('A=~/x\nB=$HOME\nC="${HOME}"', "sh") == {n: Found(None, i + 1) for i, n in enumerate("ABC")}


@pytest.mark.parametrize(
    "value",
    [
        "$(rm -rf ~)", "`id`", '"$(id)"', '"`id`"', "$B", "${B}", '"${B:-x}"', "$HOMEX", "~root/x", "$((1+1))",
        "$'\\n'",
        "$(cat <<X\nA=evil\nX\n)", "*", "a?b", "[ab]", "{a,b}", "(a b)", "1 &", "1 | cat", "1 > /dev/null", "$(",
        "'open", '"open', "`open", "${open", "1 && true", '"$(echo ")" "\'")"', "$(echo '\n'; A=evil)",
    ],
)  # fmt: skip
def test_what_a_shell_would_compute_has_no_value(value):
    assert values(f"A=old\nexport A={value}\n") == {"A": None}


@pytest.mark.parametrize(
    "text",
    [
        "cat <<EOF\nexport A=evil\nEOF\n",
        "cat <<-'EOF' >x\n\texport A=evil\n\tEOF\n",
        "cat <<A <<'B'\nA=evil\nA\nA=evil\nB\n",
        "cat <<NEVER\nA=evil\n",
        "x='\nexport A=evil\n'\n",
        'x="$(\nexport A=evil\n)"\n',
        "x=$(\nexport A=evil\n)\n",
        "x=`\nexport A=evil\n`\n",
        "x=${y:-\nA=evil\n}\n",
        "(\nexport A=evil\n)\n",
        "f() {\n  export A=evil\n}\n",
        "f () { A=evil; }\n",
        "function f {\nif x; then A=evil; fi\n}\n",
        "x=(A=evil)\n",
        "echo '\nA=evil",
        "A=evil command",
        "export A",
    ],
)
def test_what_is_never_run_in_the_shell_itself_is_passed_over(text):
    assert "A" not in values(text)
    assert values("A=good\n" + text)["A"] == "good"


@pytest.mark.parametrize(
    "text",
    [
        "if x; then\nA=1\nfi",
        "if x; then A=1; fi",
        "if x; then :; else A=1; fi",
        "case x in\n y) A=1 ;;\nesac",
        "for x in a b; do A=1; done",
        "while x; do A=1; done",
        "[ -n x ] && A=1",
        "[ -n x ] &&\nA=1",
        "x || export A=1",
        "A+=1",
        "if x; then unset A; fi",
    ],
)
def test_what_only_some_runs_would_assign_has_no_value(text):
    assert values(f"A=old\n{text}\nB=2") == {"A": None, "B": "2"}


def test_a_real_profile():
    text = """# ~/.bashrc: don't "worry
case $- in
    *i*) ;;
      *) return;;
esac
HISTSIZE=1000
PS1='${debian_chroot:+($debian_chroot)}\\u@\\h:\\w\\$ '
if [ -x /usr/bin/dircolors ]; then
    test -r ~/.dircolors && eval "$(dircolors -b ~/.dircolors)" || eval "$(dircolors -b)"
    alias ls='ls --color=auto'
fi
export PATH="$HOME/bin:$PATH"
[[ $x =~ ^a ]] || y() { echo "}" '{'; }
export VERTEX_PROJECT=my-project   # work
export GOOGLE_APPLICATION_CREDENTIALS="$HOME/.config/key.json"
"""
    found = assignments(text, "sh", HOME)
    assert found["VERTEX_PROJECT"] == Found("my-project", 14)
    assert found["GOOGLE_APPLICATION_CREDENTIALS"] == Found("/home/ada/.config/key.json", 15)
    assert found["PATH"] == Found(None, 12)
    assert found["HISTSIZE"] == Found("1000", 6)


def test_lines_are_counted_over_everything():
    text = "x='\n\n'\ncat <<E\n\n\nE\n# c\ny \\\n z\nA=1\n"
    assert assignments(text, "sh")["A"].line == text.count("\n")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("set -gx A 1", {"A": "1"}),
        ("set -x A '1 \\'2\\' \\n'", {"A": "1 '2' \\n"}),
        ('set -Ux A "x y" # c', {"A": "x y"}),
        ("set --export --global A 1", {"A": "1"}),
        ("set -g -x A -1", {"A": "-1"}),
        ("set -gx A ~/x; set -x B $HOME/y", {"A": "/home/ada/x", "B": "/home/ada/y"}),
        ("set -gx A 1\nset -e A", {}),
        ("set -g A 1\nset A 2\nA=3\nset", {}),
        ("set -gx A a b", {"A": None}),
        ("set -gx A", {"A": None}),
        ("set -gxa A x", {"A": None}),
        ("set -gx A (id)", {"A": None}),
        ("set -gx A $B", {"A": None}),
        ('set -gx A "$(id)"', {"A": None}),
        ("set -gx A a\\nb", {"A": None}),
        ("if x\nset -gx A 1\nelse if y\nset -gx A 2\nend\nset -gx B 2", {"A": None, "B": "2"}),
        ("function f\nset -gx A 1\nend\nset -gx B 2", {"B": "2"}),
        ("x; and set -gx A 1", {"A": None}),
        ("x\nor set -gx A 1", {"A": None}),
        ("echo 'it\\'s\nset -gx A 1\n'", {}),
    ],
)  # fmt: skip
def test_fish(text, found):
    assert values(text, "fish") == found


SOUP = st.lists(
    st.sampled_from([*"AB='\"`$(){};&|<>\n\t #\\~*é", "export ", "A=1\n", "<<E", "\nE\n", "${", "$(", "if ",
                     "fi", "set -gx "]),
    max_size=40,
).map("".join)  # fmt: skip


@given(SOUP, st.sampled_from(["sh", "fish"]))
def test_any_text_can_be_read(text, shell):
    for name, found in assignments(text, shell, HOME).items():
        assert name == "" or found.line <= text.count("\n") + 1


PLAIN = st.text(st.characters(codec="utf-8", exclude_characters="\0\r'"), max_size=20)


@given(st.lists(PLAIN, min_size=1, max_size=20))
@settings(max_examples=30)
def test_single_quotes_hold_anything(written):
    text = "".join(f"export V{i}='{value}'\n" for i, value in enumerate(written))
    assert values(text) == {f"V{i}": value for i, value in enumerate(written)}


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not there")
def test_bash_agrees(tmp_path):
    lines = [
        "export A='x y'", 'B="it\'s \\"so\\" \\$5 \\\\ \\x"', "C=a\\ b", "D='it'\\''s'", "E=~/k", 'F="$HOME/k"',
        "G=a#b",
        'H="~/x"', "I=a=b==", "J='over\nlines'", "K=one\\\ntwo", "cat >/dev/null <<X\nL=evil\nX", "M=1; export M",
        "f() { N=evil; }", "(O=evil)", "P=a!b%c^d", 'Q="a\\\nb"',
    ]  # fmt: skip
    profile = tmp_path / "profile"
    profile.write_text("\n".join(lines) + "\n")
    names = "ABCDEFGHIJKLMNOPQ"
    ask = "".join(f'printf "%s\\000" "${{{n}-<unset>}}";' for n in names)
    done = subprocess.run(
        ["bash", "--norc", "--noprofile", "-c", f". ./profile; {ask}"],
        cwd=tmp_path, env={"HOME": HOME, "PATH": os.environ["PATH"]}, capture_output=True, text=True,
    )  # fmt: skip
    told = dict(zip(names, done.stdout.split("\0"), strict=False))
    assert values(profile.read_text()) == {n: v for n, v in told.items() if v != "<unset>"}


def test_the_users_own_shell_comes_first():
    def order(**environ):
        return [path.name for path, _ in files(Path(HOME), environ)]

    others = [".bashrc", ".bash_profile", ".zshrc", ".zprofile", ".zshenv", "config.fish", ".profile"]
    assert order() == others
    assert order(SHELL="/bin/zsh") == [*others[2:5], *others[:2], *others[5:]]
    assert order(SHELL="/usr/bin/fish")[0] == "config.fish"
    assert dict(files(Path(HOME), {}))[Path(HOME, ".config/fish/config.fish")] == "fish"


def test_moved_profiles_are_found():
    moved = [path for path, _ in files(Path(HOME), {"ZDOTDIR": "/z", "XDG_CONFIG_HOME": "/c"})]
    assert Path("/z/.zshrc") in moved
    assert Path("/c/fish/config.fish") in moved


def test_files_that_cannot_be_used_are_told_and_skipped(tmp_path, monkeypatch):
    latin, big, pipe, plain = (tmp_path / name for name in ("latin", "big", "pipe", "plain"))
    latin.write_bytes(b"A=\xe9\n")
    big.write_bytes(b"#" * (shell_profiles.LARGEST + 1))
    os.mkfifo(pipe)
    plain.write_text("A=1\n")
    (tmp_path / "loop").symlink_to("loop")
    assert text_of(latin) == (None, "not UTF-8")
    assert text_of(big) == (None, "larger than 1 MiB")
    assert text_of(pipe) == (None, "not a regular file")
    assert text_of(tmp_path) == (None, "not a regular file")
    assert text_of(tmp_path / "none") == (None, "")
    assert text_of(plain / "below") == (None, "")
    assert text_of(Path("a\0b")) == (None, "not a possible path")
    assert text_of(tmp_path / "loop")[1].startswith("not readable")
    monkeypatch.setattr(
        Path, "read_bytes", lambda self: (_ for _ in ()).throw(PermissionError(13, "Permission denied"))
    )
    assert text_of(plain) == (None, "not readable (Permission denied)")


def test_values_do_not_show():
    assert "sesame" not in repr(assignments("A=sesame", "sh"))


@pytest.mark.parametrize("piece", ["'", '"', "$(", "A='\n", '"$(`', "<<E\n", "((((", "if ", "{ ", "A=1\n", "\\", "${'"])
def test_a_large_hostile_profile_takes_no_time(piece):
    begin = time.process_time()
    assignments(piece * (50_000 // len(piece)), "sh", HOME)
    assert time.process_time() - begin < 3  # on whatever machine; what is not linear takes minutes
