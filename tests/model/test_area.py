"""Globs: what they match, what they refuse, in linear time whatever the path."""

from __future__ import annotations

import pytest
import re2

from bot.model.area import Area, BadGlob, glob_expression, name_matches
from bot.model.pattern import finder


@pytest.mark.parametrize(
    ("globs", "path", "inside"),
    [
        (("app/**",), "app/a/b.py", True),
        (("app/**",), "App/a.py", False),
        (("app/**",), "lib/app/a.py", False),
        (("app/*",), "app/a.py", True),
        (("app/*",), "app/a/b.py", False),
        (("**/*.py",), "a.py", True),
        (("**/*.py",), "a/b/c.py", True),
        (("**/*.py",), "a/b/c.pyc", False),
        (("a?.py",), "ab.py", True),
        (("a?.py",), "a/.py", False),
        (("src/{a,b}/**",), "src/b/x", True),
        (("src/{a,b}/**",), "src/c/x", False),
        (("a,b}",), "a,b}", True),
        (("docs/**", "!docs/old/**"), "docs/new.md", True),
        (("docs/**", "!docs/old/**"), "docs/old/a.md", False),
        (("docs/**", "!docs/old/**", "docs/old/keep.md"), "docs/old/keep.md", True),
        (("!docs/**",), "docs/a.md", False),
        ((), "a", False),
        (("a.b",), "axb", False),
        (("**",), "any\nthing", True),
    ],
)
def test_the_last_glob_that_matches_decides(
    globs: tuple[str, ...], path: str, inside: bool
) -> None:
    assert Area("area", globs).has(path) is inside


@pytest.mark.parametrize(
    ("glob", "says"),
    [
        ("", "an empty glob matches nothing"),
        ("/docs", 'write "docs"'),
        ("./docs", 'write "docs"'),
        ("a/../b", '".." leaves the repository'),
        ("a[b]", '"[" has no meaning'),
        ("a\\b", "has no meaning"),
        ("a{b", "opens a brace"),
    ],
)
def test_a_glob_outside_the_language_says_what_to_write(glob: str, says: str) -> None:
    with pytest.raises(BadGlob) as refused:
        glob_expression(glob)

    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("ci / unit", "ci / unit", True),
        ("ci / unit", "ci / units", False),
        ("ci / *", "ci / unit / 3.11", True),
        ("ci ?", "ci 1", True),
        ("ci ?", "ci 12", False),
        ("ci {a,b}", "ci b", True),
        ("ci {a,b}", "ci a,b", False),
        ("ci, *", "ci, all", True),
        ("a.*", "abc", False),
    ],
)
def test_a_name_fits_exactly_or_by_its_pattern(pattern: str, name: str, fits: bool) -> None:
    assert name_matches(pattern, name) is fits


def test_a_pattern_finds_and_a_bad_one_is_refused() -> None:
    assert finder(r"\bprint\(")("  print(1)")
    with pytest.raises(ValueError, match="missing"):
        finder("(")


def test_a_glob_that_no_expression_can_hold_is_never_taken_for_one_that_matches_nothing() -> None:
    with pytest.raises(re2.error):
        Area("endless", ("a" * 100_000,)).has("b")
