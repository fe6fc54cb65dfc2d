"""Unified diffs: which lines came and went, with the numbers they have on their own side."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.facts import Change, ChangedFile, Line
from bot.model.known import Unknown
from bot.readers.diff import diff_texts, parse_diff, parse_patch, parse_raw
from tests.support.pulls import patch

A, B, NULL = "a" * 40, "b" * 40, "0" * 40


def lines(*pairs: tuple[int, str]) -> tuple[Line, ...]:
    return tuple(Line(number=number, text=text) for number, text in pairs)


def one(text: str) -> ChangedFile:
    (file,) = parse_diff(text)
    return file


# ── one file's patch, as GitHub gives it ──────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "added", "removed"),
    [
        ("@@ -1 +1 @@\n-a\n+b", lines((1, "b")), lines((1, "a"))),
        ("@@ -0,0 +1,2 @@\n+a\n+b", lines((1, "a"), (2, "b")), ()),
        ("@@ -1,2 +0,0 @@\n-a\n-b", (), lines((1, "a"), (2, "b"))),
        ("@@ -3,3 +3,4 @@ def f():\n a\n+b\n c\n d", lines((4, "b")), ()),
        (
            "@@ -1 +1 @@\n-a\n+b\n@@ -9 +9 @@\n-c\n+d",
            lines((1, "b"), (9, "d")),
            lines((1, "a"), (9, "c")),
        ),
        ("@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n", lines((1, "b")), lines((1, "a"))),
        ("@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file", lines((1, "b")), lines((1, "a"))),
        ("@@ -1,2 +1,3 @@\n a\n\n+++ x", lines((3, "++ x")), ()),
        ("@@ -1 +1 @@\n--- a\n+++ b", lines((1, "++ b")), lines((1, "-- a"))),
        ("@@ -1 +1 @@\n-a\r\n+b\r", lines((1, "b\r")), lines((1, "a\r"))),
    ],
)
def test_a_patch_gives_its_lines_on_their_own_side(
    text: str, added: tuple[Line, ...], removed: tuple[Line, ...]
) -> None:
    assert parse_patch(text) == (added, removed)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "expected a hunk header"),
        ("+a", "expected a hunk header"),
        ("@@ -1 +1 @@\n-a", "shorter than its header"),
        ("@@ -1,2 +1 @@\n a", "shorter than its header"),
        ("@@ -1 +1,2 @@\n-a\n-b", "longer than its header"),
        ("@@ -2,1 +2,3 @@\n a\n b\n c", "longer than its header"),
        ("@@ -1 +1 @@\n-a\n+b\n+c", "expected a hunk header"),
        ("@@ -1 +1 @@\n*a\n+b", "a diff line starts with '*'"),
        ("@@ -99999999999 +1 @@\n-a", "expected a hunk header"),
    ],
)
def test_a_patch_that_does_not_fit_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_patch(text)


TEXTS = st.lists(st.sampled_from(["a", "b", "", " c", "+d", "-e"]), max_size=12).map(
    lambda some: "\n".join([*some, "end"])
)


@given(TEXTS, TEXTS)
def test_two_texts_differ_as_their_patch_says(base: str, head: str) -> None:
    added, removed = diff_texts(base, head)
    old, new = base.split("\n"), head.split("\n")

    assert [old[one.number - 1] for one in removed] == [one.text for one in removed]
    assert [new[one.number - 1] for one in added] == [one.text for one in added]
    kept = [text for at, text in enumerate(old, 1) if at not in {one.number for one in removed}]
    assert kept == [t for at, t in enumerate(new, 1) if at not in {one.number for one in added}]


def test_a_patch_made_of_two_texts_reads_like_their_difference() -> None:
    base, head = "a\nb\nc\nd\ne\nf\ng", "a\nB\nc\nd\ne\nf\nG\nh"

    assert parse_patch(patch(base, head)) == diff_texts(base, head)


def test_an_empty_text_has_no_lines() -> None:
    assert diff_texts("", "") == ((), ())
    assert diff_texts("", "a\n") == (lines((1, "a")), ())


def test_texts_that_would_take_long_to_compare_are_refused() -> None:
    with pytest.raises(ValueError, match="too long to compare: 20001 and 0 lines"):
        diff_texts("a\n" * 20_001, "")


def test_texts_of_the_same_few_lines_are_not_compared_for_hours() -> None:
    base = "a\nb\n" * 500
    with pytest.raises(ValueError, match="the same few lines too often"):
        diff_texts(base, "b\n" + base + "c\n")
    assert diff_texts(base * 9, base * 9 + "c\n") == (lines((9001, "c")), ())
    assert diff_texts(f"x\n{base * 9}", f"y\n{base * 9}") == (lines((1, "y")), lines((1, "x")))


# ── a whole diff, as git prints it ────────────────────────────────────────────────────────────


def block(old: str, new: str, *rest: str) -> str:
    return "\n".join([f"diff --git {old} {new}", *rest, ""])


HUNK = ("@@ -1 +1 @@", "-x", "+y")


def test_a_modified_file() -> None:
    text = block("a/f", "b/f", f"index {A}..{B} 100644", "--- a/f", "+++ b/f", *HUNK)

    assert one(text) == ChangedFile(
        path="f",
        change=Change.MODIFIED,
        base_blob=A,
        head_blob=B,
        additions=1,
        deletions=1,
        added=lines((1, "y")),
        removed=lines((1, "x")),
    )


@pytest.mark.parametrize(
    ("head", "path", "change", "previous", "blobs"),
    [
        (
            ("new file mode 100644", f"index {NULL}..{B}", "--- /dev/null", "+++ b/f"),
            "f",
            Change.ADDED,
            None,
            (None, B),
        ),
        (
            ("deleted file mode 100644", f"index {A}..{NULL}", "--- a/f", "+++ /dev/null"),
            "f",
            Change.REMOVED,
            None,
            (A, None),
        ),
        (
            (
                "similarity index 90%",
                "rename from g",
                "rename to f",
                f"index {A}..{B}",
                "--- a/g",
                "+++ b/f",
            ),
            "f",
            Change.RENAMED,
            "g",
            (A, B),
        ),
        (
            (
                "similarity index 90%",
                "copy from g",
                "copy to f",
                f"index {A}..{B}",
                "--- a/g",
                "+++ b/f",
            ),
            "f",
            Change.ADDED,
            None,
            (None, B),
        ),
    ],
)
def test_a_file_says_how_it_changed(
    head: tuple[str, ...],
    path: str,
    change: Change,
    previous: str | None,
    blobs: tuple[str | None, str | None],
) -> None:
    file = one(block("a/f", "b/f", *head, *HUNK))

    assert (file.path, file.change, file.previous_path) == (path, change, previous)
    assert (file.base_blob, file.head_blob) == blobs


@pytest.mark.parametrize(
    ("first", "rest", "path"),
    [
        ("a/x b/x", ("old mode 100644", "new mode 100755"), "x"),
        ("a/with blank b/with blank", ("old mode 100644", "new mode 100755"), "with blank"),
        ('"a/t\\303\\244" "b/t\\303\\244"', ("old mode 100644", "new mode 100755"), "tä"),
        ("a/b b/x b/b b/x", ("old mode 100644", "new mode 100755"), "b b/x"),
        (
            '"a/q\\"\\\\\\t" "b/q\\"\\\\\\t"',
            ('--- "a/q\\"\\\\\\t"', '+++ "b/q\\"\\\\\\t"', *HUNK),
            'q"\\\t',
        ),
        (
            "a/with blank b/with blank",
            ("--- a/with blank\t", "+++ b/with blank\t", *HUNK),
            "with blank",
        ),
        ('"a/\\377" "b/\\377"', ("old mode 100644", "new mode 100755"), "\ufffd"),
        ('"a/\\z" "b/\\z"', ("old mode 100644", "new mode 100755"), "z"),
    ],
)
def test_a_path_is_read_however_git_quotes_it(first: str, rest: tuple[str, ...], path: str) -> None:
    assert one("\n".join([f"diff --git {first}", *rest, ""])).path == path


def test_a_binary_file_has_no_lines_that_can_be_read() -> None:
    text = block("a/p", "b/p", f"index {A}..{B} 100644", "Binary files a/p and b/p differ")
    why = Unknown("can't tell: p - it is binary, no line can be read", by_content=True)

    file = one(text)

    assert (file.added, file.removed) == (why, why)
    assert (file.head_blob, file.additions) == (B, 0)


def test_a_hunk_that_does_not_fit_is_not_read() -> None:
    file = one(
        block("a/f", "b/f", f"index {A}..{B}", "--- a/f", "+++ b/f", "@@ -1,5 +1 @@", "-x", "+y")
    )

    assert isinstance(file.added, Unknown)
    assert file.added.by_content
    assert file.added.reason.startswith("the diff of f cannot be read: ")


def test_a_file_whose_content_stays_has_the_blob_of_the_raw_line() -> None:
    raw = f":100644 100755 {A} {A} M\tf\n"
    text = raw + "\n" + block("a/f", "b/f", "old mode 100644", "new mode 100755")

    file = one(text)

    assert (file.base_blob, file.head_blob, file.added) == (A, A, ())


def test_a_link_that_becomes_a_file_is_one_change() -> None:
    gone = block(
        "a/f",
        "b/f",
        "deleted file mode 120000",
        f"index {A}..{NULL}",
        "--- a/f",
        "+++ /dev/null",
        "@@ -1 +0,0 @@",
        "-x",
    )
    come = block(
        "a/f",
        "b/f",
        "new file mode 100644",
        f"index {NULL}..{B}",
        "--- /dev/null",
        "+++ b/f",
        "@@ -0,0 +1 @@",
        "+y",
    )

    file = one(gone + come)

    assert (file.change, file.base_blob, file.head_blob) == (Change.MODIFIED, A, B)
    assert (file.added, file.removed) == (lines((1, "y")), lines((1, "x")))


def test_files_stand_in_the_order_of_the_diff() -> None:
    text = block("a/a", "b/a", "--- a/a", "+++ b/a", *HUNK) + block(
        "a/b", "b/b", "--- a/b", "+++ b/b", *HUNK
    )

    assert [file.path for file in parse_diff("* Unmerged path c\n" + text)] == ["a", "b"]


def test_no_diff_has_no_files() -> None:
    assert (parse_diff(""), parse_diff("\n")) == ((), ())


def test_text_that_is_no_diff_is_refused() -> None:
    with pytest.raises(ValueError, match="text before the first file"):
        parse_diff("hello\n")


def test_raw_lines_tell_files_and_no_content() -> None:
    text = (
        f":000000 100644 {NULL} {B} A\tnew\n"
        f":100644 000000 {A} {NULL} D\told\n"
        f':100644 100644 {A} {B} M\t"t\\303\\244"\n'
    )

    files = parse_raw(text)

    assert [(one.path, one.change, one.base_blob, one.head_blob) for one in files] == [
        ("new", Change.ADDED, None, B),
        ("old", Change.REMOVED, A, None),
        ("tä", Change.MODIFIED, A, B),
    ]
    assert all(isinstance(one.added, Unknown) for one in files)


@given(st.text(alphabet="@-+ \n01,ab\\", max_size=120))
def test_no_patch_is_too_strange_to_be_refused_or_read(text: str) -> None:
    try:
        added, removed = parse_patch(text)
    except ValueError:
        return
    assert all(one.number >= 0 for one in (*added, *removed))
