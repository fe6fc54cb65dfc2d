"""Files that the base branch marks as generated are neither judged nor counted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.judge.evaluate import needs_of
from bot.judge.generated import laid
from bot.model.act import ActKind
from bot.model.facts import ChangedFile
from bot.model.reading import SIGNALS, Read
from bot.wiring.catalogue import registry
from tests.support.judging import BASIC, judged, policy, states, word
from tests.support.pulls import changed, check, pull

CODE, MADE = changed("app/a.py", "", "x = 1\n"), changed("app/made.py", "", "y = 1\n")
RULES = BASIC.replace("{ check: ci }", "{ builtin: conventions-are-not-loosened }")
ABOVE = (
    'version: 1\napplies-to: { repositories: ["*"] }\nareas: { all: ["app/**"] }\nchecklist:\n'
    "  seen: { title: Seen, when: { changed: [all] }, proof: { section: { heading: Seen } } }\n"
)


@pytest.mark.parametrize(
    ("files", "marked", "state"),
    [
        ((CODE, MADE), (), "missing"),
        ((MADE,), (), "missing"),
        ((MADE,), ("app/made.py",), "not-needed"),
        ((CODE, MADE), ("app/made.py",), "missing"),
        ((MADE,), ("app/other.py",), "missing"),
    ],
)
def test_what_is_marked_asks_for_nothing(
    files: tuple[ChangedFile, ...], marked: tuple[str, ...], state: str
) -> None:
    report = judged(BASIC, pull(*files, generated=marked))

    assert states(report)["docs"] == state


def test_a_contract_is_judged_whoever_writes_it() -> None:
    text = BASIC.replace('docs: ["docs/**"]', 'docs: ["docs/**"], contract: ["app/made.py"]')

    report = judged(text, pull(MADE, generated=("app/made.py",)))

    assert states(report)["docs"] == "missing"


def test_what_is_marked_is_not_read() -> None:
    rules = policy(RULES)

    def read(*marked: str) -> list[bool]:
        needs = needs_of(pull(CODE, MADE, generated=marked), rules, registry())
        areas = [one.area for one in needs if isinstance(one, Read) and one.reading == SIGNALS.id]
        return [any(area.has(path) for area in areas) for path in ("app/a.py", "app/made.py")]

    assert read() == [True, True]
    assert read("app/made.py") == [True, False]


def test_what_a_repository_marks_hides_nothing_from_its_organisation() -> None:
    report = judged(BASIC, pull(MADE, generated=("app/made.py",)), organisation=ABOVE)

    assert (states(report)["docs"], states(report)["seen"]) == ("not-needed", "missing")


def test_a_word_stands_whatever_is_marked() -> None:
    text = BASIC.replace("{ check: ci }", "{ attested-by: reviewer }")
    facts = pull(CODE, MADE, checks=(check("ci"),))
    said = word(ActKind.ATTEST, "tests", facts, text=text)

    for marked in ((), ("app/made.py",)):
        report = judged(text, replace(facts, generated=marked), acts=(said,))
        assert states(report)["tests"] == "attested"


def test_a_policy_without_marks_is_the_policy_itself() -> None:
    rules = policy(BASIC)

    assert laid(rules, ()) is rules
    assert laid(rules, ("app/made.py",)).unbound == rules.unbound
