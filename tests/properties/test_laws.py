"""Laws that hold for every policy, every pull request and every word, each over made-up ones."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.judge.evaluate import evaluate
from bot.model.act import Act, ActKind
from bot.model.codec import Decoder, canonical
from bot.model.facts import Facts
from bot.model.policy import Mode, Policy
from bot.model.report import Conclusion, Matter, Report, State
from bot.text.check import check_of
from bot.wiring.catalogue import registry
from tests.properties.making import (
    Data,
    blanked,
    bound,
    by_author,
    facts_of,
    hiding,
    judged,
    loaded,
    organisations,
    repositories,
    shuffled,
    words,
)

SUCCESS = Conclusion.SUCCESS
OPTIONS = {rule.id: rule.options for rule in registry().values()}


def law(examples: int) -> settings:
    """The same examples in every run; nothing is written beside the tests."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def some(strategy: st.SearchStrategy[Any], number: int) -> st.SearchStrategy[Any]:
    return st.lists(strategy, min_size=number, max_size=number)


def loosened(theirs: Data, mine: Data, pulls: list[Facts], said: list[Act]) -> list[Facts]:
    """The pull requests whose checks pass with the repository's file and not without it."""
    alone, joint = loaded(None, theirs), loaded(mine, theirs)
    found: list[Facts] = []
    for facts in pulls:
        acts = bound(said, facts, joint)
        both, floor = judged(facts, joint, acts), judged(facts, alone, acts)
        if any(
            both.would_be(check) is SUCCESS and floor.would_be(check) is not SUCCESS
            for check in alone.checks
        ):
            found.append(facts)
    return found


# 60 x 3 x 3 x 5 triples.
@law(60)
@given(
    theirs=some(organisations(), 3),
    mine=some(repositories(), 3),
    pulls=some(facts_of(), 5),
    said=st.lists(words(), max_size=3),
)
def test_a_repository_may_tighten_and_never_loosen(
    theirs: list[Data], mine: list[Data], pulls: list[Facts], said: list[Act]
) -> None:
    found = [loosened(above, below, pulls, said) for above, below in product(theirs, mine)]

    assert found == [[]] * 9


@law(150)
@given(mine=repositories(), pulls=some(facts_of(), 2))
def test_knowing_less_never_makes_it_ready(mine: Data, pulls: list[Facts]) -> None:
    policy = loaded(mine)

    found = [worse for facts in pulls for worse in blanked(facts) if readier(facts, worse, policy)]

    assert found == []


@law(200)
@given(
    mine=repositories(),
    facts=facts_of(),
    said=st.lists(words(ActKind.ATTEST, ActKind.NOT_APPLICABLE).filter(by_author), max_size=3),
)
def test_an_author_never_gains_by_what_their_own_files_hide(
    mine: Data, facts: Facts, said: list[Act]
) -> None:
    policy = loaded(mine)
    hidden = hiding(facts)

    before = judged(facts, policy, bound(said, facts, policy))
    after = judged(hidden, policy, bound(said, hidden, policy))

    assert settled(after) <= settled(before)


@law(100)
@given(theirs=organisations(), mine=repositories(), facts=facts_of(), said=st.lists(words()))
def test_the_same_matter_gives_the_same_bytes(
    theirs: Data, mine: Data, facts: Facts, said: list[Act]
) -> None:
    policy = loaded(mine, theirs)
    matter = Matter(facts=facts, policy=policy, acts=bound(said, facts, policy))
    kept: Matter = Decoder(OPTIONS).decode(Matter, json.loads(canonical(matter)))

    once = canonical(evaluate(matter, registry(), "1"))
    again = canonical(evaluate(matter, registry(), "1"))
    stored = canonical(evaluate(kept, registry(), "1"))

    assert once == again == stored


@law(200)
@given(theirs=organisations(), mine=repositories(), facts=facts_of(), data=st.data())
def test_the_order_of_files_checks_and_reviews_changes_nothing(
    theirs: Data, mine: Data, facts: Facts, data: st.DataObject
) -> None:
    policy = loaded(mine, theirs)
    other = data.draw(shuffled(facts))

    assert answers(judged(other, policy)) == answers(judged(facts, policy))


@law(60)
@given(
    theirs=organisations(),
    mine=repositories(),
    facts=facts_of(),
    said=st.lists(words(), max_size=3),
)
def test_what_is_enforced_is_never_neutral_or_skipped(
    theirs: Data, mine: Data, facts: Facts, said: list[Act]
) -> None:
    policy = loaded(mine, theirs)
    report = judged(facts, policy, bound(said, facts, policy))

    ends = {check_of(report, name).conclusion for name in policy.checks}
    assert ends <= {"success", "failure", None, "neutral"}
    assert "neutral" not in ends or report.mode is not Mode.ENFORCE


def readier(facts: Facts, other: Facts, policy: Policy) -> bool:
    """Whether the other facts pass where these do not, or prove an item that these leave open."""
    before, after = judged(facts, policy), judged(other, policy)
    states = {entry.item: entry.state for entry in before.entries}
    return (after.would_be() is SUCCESS and before.would_be() is not SUCCESS) or any(
        entry.state is State.PROVED and not states.get(entry.item, entry.state).good
        for entry in after.entries
    )


def settled(report: Report) -> set[str]:
    """The items that nobody has to do anything for."""
    return {entry.item for entry in report.entries if entry.state.good}


def answers(report: Report) -> list[Any]:
    """What people are told to do, and the words that may differ left out."""
    entries = [
        (one.item, one.state, one.level, one.failing, one.verdict.outcome, one.verdict.recheck_at)
        for one in report.entries
    ]
    return [report.would_be(), report.would_be("quality"), report.not_needed, entries]
