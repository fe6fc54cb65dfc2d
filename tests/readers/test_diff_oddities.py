"""What git prints now and then: lines that look like headers, blank ends, conflicts, bad bytes."""

from __future__ import annotations

from bot.model.facts import Line
from bot.readers.diff import parse_diff

OLD, NEW, ZERO = "a" * 40, "b" * 40, "0" * 40
START = f"diff --git a/a b/a\nindex {OLD}..{NEW} 100644\n--- a/a\n+++ b/a\n"


def lines(*numbered: tuple[int, str]) -> tuple[Line, ...]:
    return tuple(Line(number=number, text=text) for number, text in numbered)


def test_a_line_that_looks_like_a_header_is_a_line() -> None:
    hunk = "@@ -1 +1,3 @@\n--- a/x\n+++ b/x\n+@@ -1 +1 @@\n+diff --git a/q b/q\n"

    (file,) = parse_diff(START + hunk)

    assert file.added == lines((1, "++ b/x"), (2, "@@ -1 +1 @@"), (3, "diff --git a/q b/q"))
    assert file.removed == lines((1, "-- a/x"))


def test_the_last_line_of_a_hunk_may_be_a_blank_one_without_its_mark() -> None:
    (file,) = parse_diff(START + "@@ -1,2 +1,2 @@\n-x\n+y\n\n")

    assert file.added == lines((1, "y"))


def test_a_conflict_that_is_not_solved_yet_hides_no_other_file() -> None:
    hunk = "@@ -1 +1 @@\n-x\n+y\n"

    (file,) = parse_diff(f"* Unmerged path b\n{START}{hunk}* Unmerged path c\n")

    assert file.added == lines((1, "y"))


def test_bytes_that_are_no_utf8_are_replaced_in_a_name() -> None:
    quoted = r'"b/caf\303\251 \"\377\t.py"'
    text = (
        f"diff --git {quoted.replace('b/', 'a/')} {quoted}\nnew file mode 100644\n"
        f"index {ZERO}..{NEW}\n--- /dev/null\n+++ {quoted}\n@@ -0,0 +1 @@\n+x\n"
    )

    (file,) = parse_diff(text)

    assert file.path == 'café "\ufffd\t.py'
