"""Who pushed what others wrote: they have a part in it, though no commit names them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.model.act import Act, ActKind
from bot.model.area import Area
from bot.model.facts import Person
from bot.model.known import Unknown
from bot.model.scope import fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.model.facts import Commits, Facts
    from bot.model.report import Matter

_NONE = Area("none", ())
_PUSHED, _MERGED = "pushed", "merged-base"
# That the head which was pushed so is a merge.
_MERGE = {"merge": "yes"}


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
    """Whether a push left the changes as they were, as a merge of the base does; generated files,
    which a lock file is too, are changed by somebody as well."""
    if before is None or after is None:
        return False
    scopes = [fingerprint(one.facts.changes, (), _NONE) for one in (before, after)]
    return scopes[0] == scopes[1] and not isinstance(scopes[0], Unknown)


def merged_base(act: Act, matter: Matter) -> Act:
    """The push as one that has left the changes as they were."""
    return replace(act, detail=_MERGED, data=_MERGE if _merges(act, matter) else {})


def _merges(act: Act, matter: Matter) -> bool:
    commits, here = matter.facts.commits, act.head_sha == matter.facts.head_sha
    return here and not isinstance(commits, Unknown) and commits.merges


def _merged_alone(commits: Commits, matter: Matter) -> frozenset[int]:
    """Who had a part in nothing but merges of the base that have left the changes as they were."""
    pushes = [one for one in matter.acts if one.detail == _MERGED]
    merges = {one.head_sha for one in pushes if one.data == _MERGE or _merges(one, matter)}
    each = list(zip(commits.shas, commits.parts, strict=False))
    mergers = frozenset[int]().union(*(ids for sha, ids in each if sha in merges))
    return mergers.difference(*(ids for sha, ids in each if sha not in merges))


def with_pushers(matter: Matter) -> Facts:
    """The facts with who pushed among the contributors, where those are known, and without who only
    co-wrote where the policy says so."""
    facts, commits = matter.facts, matter.facts.commits
    if isinstance(commits, Unknown):
        return facts
    wrote = commits.authors if matter.policy.co_authors == "ignore" else commits.contributors
    if not isinstance(wrote, Unknown):
        wrote -= _merged_alone(commits, matter)
        wrote |= {act.by.id for act in matter.acts if act.detail == _PUSHED}
    return replace(facts, commits=replace(commits, contributors=wrote))
