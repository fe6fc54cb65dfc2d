"""Who pushed what others wrote: they have a part in it, though no commit names them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.model.act import Act, ActKind
from bot.model.facts import Person
from bot.model.known import Unknown
from bot.model.scope import fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.model.facts import Facts
    from bot.model.report import Matter

_PUSHED = "pushed"


def pushes_of(expect: Mapping[str, str], matter: Matter) -> Mapping[str, tuple[Act, str]]:
    """Of the pushes that the wake knows of and the ledger does not, the act with the head before,
    by its key. The author's own are theirs anyway."""
    found: dict[str, tuple[Act, str]] = {}
    for name, push in expect.items():
        by, _, id_ = name.partition(":")
        if by != "by" or int(id_) == matter.facts.author.id:
            continue
        login, before, after = push.split()
        act = Act(
            key=f"push:{id_}:{after}",
            kind=ActKind.REMARK,
            by=Person(id=int(id_), login=login),
            subjects=(),
            head_sha=after,
            said_at=matter.facts.taken_at,
            detail=_PUSHED,
            through="system",
        )
        found[act.key] = act, before
    return {key: one for key, one in found.items() if key not in {act.key for act in matter.acts}}


def same_changes(before: Matter | None, after: Matter | None) -> bool:
    """Whether a push left the changes as they were, as a merge of the base does."""
    if before is None or after is None:
        return False
    scopes = [fingerprint(one.facts.changes, (), after.policy.generated) for one in (before, after)]
    return scopes[0] == scopes[1] and not isinstance(scopes[0], Unknown)


def with_pushers(matter: Matter) -> Facts:
    """The facts with who pushed among the contributors, where those are known, and without who only
    co-wrote where the policy says so."""
    facts, commits = matter.facts, matter.facts.commits
    if isinstance(commits, Unknown):
        return facts
    wrote = commits.authors if matter.policy.co_authors == "ignore" else commits.contributors
    if not isinstance(wrote, Unknown):
        wrote |= {act.by.id for act in matter.acts if act.detail == _PUSHED}
    return replace(facts, commits=replace(commits, contributors=wrote))
