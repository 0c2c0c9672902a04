"""The parts of a report."""

from __future__ import annotations

from tasks.core.doctor import bundle


def test_only_the_end_of_a_log_is_taken_and_no_line_is_endless(tmp_path):
    log = tmp_path / "litellm.log"
    log.write_text("".join(f"line {number}\n" for number in range(5000)) + "x" * 9000 + "\n")
    lines = bundle.tail(log)
    assert len(lines) == bundle.LINES
    assert lines[-2] == "line 4999"
    assert len(lines[-1]) <= bundle.LONGEST + 1
    assert bundle.tail(tmp_path / "none.log") == []


def test_nothing_in_a_part_ends_its_block():
    page = bundle.markdown([("A", f"a\n{bundle.FENCE}\n# not a heading\n\x1b[31m"), ("Empty", " \n")], "now")
    assert page.count(f"\n{bundle.FENCE}\n") == 2
    assert "Empty" not in page
    assert "\x1b" not in page
