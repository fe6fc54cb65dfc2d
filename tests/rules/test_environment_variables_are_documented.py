"""A table of what the rule on undocumented variables says of real source text."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.reading import EVERY, SIGNALS, Side, reading_key
from bot.model.verdict import Outcome
from bot.rules.environment_variables_are_documented import RULE
from tests.support.signals import GIVEN, P, Row, S, U, change, near_misses, shown, verdict_of

HEAD = "import os\n"
BAD = 'x = os.environ["RATE_URL"]\n'
PATH, LACKS = "app/pay.py", "variable-undocumented app/pay.py:2"
NEW = (PATH, HEAD, HEAD + BAD)


def unlisted(facts: Facts) -> Facts:
    """The same where the other files of the repository cannot be listed."""
    key = reading_key(SIGNALS.id, Side.HEAD, EVERY)
    return replace(facts, readings={**facts.readings, key: Unknown("the tree is too large")})


ROWS: list[Row] = [
    ("described nowhere", change(NEW), P, [LACKS]),
    ("described in this change", change(NEW, ("docs/a.md", "", "`RATE_URL`\n")), P, []),
    ("described before", change(NEW, unchanged={"docs/a.md": "Set RATE_URL."}), P, []),
    ("in the sample", change(NEW, unchanged={".env.example": "RATE_URL=\n"}), P, []),
    ("a longer name described", change(NEW, unchanged={"docs/a.md": "RATE_URL_X"}), P, [LACKS]),
    ("another case described", change(NEW, unchanged={"docs/a.md": "rate_url"}), P, [LACKS]),
    ("named in code only", change(NEW, unchanged={"app/b.py": "RATE_URL = 1\n"}), P, [LACKS]),
    ("written, not read", change((PATH, "", "RATE_URL = 1\n")), P, []),
    ("in a test", change(("tests/test_a.py", "", HEAD + BAD)), S, []),
    (
        "settings class",
        change(("app/settings.py", "", "class S(BaseSettings):\n    rate: str\n")),
        P,
        ["variable-undocumented app/settings.py:2"],
    ),
    ("Ruby", change(("a.rb", "", "x = ENV['RATE_URL']\n")), P, ["variable-undocumented a.rb:1"]),
    ("other files not listed", unlisted(change(NEW)), U, []),
    ("documentation not text", change(NEW, unchanged={"docs/a.md": "\0"}), U, []),
    ("not Python", change((PATH, HEAD, HEAD + BAD + "def f(:\n")), U, []),
    ("of the machine", change((PATH, HEAD, HEAD + 'os.environ["PATH"]\n')), P, []),
    *near_misses(PATH, HEAD + BAD, "x = 1\ny = 2\n"),
]


def judged(rule: str, facts: Facts, **options: Any) -> Outcome:
    assert rule == RULE.id
    return verdict_of(RULE, facts, **options).outcome


@pytest.mark.parametrize(("why", "facts", "outcome", "pieces"), ROWS)
def test_variables_are_described_or_not(
    why: str, facts: Facts, outcome: Outcome, pieces: list[str]
) -> None:
    assert judged(RULE.id, facts, **GIVEN) is outcome
    assert shown(verdict_of(RULE, facts)) == pieces


def test_documentation_is_asked_for_only_where_a_line_may_read_a_variable() -> None:
    chosen = RULE.options()
    without, within = change((PATH, "", "x = 1\n")), change(NEW)

    assert len(RULE.needs(chosen, without.changes)) == 1
    assert len(RULE.needs(chosen, within.changes)) == 2


def test_the_words() -> None:
    verdict = verdict_of(RULE, change(NEW))

    assert verdict.summary == "1 new environment variable(s) are described nowhere: RATE_URL"
    assert verdict.advice[0].note == "RATE_URL is described nowhere"
