"""Text from templates: strict about names, exact about blanks, and with a place for every error."""

import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.catalogue import templating
from tasks.core.model.errors import InvalidInput
from tasks.core.model.layout import PROJECT

ARTIFACTS = PROJECT / "templates" / "artifacts"


@pytest.fixture
def template(tmp_path):
    def make(text, name="x.sh.j2"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return make


def test_values_are_put_in_as_they_are_and_the_last_line_end_stays(template):
    assert templating.render(template("a={{ a }}&{{ b }}\n\n"), {"a": "<&>", "b": 1}) == "a=<&>&1\n\n"


def test_statements_leave_no_blank_lines(template):
    text = "x\n  {% for n in names %}\n  {{ n }}\n  {% endfor %}\ny\n"
    assert templating.render(template(text), {"names": ["a", "b"]}) == "x\n  a\n  b\ny\n"


@given(st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"])))
def test_sh_makes_one_word_of_anything(tmp_path_factory, value):
    path = tmp_path_factory.getbasetemp() / "word.j2"
    path.write_text("printf %s {{ value | sh }}")
    text = templating.render(path, {"value": value})
    assert shlex.split(text)[2:] == [value]


def test_the_shell_reads_that_word_back(template):
    value = 'it\'s $(touch x) `y` "z" \\ \n ü *'
    text = templating.render(template("printf %s {{ value | sh }}"), {"value": value})
    assert subprocess.run(["sh", "-c", text], capture_output=True, text=True).stdout == value


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("one\n{{ nobody }}\n", 2, "'nobody' is undefined"),
        ("one\n\n{{ thing.part }}\n", 3, "part"),
        ("one\n{% if %}\n", 2, "Expected an expression"),
        ("{% for x in y %}\n", 1, ""),
        ("a\n{{ 1 | nothing }}\n", 2, "nothing"),
        ("a\nb\n{% include 'gone.j2' %}\n", 3, "gone.j2"),
    ],
)
def test_an_error_says_file_and_line(template, text, line, says):
    path = template(text)
    with pytest.raises(InvalidInput) as caught:
        templating.render(path, {"thing": {}, "y": []})
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert says in caught.value.problem


def test_an_error_in_what_is_included_names_that_file(template):
    inner = template("x\n{{ nobody }}\n", "inner.j2")
    with pytest.raises(InvalidInput) as caught:
        templating.render(template("{% include 'inner.j2' %}\n"), {})
    assert caught.value.where == f"{inner}:2"


def test_a_missing_template_is_an_error_with_its_name(tmp_path):
    with pytest.raises(InvalidInput, match=r"gone\.j2"):
        templating.render(tmp_path / "gone.j2", {})


def test_sources_are_the_template_and_what_it_includes():
    names = [path.name for path in templating.sources(ARTIFACTS / "start-gateway.sh.j2")]
    assert names == ["start-gateway.sh.j2", "absolute-path.sh.j2", "gateway-process.sh.j2"]
    assert templating.sources(ARTIFACTS / "gone.j2") == [ARTIFACTS / "gone.j2"]


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ names.append('x') }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{% include '/etc/passwd' %}",
        "{% include '../outside.j2' %}",
    ],
)
def test_a_template_reaches_nothing_but_its_values(template, tmp_path, text):
    (tmp_path.parent / "outside.j2").write_text("reached")
    with pytest.raises(InvalidInput):
        templating.render(template(text), {"names": []})


def test_what_is_included_is_looked_for_in_the_strongest_folder_first(template, tmp_path):
    for name in ("own", "shipped"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "part.j2").write_text(name)
    (tmp_path / "shipped" / "other.j2").write_text("only shipped")
    folders = (tmp_path / "own", tmp_path / "shipped")
    path = template("{% include 'part.j2' %} {% include 'other.j2' %}")
    assert templating.render(path, {}, folders) == "own only shipped"
    assert templating.sources(path, folders) == [path, folders[0] / "part.j2", folders[1] / "other.j2"]
