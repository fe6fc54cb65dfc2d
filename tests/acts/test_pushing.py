"""Who has a part in a change by pushing it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.acts.pushing import merged_base, pushes_of, same_changes, with_pushers
from bot.model.act import Act
from bot.model.facts import Commits
from bot.model.known import Known, Unknown
from bot.model.report import Matter
from tests.support.judging import CODE, policy
from tests.support.pulls import HEAD, changed, pull
from tests.support.saying import POLICY

OLD = "2" * 40
HERE = Matter(facts=pull(CODE), policy=policy(POLICY))
OTHER = replace(HERE, facts=pull(changed("app/b.py", "", "y = 1\n")))
UNREAD = replace(HERE, facts=pull(changes=Unknown("too many files")))
IGNORE = "co-authors: ignore\n"
EXPECT = {"sha": HEAD, "by:1": f"ana {OLD} {HEAD}", "by:4": f"maria {OLD} {HEAD}"}


def test_each_push_of_others_is_kept_once() -> None:
    ((act, before),) = pushes_of(EXPECT, HERE).values()

    assert (act.by.login, act.head_sha, act.detail, before) == ("maria", HEAD, "pushed", OLD)
    assert pushes_of(EXPECT, replace(HERE, acts=(act,))) == {}


def test_only_what_is_known_to_be_the_same_is_no_part() -> None:
    pairs = [(HERE, HERE), (OTHER, HERE), (UNREAD, UNREAD), (None, HERE), (HERE, None)]

    assert [same_changes(*one) for one in pairs] == [True, False, False, False, False]
    generated = policy(POLICY.replace("odd:", 'generated: ["*.lock"], odd:', 1))
    locks = [changed("a.lock", "", "x", head_blob=one * 40) for one in "ab"]
    locked = [Matter(facts=pull(CODE, one), policy=generated) for one in locks]
    assert not same_changes(*locked)


def test_who_only_merged_the_base_is_no_contributor() -> None:
    ((act, _),) = pushes_of(EXPECT, HERE).values()
    known = Commits(
        shas=(OLD, HEAD),
        contributors=frozenset({1, 2, 4}),
        parts=(frozenset({1, 2}), frozenset({1, 4})),
        merges=True,
    )

    def found(commits: Commits, head: str = HEAD, text: str = POLICY) -> Any:
        before = Matter(facts=replace(HERE.facts, commits=known), policy=policy(text))
        facts = replace(HERE.facts, commits=commits, head_sha=head)
        matter = Matter(facts=facts, policy=policy(text), acts=(merged_base(act, before),))
        made = with_pushers(matter).commits
        return made if isinstance(made, Unknown) else made.contributors

    later = replace(known, shas=(*known.shas, "3" * 40), merges=False)
    assert found(known) == found(replace(known, merges=False)) == frozenset({1, 2})
    assert found(replace(known, authors=frozenset({1, 4})), text=POLICY + IGNORE) == frozenset({1})
    assert found(replace(later, parts=(*known.parts, frozenset({1}))), "3" * 40) == {1, 2}
    assert found(replace(later, parts=(*known.parts, frozenset({4}))), "3" * 40) == {1, 2, 4}
    assert found(replace(known, parts=())) == {1, 2, 4}


def test_what_rewrites_history_is_no_merge() -> None:
    ((act, _),) = pushes_of(EXPECT, HERE).values()
    both = frozenset({1, 4})
    alone = Commits(shas=(HEAD,), contributors=both, parts=(both,))

    def found(*commits: Known[Commits]) -> Any:
        before, after = (replace(HERE.facts, commits=one) for one in commits)
        pushed = merged_base(act, Matter(facts=before, policy=HERE.policy))
        made = with_pushers(Matter(facts=after, policy=HERE.policy, acts=(pushed,))).commits
        return made if isinstance(made, Unknown) else made.contributors

    assert found(alone, alone) == both
    # GitHub's list of commits may lag behind the head.
    assert found(Unknown("lags"), replace(alone, merges=True)) == frozenset()


def test_who_pushed_is_among_the_contributors_where_those_are_known() -> None:
    ((act, _),) = pushes_of(EXPECT, HERE).values()
    alone, both = frozenset({1}), frozenset({1, 2})
    known = Commits(shas=(), contributors=both, authors=alone)
    unsure = replace(known, contributors=Unknown("a stranger"))

    def found(commits: Known[Commits], act: Act, text: str = POLICY) -> Any:
        facts = replace(HERE.facts, commits=commits)
        made = with_pushers(Matter(facts=facts, policy=policy(text), acts=(act,))).commits
        return made if isinstance(made, Unknown) else made.contributors

    assert found(known, act) == both | {4}
    assert found(known, act, POLICY + IGNORE) == alone | {4}
    assert found(known, replace(act, detail="merged-base")) == both
    assert found(unsure, act) == Unknown("a stranger")
    assert found(Unknown("not visible"), act) == Unknown("not visible")
