"""CODEOWNERS as GitHub reads it: the last line that matches a path names its owners."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.readers.codeowners import SIZE_LIMIT, parse


def owner(pattern: str, path: str) -> bool:
    return parse(f"{pattern} @ana").owners_of(path) == ("@ana",)


@pytest.mark.parametrize(
    ("pattern", "path", "owned"),
    [
        ("*", "any/where.py", True),
        ("*.js", "a/b.js", True),
        ("*.js", "a/b.jsx", False),
        ("*.js", "a/B.JS", False),
        ("/build/logs/", "build/logs/a.txt", True),
        ("/build/logs/", "x/build/logs/a.txt", False),
        ("/build/logs/", "build/logs", False),
        ("docs/*", "docs/a.md", True),
        ("docs/*", "docs/build/a.md", False),
        ("docs/*", "x/docs/a.md", False),
        ("apps/", "apps/a.py", True),
        ("apps/", "deep/apps/a.py", True),
        ("apps/", "apps", False),
        ("apps", "apps", True),
        ("apps", "deep/apps/x/a.py", True),
        ("apps", "happs/a.py", False),
        ("/docs", "docs/a.md", True),
        ("**/logs", "deep/er/logs/a", True),
        ("**/logs", "logs", True),
        ("/a/**/z", "a/z", True),
        ("/a/**/z", "a/b/c/z", True),
        ("/a/**", "a/b/c", True),
        ("/a?.py", "ab.py", True),
        ("/a?.py", "a/.py", False),
        ("a.b", "axb", False),
        ("/with\\ blank", "with blank", True),
        ("/with\\#hash", "with#hash", True),
        ("/{a,b}", "a", False),
    ],
)
def test_a_pattern_owns_what_github_says_it_does(pattern: str, path: str, owned: bool) -> None:
    assert owner(pattern, path) is owned


@pytest.mark.parametrize("at", [0, 49, 50, 51, 119])
def test_a_line_of_a_long_file_owns_as_one_of_a_short_file_does(at: int) -> None:
    lines = [f"/app/{nth}/ @team-{nth}" for nth in range(120)]
    owners = parse("\n".join(["* @all", *lines]))

    assert owners.owners_of(f"app/{at}/a.py") == (f"@team-{at}",)
    assert owners.owners_of("README.md") == ("@all",)


def test_the_last_line_that_matches_decides() -> None:
    owners = parse("* @all\n/app/ @acme/backend a@b.example\n/app/free\n# /app/ @nobody\n")

    assert owners.owners_of("README.md") == ("@all",)
    assert owners.owners_of("app/a.py") == ("@acme/backend", "a@b.example")
    assert owners.owners_of("app/free") == ()


def test_a_path_that_no_line_matches_is_nobodys() -> None:
    assert parse("/docs/ @ana").owners_of("app/a.py") == ()


@pytest.mark.parametrize("text", ["", "\n\n", "# only words\n", "   \n\t\n"])
def test_a_file_without_a_line_owns_nothing(text: str) -> None:
    assert parse(text).lines == ()


def test_a_comment_may_follow_on_the_line() -> None:
    (line,) = parse("/docs/ @ana # the writer @ben\r\n").lines

    assert (line.number, line.pattern, line.owners) == (1, "/docs/", ("@ana",))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("!docs/ @ana", 'GitHub does not read "!docs/"'),
        ("[ab].md @ana", 'GitHub does not read "[ab].md"'),
        ("docs/ ana", '"ana" is no owner'),
        ("docs/ @", '"@" is no owner'),
        ("docs/ @ana @acme/", '"@acme/" is no owner'),
    ],
)
def test_a_line_that_github_leaves_out_is_a_problem_and_left_out(line: str, says: str) -> None:
    owners = parse(f"* @all\n{line}\n")

    assert [one.pattern for one in owners.lines] == ["*"]
    assert [(one.where.line, says in one.what) for one in owners.problems] == [(2, True)]


def test_what_stands_beyond_githubs_limit_is_not_read() -> None:
    text = "* @ana\n" + "#" * SIZE_LIMIT + "\n* @ben\n"

    assert parse(text).owners_of("a") == ("@ana",)


@given(st.text(max_size=200), st.text(max_size=50))
def test_no_file_and_no_path_is_too_strange(text: str, path: str) -> None:
    assert isinstance(parse(text).owners_of(path), tuple)
