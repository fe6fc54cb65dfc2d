"""Whatever a file or a policy's own rule holds, asking ast-grep ends, and takes nobody along."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.model.codec import Decoder
from bot.model.known import Known, Unknown
from bot.model.syntax import LANGUAGES, Matches
from bot.sandbox.frame import Job
from bot.sandbox.pool import Pool
from bot.wiring.policy import check_policy_file, refused
from tests.hostile.test_sources import BOMBS, SECONDS
from tests.readers.policy.given import item


def form(language: str = "python", **rule: Any) -> str:
    return json.dumps({"language": language, "rule": rule})


# What looks at everything, and near by as far as a bound that never comes.
WIDE = form(
    kind="identifier", inside={"pattern": "f($X)", "stopBy": {"kind": "function_definition"}}
)
GREEDY = form(pattern="$X.b")
LISTS = form(pattern="f($$$A, $X, $$$B, $X, $$$C)")


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    one = Pool(SystemClock())
    yield one
    await one.close()


async def read(pool: Pool, options: str, path: str, source: bytes) -> Known[Matches]:
    job = Job(reading="syntax", path=path, head=source, options=options)
    answer = await pool.read(job, SECONDS)
    if isinstance(answer, Unknown):
        return answer
    value: Matches = Decoder().decode(Matches, answer)
    return value


@pytest.mark.parametrize("language", LANGUAGES)
async def test_any_source_is_read_or_unknown(pool: Pool, language: str) -> None:
    for source in BOMBS.values():
        value = await read(
            pool, form(language, pattern="f($X)"), f"a.{LANGUAGES[language][0]}", source
        )

        assert isinstance(value, Matches) or value.by_content


@pytest.mark.parametrize("options", [WIDE, GREEDY, LISTS])
async def test_any_source_is_read_or_unknown_by_a_costly_rule(pool: Pool, options: str) -> None:
    deep = b"f(" * 10_000 + b"a.b" + b")" * 10_000
    for source in (*BOMBS.values(), deep, b"f(" + b"a, " * 30_000 + b"b)"):
        value = await read(pool, options, "a.py", source)

        assert isinstance(value, Matches) or value.by_content


async def test_a_reader_goes_on_after_every_bomb(pool: Pool) -> None:
    for options in ("{", form("nope", pattern="x"), form(nope="x"), WIDE):
        await read(pool, options, "a.py", BOMBS["10,000 nested parentheses"])

    value = await read(pool, GREEDY, "a.py", b"x = a.b\n")

    assert isinstance(value, Matches)
    assert [one.line for one in value.found] == [1]


REFUSED = {
    "unknown kind": form(kind="nope"),
    "unknown selector": form(pattern={"context": "f(x)", "selector": "nope"}),
    "two trees": form(pattern="a; b"),
    "no tree": form(pattern=""),
    "not of the language": form("go", pattern="((("),
    "a conversion of Go": form("go", pattern="fmt.Println($X)"),
    "half a statement": form("java", pattern="class $N { $$$B }"),
    "within another": form(all=[{"not": {"pattern": ")("}}]),
    "a language that panics": form("nope", pattern="x"),
    "a field that it does not have": form(kind="call", has={"kind": "call", "field": "nope"}),
    "too wide a pattern": form(kind="call", regex="((x{1000}){1000}){1000}"),
}
FINE = (
    form(pattern="eval($X)"),
    form("go", pattern={"context": "func f() { fmt.Println($X) }", "selector": "call_expression"}),
    form("java", pattern="$F($X)"),
    form("go", pattern="errors($X)"),
    form("java", pattern="System.out.println($$$A);"),
    form("kotlin", pattern="$X!!"),
    form("ruby", pattern="$X.html_safe"),
    form("typescript", pattern="$X as any"),
    form("tsx", pattern="<div dangerouslySetInnerHTML={$X} />"),
    form("javascript", pattern="try { $$$A } catch ($E) { }"),
)


def test_what_the_engine_refuses_is_told_from_what_it_takes() -> None:
    answers = refused((*REFUSED.values(), *FINE))

    assert [name for name, why in zip(REFUSED, answers, strict=False) if not why] == []
    assert answers[len(REFUSED) :] == ("",) * len(FINE)


def test_a_refused_rule_is_a_problem_of_the_policy_with_its_place() -> None:
    leaf = "ast-grep: { in: [tests], language: go, rule: { pattern: f.G($X), kind: nope } }"

    problems = check_policy_file(".github/handoff.yml", item(f"{{ {leaf} }}").encode())

    assert [(one.code, one.where.line, one.where.column) for one in problems] == [("E206", 5, 59)]
    assert "ast-grep refuses the rule: the pattern is a conversion by itself" in problems[0].what
