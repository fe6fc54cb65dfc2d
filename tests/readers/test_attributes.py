"""Which changed files .gitattributes calls generated or vendored."""

from __future__ import annotations

import pytest

from bot.model.known import Unknown
from bot.readers.attributes import PATHS_AT_MOST, marked_of
from tests.support.pulls import changed, pull

PATHS = ("sdk/a.py", "sdk/keep.py", "lib/jquery.js", "app/a.py", "db/schema.rb", "app/[id].ts")
LINES = [
    ("sdk/** linguist-generated", ["sdk/a.py", "sdk/keep.py"]),
    ("sdk/** linguist-generated=true", ["sdk/a.py", "sdk/keep.py"]),
    ("/sdk/*.py linguist-vendored", ["sdk/a.py", "sdk/keep.py"]),
    ("sdk/* linguist-generated\nsdk/keep.py -linguist-generated", ["sdk/a.py"]),
    ("sdk/* linguist-generated\nkeep.py linguist-generated=false", ["sdk/a.py"]),
    ("sdk/* linguist-generated\nsdk/a.py -linguist-vendored", ["sdk/a.py", "sdk/keep.py"]),
    ("a.py linguist-generated", ["app/a.py", "sdk/a.py"]),
    ("*.js text eol=lf linguist-vendored", ["lib/jquery.js"]),
    ("db/schema.rb\tlinguist-generated", ["db/schema.rb"]),
    ("sdk/** linguist-documentation", []),
    ("sdk/** linguist-detectable=false", []),
    ("*.py text\n\n# sdk/** linguist-generated", []),
    ("sdk/ linguist-generated", []),
    ("sdk linguist-generated", []),
    ("SDK/** linguist-generated", []),
    ('"sdk/a.py" linguist-generated', []),
    ("sdk/[ak]*.py linguist-generated", []),
    ("sdk/{a,keep}.py linguist-generated", []),
    ("../sdk/** linguist-generated", []),
    ("app/* linguist-generated", ["app/a.py"]),
    ("", []),
]


@pytest.mark.parametrize(("text", "marked"), LINES)
def test_a_line_marks_what_git_would_take_it_for(text: str, marked: list[str]) -> None:
    files = tuple(changed(path, "", "x\n") for path in PATHS)

    assert marked_of(text, files) == tuple(marked)


def test_a_rename_is_marked_by_each_of_its_names() -> None:
    moved = changed("app/b.py", "", "x\n", previous_path="sdk/b.py")

    assert marked_of("sdk/** linguist-generated", (moved,)) == ("sdk/b.py",)


def test_what_is_beyond_the_bounds_is_judged() -> None:
    many = tuple(changed(f"sdk/{number:05}.py", "", "x\n") for number in range(PATHS_AT_MOST + 1))
    late = "\n" * 500 + "sdk/** linguist-generated"

    assert len(marked_of("sdk/** linguist-generated", many)) == PATHS_AT_MOST
    assert marked_of(late, many) == ()
    assert pull(changes=Unknown("not visible")).generated == ()
    assert marked_of("sdk/** linguist-generated", Unknown("not visible")) == ()
