"""The reference guides lead somewhere, and the rules' pages lead to them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.model.verdict import Tier
from bot.text.catalogue import rules_markdown
from bot.wiring.catalogue import all_rules, guides, registry
from bot.wiring.policy import check_policy_file

CONFIG = Path(__file__).parents[2] / "config"
EVERY_GUIDE = pytest.mark.parametrize("guide", sorted(guides()))
ADVISING = [rule for rule in all_rules() if rule.guide]
PAGES = rules_markdown(all_rules(), guides())
_LINK = re.compile(r"\[([^\]]+)\]\(([^)#\s]+)(?:#([^)\s]+))?\)")


@EVERY_GUIDE
def test_every_link_of_a_guide_leads_to_the_rule_that_it_names(guide: str) -> None:
    links = _LINK.findall(guides()[guide])

    assert links != []
    for named, file, anchor in links:
        assert file == "../rules.md"
        assert named == f"`{anchor}`"
        assert f"\n### `{anchor}`\n" in PAGES


@EVERY_GUIDE
def test_a_guide_says_what_people_judge_in_few_lines(guide: str) -> None:
    text = guides()[guide]

    assert 60 <= len(text.splitlines()) <= 120
    assert text.count("*A person judges:*") >= 5


@EVERY_GUIDE
def test_the_policy_of_a_guide_is_right(guide: str) -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", guides()[guide], re.DOTALL)

    problems = check_policy_file(".github/handoff.yml", text.encode())

    assert [one.line() for one in problems] == []


def test_the_links_of_the_rules_pages_lead_to_files() -> None:
    files = {file for _, file, _ in _LINK.findall(PAGES)}

    assert files == {f"references/{name}.md" for name in guides()}
    assert [one for one in files if not (CONFIG / one).is_file()] == []


@EVERY_GUIDE
def test_a_rule_that_advises_on_a_guide_is_linked_both_ways(guide: str) -> None:
    own = [rule.id for rule in ADVISING if rule.guide == guide]

    for rule in own:
        page = PAGES.partition(f"\n### `{rule}`\n")[2].partition("\n### ")[0]
        assert f"(../rules.md#{rule})" in guides()[guide]
        assert f"](references/{guide}.md)" in page


def test_rules_that_advise_stand_under_a_guide_or_a_phase() -> None:
    assert {rule.guide for rule in ADVISING} - set(guides()) <= {"plan", "review"}
    assert ADVISING != []


@pytest.mark.parametrize("rule", [rule.id for rule in ADVISING])
def test_a_rule_that_only_advises_can_never_fail(rule: str) -> None:
    one = registry()[rule]

    assert {kind.tier for kind in one.kinds} <= {Tier.LIKELY, Tier.HINT}
    assert not any(kind.withholds for kind in one.kinds)
    assert (one.watch, one.items, one.word) == (True, frozenset(), None)
    assert f"**{one.title}.**" in PAGES.partition("## Rules that only advise")[2]
