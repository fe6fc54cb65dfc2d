"""What a caller must give to a function, in the words of each language."""

from __future__ import annotations

import pytest

from bot.linking.functions import shape, turns
from bot.linking.news import SourceOptions, source_needs
from bot.model.known import Unknown
from tests.support.sources import written
from tests.support.walked import Walked, walked

ALIKE = [
    ("python", "self, a: int = 1, *, b: dict[str, int]) -> X", "self,a=2,*,b)"),
    ("python", "cls, a", "a"),
    ("java", '@PathVariable("id") final Long id, List<A> b', "Long other, List<B> b"),
    ("go", "ctx context.Context, a, b interface{}", "c context.Context, x any, y any"),
    ("kotlin", "a: Int = 1,\n b: String", "a: Int = 2, b: String,"),
    ("typescript", "a: string, b = 1", "c: string, d = f(2)"),
    ("tsx", "{ a, b }: Props", "{ c }: Props"),
    ("ruby", "a, b: 1", "c, b: 2"),
    ("javascript", "a, b", "c, d"),
]
APART = [
    ("python", "a, b", "a, c"),
    ("python", "a", "a=None"),
    ("python", "a", "a, *args"),
    ("java", "Long id", "String id"),
    ("java", "Long id", "Long id, int page"),
    ("go", "a, b string", "a string"),
    ("go", "a string", "a int"),
    ("kotlin", "a: Int", "b: Int"),
    ("typescript", "a: string", "a?: string"),
    ("typescript", "a: string", "a: number"),
    ("javascript", "a", "a, b"),
    ("ruby", "a, b:", "a, c:"),
    ("ruby", "a", "a, b"),
]


@pytest.mark.parametrize(("language", "one", "other"), ALIKE)
def test_names_and_layout_that_no_caller_sees_are_left_out(
    language: str, one: str, other: str
) -> None:
    assert shape(language, one) == shape(language, other)


@pytest.mark.parametrize(("language", "one", "other"), APART)
def test_what_a_caller_gives_is_told_apart(language: str, one: str, other: str) -> None:
    assert shape(language, one) != shape(language, other)


def test_not_all_lines_are_asked_for_each_function_that_is_gone() -> None:
    was, now = ("".join(f"def {one}{at}(): 1\n" for at in range(50)) for one in "ab")
    files, where = {"app/a.py": (was, now)}, SourceOptions()
    rows = written(frozenset(), files)
    facts = walked(written(source_needs(where, rows.changes), files))

    found = turns(facts, where)
    assert not isinstance(found, Unknown)
    assert len(found) > 10 > Walked.times
