"""Who has a part in a change by pushing it."""

from __future__ import annotations

from dataclasses import replace

from bot.acts.pushing import pushes_of, same_changes, with_pushers
from bot.model.facts import Commits
from bot.model.known import Unknown
from bot.model.report import Matter
from tests.support.judging import CODE, policy
from tests.support.pulls import HEAD, changed, pull
from tests.support.saying import POLICY

OLD = "2" * 40
HERE = Matter(facts=pull(CODE), policy=policy(POLICY))
OTHER = replace(HERE, facts=pull(changed("app/b.py", "", "y = 1\n")))
UNREAD = replace(HERE, facts=pull(changes=Unknown("too many files")))
EXPECT = {"sha": HEAD, "by:1": f"ana {OLD} {HEAD}", "by:4": f"maria {OLD} {HEAD}"}


def test_each_push_of_others_is_kept_once() -> None:
    ((act, before),) = pushes_of(EXPECT, HERE).values()

    assert (act.by.login, act.head_sha, act.detail, before) == ("maria", HEAD, "pushed", OLD)
    assert pushes_of(EXPECT, replace(HERE, acts=(act,))) == {}


def test_only_what_is_known_to_be_the_same_is_no_part() -> None:
    pairs = [(HERE, HERE), (OTHER, HERE), (UNREAD, UNREAD), (None, HERE), (HERE, None)]

    assert [same_changes(*one) for one in pairs] == [True, False, False, False, False]


def test_who_pushed_is_among_the_contributors_where_those_are_known() -> None:
    ((act, _),) = pushes_of(EXPECT, HERE).values()
    known = replace(HERE.facts, commits=Commits(shas=(), contributors=frozenset({1})))
    unsure = replace(HERE.facts, commits=Commits(shas=(), contributors=Unknown("a stranger")))
    unread = replace(HERE.facts, commits=Unknown("not visible"))

    found = with_pushers(known, [act, replace(act, detail="merged-base", by=act.by)]).commits
    merged = with_pushers(known, [replace(act, detail="merged-base")]).commits

    assert found == Commits(shas=(), contributors=frozenset({1, 4}))
    assert merged == known.commits
    assert (with_pushers(unsure, [act]), with_pushers(unread, [act])) == (unsure, unread)
