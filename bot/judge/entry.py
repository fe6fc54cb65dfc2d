"""One item judged: its groups of files, its floor, its acts and what they come to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from bot.judge.condition import condition_needs, holds
from bot.judge.proof import Proven, Registry, fold_all, proof_needs, prove
from bot.judge.state import GRAVITY, failing_of, state_of, what_stands
from bot.model.act import EVERYTHING, Act, ActKind
from bot.model.item import Item, ItemOverride, Level, words_of
from bot.model.known import Known, Unknown
from bot.model.report import Entry, State
from bot.model.scope import fingerprint
from bot.model.verdict import Outcome, clip, skipped, undecided

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.model.facts import ChangedFile, Changes, Facts
    from bot.model.need import Need
    from bot.model.policy import Policy
    from bot.model.report import Fault, Matter

V = TypeVar("V")
_WORDS = frozenset({ActKind.ATTEST, ActKind.NOT_APPLICABLE, ActKind.WAIVE})

_LEVELS = tuple(Level)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What every item of one evaluation is judged with."""

    facts: Facts
    policy: Policy
    registry: Registry
    acts: tuple[Act, ...] = ()


def judge_item(item: Item, bench: Bench) -> tuple[Entry, tuple[Fault, ...]]:
    """The entry of one item of the bench's policy, groups of `paths` judged one by one."""
    facts, policy = bench.facts, bench.policy
    if isinstance(facts.changes, Unknown) and (laid := _ever_laid(item, policy)):
        # Which of them apply is as unknown as the files: neither a pass nor a fault follows.
        level = max((one.level or item.level for one in laid), key=_LEVELS.index)
        level, dated = (
            max(level, item.level, key=_LEVELS.index),
            any(one.applies_from for one in laid),
        )
        worst = replace(item, level=level, applies_from=None if dated else item.applies_from)
        unread = Proven(verdict=undecided(facts.changes), leaves=())
        return _entry(worst, bench, unread), ()
    judged = [
        _judge_group(part, replace(bench, facts=group))
        for part, group in groups(item, facts, policy)
    ]
    if not judged:
        verdict = skipped("the policy takes all these files out")
        return _entry(item, bench, Proven(verdict=verdict, leaves=())), ()
    faults = tuple(fault for _, found in judged for fault in found)
    entries = [entry for entry, _ in judged]
    return (entries[0] if len(entries) == 1 else together(entries)), faults


def item_needs(item: Item, bench: Bench) -> frozenset[Need]:
    """What must be known to judge the item; nothing but its condition where that says no."""
    needs: frozenset[Need] = frozenset()
    for part, facts in groups(item, bench.facts, bench.policy):
        needs |= condition_needs(part.when, bench.policy, facts.changes)
        if holds(part.when, facts, bench.policy) is not False:
            needs |= proof_needs(part.proof, facts.changes, bench.registry)
    return needs


def scope_of(item: str, matter: Matter) -> Known[str]:
    """The fingerprints of an item, one of each group of its files, parted by blanks.

    Those of the organisation's own item of that name count as well. `*`: of all files, or of those
    that stand behind it. Unknown where one is.
    """
    policy: Policy | None = matter.policy
    if item.startswith(EVERYTHING):
        return fingerprint(_named(item, matter.facts.changes), (), matter.policy.generated)
    found: list[str] = []
    while policy is not None:
        for one in policy.items:
            for part, facts in groups(one, matter.facts, policy) if one.id == item else ():
                scope = fingerprint(facts.changes, part.covers, policy.generated)
                if isinstance(scope, Unknown):
                    return scope
                found.append(scope)
        policy = policy.floor
    return " ".join(dict.fromkeys(found))


def _named(item: str, changes: Changes) -> Changes:
    paths = set(item.removeprefix(EVERYTHING).splitlines())
    if not paths or isinstance(changes, Unknown):
        return changes
    return tuple(file for file in changes if paths & set(file.paths))


def groups(item: Item, facts: Facts, policy: Policy) -> list[tuple[Item, Facts]]:
    """The item as it applies to each group of files with equal overrides, old and new path of a
    rename both counting; without `paths` one group, everything."""
    if isinstance(facts.changes, Unknown) or not policy.paths:
        return [(item, facts)]
    by_item: list[tuple[Item | None, list[ChangedFile]]] = [(item, [])]
    for file in facts.changes:
        for applied in {path: _overridden(item, path, policy) for path in file.paths}.values():
            _into(by_item, applied, file)
    kept = [(part, files) for part, files in by_item if part is not None]
    filled = [(part, files) for part, files in kept if files] or (kept if not facts.changes else [])
    return [(part, replace(facts, changes=tuple(files))) for part, files in filled]


def together(entries: list[Entry]) -> Entry:
    """Several answers to one item as one: everything must hold, the gravest state shows."""
    folded = fold_all([Proven(verdict=one.verdict, leaves=one.leaves) for one in entries])
    held = [one for one in entries if not one.state.good]
    level = max((one.level for one in held or entries), key=_LEVELS.index)
    state = min((one.state for one in entries), key=GRAVITY.index)
    return replace(
        min(entries, key=lambda one: GRAVITY.index(one.state)),
        level=level,
        verdict=folded.verdict,
        leaves=folded.leaves,
        state=state,
        failing=failing_of(folded.verdict),
        acts=_merged(act for one in entries for act in one.acts),
        stale=_merged(act for one in entries for act in one.stale),
        fix_by=_merged(role for one in entries for role in one.fix_by),
        lists=_merged(name for one in entries for name in one.lists),
        words=_merged(word for one in entries for word in one.words),
        if_unsure=next((one.if_unsure for one in entries if one.if_unsure), None),
        waive_by=frozenset.intersection(*(one.waive_by for one in entries)),
        returned=next((one.returned for one in entries if one.returned), None),
    )


def _merged(values: Iterable[V]) -> tuple[V, ...]:
    kept: list[V] = []
    for value in values:
        if value not in kept:
            kept.append(value)
    return tuple(kept)


def _into(
    by_item: list[tuple[Item | None, list[ChangedFile]]], applied: Item | None, file: ChangedFile
) -> None:
    for part, files in by_item:
        if part == applied:
            if file not in files:
                files.append(file)
            return
    by_item.append((applied, [file]))


def _overridden(item: Item, path: str, policy: Policy) -> Item | None:
    for override in policy.paths:
        if not override.area.has(path):
            continue
        if override.none:
            return None
        for name, change in override.items:
            if name == item.id:
                if change.drop:
                    return None
                item = _laid_over(item, change)
    return item


def _ever_laid(item: Item, policy: Policy) -> list[ItemOverride]:
    """What `paths` says about the item for some files or others."""
    own = [change for one in policy.paths for name, change in one.items if name == item.id]
    return own + [ItemOverride(drop=True) for one in policy.paths if one.none]


def _laid_over(item: Item, change: ItemOverride) -> Item:
    unsure = item.if_unsure if change.if_unsure is None else change.if_unsure
    return replace(
        item,
        title=change.title or item.title,
        help=change.help or item.help,
        level=change.level or item.level,
        when=change.when or item.when,
        covers=item.covers if change.covers is None else change.covers,
        proof=change.proof or item.proof,
        if_unsure=unsure or None,
        waive_by=item.waive_by if change.waive_by is None else change.waive_by,
        applies_from=change.applies_from or item.applies_from,
    )


def _judge_group(item: Item, bench: Bench) -> tuple[Entry, tuple[Fault, ...]]:
    applies = holds(item.when, bench.facts, bench.policy)
    if applies is False:
        proven = Proven(verdict=skipped("nothing of the kind changed"), leaves=())
        return _entry(item, bench, proven), ()
    about = [act for act in bench.acts if item.id in act.subjects]
    said = [_bound(act, item) for act in about if act.kind in _WORDS]
    standing: tuple[Act, ...] = ()
    if said:
        scope = fingerprint(bench.facts.changes, item.covers, bench.policy.unbound)
        if isinstance(scope, Unknown):
            why = Unknown(f"cannot bind a word: {scope.reason}")
            return _entry(item, bench, Proven(verdict=undecided(why), leaves=())), ()
        standing = tuple(act for act in said if _stands(act, item, scope, bench.facts))
    proven = prove(item.proof, bench.facts, bench.registry, standing)
    entry = _entry(item, bench, proven, standing)
    stale = tuple(act for act in said if act not in standing)
    # The first subject of a return is the notice, which may be called like an item.
    back = [one for one in about if one.kind is ActKind.RETURN and item.id in one.subjects[1:]]
    returned = next(iter(back), None)
    if returned is not None and entry.state.good and entry.state is not State.WAIVED:
        entry = replace(entry, state=State.MISSING, returned=returned, fix_by=("author",))
    return replace(entry, stale=stale), proven.faults


def _bound(act: Act, item: Item) -> Act:
    """The act, ending with its push where the policy lets that word hold no longer."""
    brief = (one.this_push and one.role in act.roles for one in words_of(item.proof))
    return replace(act, ends_with_push=True) if act.kind is ActKind.ATTEST and any(brief) else act


def _stands(act: Act, item: Item, scope: str, facts: Facts) -> bool:
    if act.ends_at is not None and act.ends_at <= facts.taken_at:
        return False
    if act.ends_with_push and act.head_sha != facts.head_sha:
        return False
    return scope in act.scopes.get(item.id, "").split()


def _entry(
    item: Item,
    bench: Bench,
    proven: Proven,
    acts: tuple[Act, ...] = (),
) -> Entry:
    verdict = proven.verdict
    words = frozenset(word.role for word in words_of(item.proof))
    rule = bench.policy.commands.get("waive")
    waivers = 1 if rule is None else rule.persons
    said = what_stands(acts, verdict, words, item.if_unsure, waivers)
    if verdict.outcome is Outcome.PASS and said.attested:
        alone = prove(item.proof, bench.facts, bench.registry, ())
        said = replace(said, word_given=alone.verdict.outcome is not Outcome.PASS)
    failing = failing_of(verdict)
    state = state_of(verdict.outcome, failing, said)
    return Entry(
        item=item.id,
        title=clip(item.title, 200),
        level=_level(item, bench.facts),
        lists=_lists(item.id, bench.policy),
        verdict=verdict,
        state=state,
        failing=failing,
        leaves=proven.leaves,
        acts=acts,
        fix_by=_fix_by(item, state, proven, words),
        words=tuple(sorted(words)),
        if_unsure=item.if_unsure,
        waive_by=item.waive_by,
        help=item.help,
    )


def _lists(item: str, policy: Policy) -> tuple[str, ...]:
    return tuple(sorted(name for name, ids in policy.lists.items() if item in ids))


def _level(item: Item, facts: Facts) -> Level:
    """Pull requests opened before the item applied are shown it and not held by it."""
    if item.applies_from is not None and facts.opened_at.date() < item.applies_from:
        return Level.NOTE
    return item.level


def _fix_by(item: Item, state: State, proven: Proven, words: frozenset[str]) -> tuple[str, ...]:
    if not state.open:
        return ()
    if state is State.UNDECIDED:
        return (item.if_unsure or "author",)
    if failing_of(proven.verdict) == "word":
        return tuple(sorted(words)) or ("author",)
    return ("author",)
