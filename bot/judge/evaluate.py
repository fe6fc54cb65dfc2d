"""One judgement: facts, policy and acts in, report out; the same matter gives the same bytes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from bot.acts.answers import lasting
from bot.acts.force import holds_of, in_force, in_order, lost_of, noted, rejected
from bot.judge.boxes import unproved
from bot.judge.condition import condition_needs, holds, is_base, members_of
from bot.judge.entry import Bench, item_needs, judge_item, scope_of, together
from bot.judge.episodes import episodes_of
from bot.judge.generated import laid
from bot.judge.handover import handed
from bot.judge.notices import fields_of, notice_needs
from bot.judge.questions import SHOWN, There, questions_of
from bot.judge.weakened import doubting, surely_weakened, told, weakened_needs
from bot.model.act import ActKind
from bot.model.codec import canonical, canonical_with
from bot.model.episode import Raised
from bot.model.handover import Handover
from bot.model.item import ALWAYS, Item, Level, Use
from bot.model.known import Unknown
from bot.model.need import Need, Part
from bot.model.policy import Mode
from bot.model.report import Digests, Entry, Matter, Question, Report
from bot.model.scope import fingerprint
from bot.model.verdict import clip

if TYPE_CHECKING:
    from datetime import datetime

    from bot.judge.proof import Registry
    from bot.linking.evidence import Weakening
    from bot.model.act import Act
    from bot.model.episode import Episode
    from bot.model.facts import ChangedFile, Facts
    from bot.model.policy import Policy
    from bot.model.report import Fault
    from bot.model.verdict import Evidence

POLICY_CHANGE = "policy-change"
_MODES = tuple(Mode)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What one policy finds; `not_needed`: why it asks for nothing, else empty."""

    not_needed: str = ""
    entries: tuple[Entry, ...] = ()
    faults: tuple[Fault, ...] = ()
    questions: tuple[Question, ...] = ()
    there: There = field(default_factory=dict)
    told: tuple[Handover, ...] = ()


def needs_of(facts: Facts, policy: Policy, registry: Registry) -> frozenset[Need]:
    """What must be loaded to judge these changes under this policy, its floor included."""
    return _needs_of(facts, laid(policy, facts.generated), registry)


def _needs_of(facts: Facts, policy: Policy, registry: Registry) -> frozenset[Need]:
    needs = _exempt_needs(policy)
    bench = Bench(facts=facts, policy=policy, registry=registry)
    for item in _items(facts, policy, registry):
        needs |= item_needs(item, bench)
    needs |= weakened_needs(facts, policy, registry)
    for trigger in policy.triggers:
        needs |= condition_needs(trigger.when, policy, facts.changes)
    needs |= notice_needs(facts, policy)
    if policy.floor is not None:
        needs |= _needs_of(facts, policy.floor, registry)
    return needs


def evaluate(
    matter: Matter, registry: Registry, code: str, facts_json: bytes | None = None
) -> Report:
    """Judge the matter; `code` is the version that judges. Never raises for any facts.

    `facts_json`: canonical JSON of the facts, where the caller has it already.
    """
    # As they were said, in whatever order they arrived.
    matter = replace(matter, acts=noted(in_order(matter.acts)))
    facts, policy = matter.facts, matter.policy
    acts = in_force(matter.acts, facts.head_sha)
    everything = fingerprint(facts.changes, (), policy.generated)
    standing = replace(matter, acts=lasting(acts, everything, merged=facts.merged))
    own = laid(policy, facts.generated)
    weaker = surely_weakened(facts, own, registry)
    episodes = _episodes(matter, acts)
    # What was withdrawn, or sent another way and gone there, may be asked again.
    asked = tuple(one for one in episodes if one.state is not Raised.WITHDRAWN and not one.spent)
    found = _judged(replace(standing, policy=own), registry, weaker, asked)
    if policy.floor is not None:
        # With its own areas and exemptions: what a repository calls generated hides nothing there.
        below = surely_weakened(facts, policy.floor, registry)
        found = _joined(
            found, _judged(replace(standing, policy=policy.floor), registry, below, asked)
        )
    report = _report(replace(matter, acts=acts), found, episodes, told(weaker, registry), code)
    told_ = handed(report, replace(matter, acts=acts), everything)
    report = replace(report, told=told_, refused=rejected(matter.acts))
    return replace(report, digests=_digests(matter, report, facts_json))


def _report(
    matter: Matter,
    found: _Found,
    episodes: tuple[Episode, ...],
    weakened: tuple[Evidence, ...],
    code: str,
) -> Report:
    """What was found, with the acts in force and without digests."""
    facts, policy, entries = matter.facts, matter.policy, found.entries
    moments = [one.verdict.recheck_at for one in entries if one.verdict.recheck_at is not None]
    return Report(
        repo_id=facts.repo_id,
        repo=facts.repo,
        number=facts.number,
        base_ref=facts.base_ref,
        base_sha=facts.base_sha,
        head_sha=facts.head_sha,
        author=facts.author.login,
        draft=facts.draft,
        rests=policy.quiet.rests(draft=facts.draft),
        judged_at=facts.taken_at,
        code=code,
        mode=_mode(facts, policy),
        digests=Digests(facts="", policy=policy.digest, acts="", verdict=""),
        layers=policy.origin.layers,
        left_out=policy.origin.left_out,
        preset=policy.origin.preset,
        broken=policy.origin.broken,
        entries=entries,
        questions=found.questions,
        escalations=tuple(_without(one, found.there) for one in episodes),
        told=found.told,
        holds=holds_of(matter.acts),
        ticked=unproved(matter.acts, entries),
        lost=lost_of(matter.acts),
        ready=next((act for act in matter.acts if act.kind is ActKind.READY), None),
        weakened=weakened[:SHOWN],
        faults=found.faults,
        unread=facts.unread,
        problems=matter.proposed,
        not_needed=found.not_needed,
        checks=policy.checks,
        zone=policy.hours.zone,
        recheck_at=min(moments) if moments else None,
    )


def _episodes(matter: Matter, force: tuple[Act, ...]) -> tuple[Episode, ...]:
    if not matter.acts:
        return ()
    now = matter.facts.taken_at
    return episodes_of(
        matter.acts, force, matter.policy, now, lambda scope: scope_of(scope, matter)
    )


def _without(episode: Episode, there: There) -> Episode:
    """Whether what the App itself raised is gone; what a person asked stays until it is answered.
    A no to what is gone holds nothing."""
    present = there.get(episode.trigger)
    if episode.raised.kind is not ActKind.RAISE or present is None:
        return episode
    if present & set(episode.subjects):
        return episode
    return replace(episode, gone=True, blocks=False)


def _digests(matter: Matter, report: Report, facts_json: bytes | None) -> Digests:
    """Times are left out of the verdict's digest: an unchanged answer has an unchanged digest."""
    timeless = replace(
        report,
        judged_at=matter.facts.opened_at,
        recheck_at=None,
        entries=tuple(_timeless(entry, matter.facts.opened_at) for entry in report.entries),
    )
    return Digests(
        facts=sha256(facts_json or canonical_with(matter.facts, "readings")).hexdigest(),
        policy=matter.policy.digest,
        acts=sha256(canonical(matter.acts)).hexdigest(),
        verdict=sha256(canonical(timeless)).hexdigest(),
    )


def _timeless(entry: Entry, moment: datetime) -> Entry:
    """Without how it was proved, and until when it waits: CI that starts anew changes no answer."""
    waits = entry.verdict.recheck_at is not None
    verdict = replace(entry.verdict, by_content=False, recheck_at=moment if waits else None)
    return replace(entry, verdict=verdict, leaves=())


def _entries(
    matter: Matter, registry: Registry, weaker: tuple[Weakening, ...]
) -> tuple[tuple[Entry, ...], tuple[Fault, ...]]:
    facts, policy = matter.facts, matter.policy
    trusted = doubting(registry, weaker, facts, policy)
    bench = Bench(facts=facts, policy=policy, registry=trusted, acts=matter.acts)
    judged = [judge_item(item, bench) for item in _items(facts, policy, registry)]
    faults = {fault.id: fault for _, found in judged for fault in found}
    return tuple(_listed(entry) for entry, _ in judged), tuple(faults.values())


def _listed(entry: Entry) -> Entry:
    """The approval of a policy change is our own item, so no list of the policy names it."""
    return replace(entry, lists=("handoff", "quality")) if entry.item == POLICY_CHANGE else entry


def _items(facts: Facts, policy: Policy, registry: Registry) -> tuple[Item, ...]:
    role = policy.policy_changes_by
    if role is None or not _changes_policy(facts, policy):
        return policy.items
    rule = registry["reviewers-approved"]
    approved = Use(rule=rule.id, options=rule.options(from_role=role, of="this-commit"))
    own = Item(
        id=POLICY_CHANGE,
        title=f"A change of the policy is approved by {role}",
        level=Level.BLOCK,
        when=ALWAYS,
        covers=(),
        proof=approved,
    )
    return (*policy.items, own)


def _changes_policy(facts: Facts, policy: Policy) -> bool:
    if isinstance(facts.changes, Unknown):
        return True
    known = {layer.path for layer in policy.origin.layers} | {".github/handoff.yml"}
    return any(path in known for file in facts.changes for path in file.paths)


def _judged(
    matter: Matter,
    registry: Registry,
    weaker: tuple[Weakening, ...],
    episodes: tuple[Episode, ...],
) -> _Found:
    """What one policy by itself finds; nothing where it says that its list is not needed."""
    facts, policy = matter.facts, matter.policy
    not_needed = _not_needed(facts, policy)
    if not_needed:
        nothing: frozenset[str] = frozenset()
        return _Found(not_needed=not_needed, there={one.id: nothing for one in policy.triggers})
    entries, faults = _entries(matter, registry, weaker)
    questions, there = questions_of(facts, policy, episodes)
    return _Found(
        entries=entries,
        faults=faults,
        questions=questions,
        there=there,
        told=_told(matter, entries),
    )


def _joined(upper: _Found, below: _Found) -> _Found:
    floor = {entry.item: entry for entry in below.entries}
    own = [
        together([entry, floor.pop(entry.item)]) if entry.item in floor else entry
        for entry in upper.entries
    ]
    questions = {one.trigger: one for one in below.questions if one.blocks}
    asked = tuple(questions.pop(one.trigger, one) for one in upper.questions)
    told = {one.notice: one for one in below.told if one.blocks}
    said = tuple(told.pop(one.notice, one) for one in upper.told)
    return _Found(
        not_needed=upper.not_needed if below.not_needed else "",
        entries=(*own, *floor.values()),
        faults=upper.faults + below.faults,
        questions=(*asked, *questions.values()),
        told=(*said, *told.values()),
        there=_either(upper.there, below.there),
    )


def _either(upper: There, below: There) -> There:
    """What either layer sees; unknown where one of them could not look."""
    found = {**below, **upper}
    for name in upper.keys() & below.keys():
        one, other = upper[name], below[name]
        found[name] = None if one is None or other is None else one | other
    return found


def _mode(facts: Facts, policy: Policy) -> Mode:
    early = policy.applies_from is not None and facts.opened_at.date() < policy.applies_from
    mode = Mode.OBSERVE if early else policy.mode
    if policy.floor is None:
        return mode
    return max(mode, _mode(facts, policy.floor), key=_MODES.index)


def _not_needed(facts: Facts, policy: Policy) -> str:
    """Why the list does not apply at all; empty where it does. A policy change always is judged."""
    if not is_base(facts, policy.judged):
        return clip(f"base branch {facts.base_ref} is not judged", 80)
    if isinstance(facts.changes, Unknown) or _changes_policy(facts, policy):
        return ""
    by_files = _exempt_by_files(facts.changes, policy)
    return by_files or _exempt_by_label(facts, policy) or _exempt_by_author(facts, policy)


def _exempt_by_files(changes: tuple[ChangedFile, ...], policy: Policy) -> str:
    areas = policy.exempt.only_changed
    paths = [path for file in changes for path in file.paths]
    counting = [path for path in paths if not policy.generated.has(path)]
    if not areas or not paths or not all(any(one.has(path) for one in areas) for path in counting):
        return ""
    names = [one.name for one in areas if any(one.has(path) for path in counting)]
    if len(counting) < len(paths):
        names.append("generated files")
    return clip(f"{' and '.join(names)} only", 80)


def _exempt_by_label(facts: Facts, policy: Policy) -> str:
    label = policy.exempt.label
    if label is None or isinstance(facts.labels, Unknown) or label not in facts.labels:
        return ""
    setters = facts.label_setters
    if isinstance(setters, Unknown) or label not in setters:
        return ""
    for role in policy.exempt.label_set_by:
        members = facts.role_members(role)
        if not isinstance(members, Unknown) and setters[label].id in members:
            return clip(f"label {label}, set by {setters[label].login}", 80)
    return ""


def _exempt_by_author(facts: Facts, policy: Policy) -> str:
    if facts.author.login not in policy.exempt.authors or not facts.author.bot:
        return ""
    commits = facts.commits
    if isinstance(commits, Unknown) or commits.contributors != frozenset({facts.author.id}):
        return ""
    return clip(f"every commit is by {facts.author.login}", 80)


def _exempt_needs(policy: Policy) -> frozenset[Need]:
    needs: frozenset[Need] = frozenset()
    if policy.exempt.label is not None:
        needs |= members_of(policy.exempt.label_set_by) | {Part.LABEL_SETTERS}
    if policy.exempt.authors:
        needs |= {Part.COMMITS}
    return needs


def _told(matter: Matter, entries: tuple[Entry, ...]) -> tuple[Handover, ...]:
    """Notices that are needed or may be, as the description leaves them; none where what goes to
    this base is not handed over."""
    policy = matter.policy
    if not is_base(matter.facts, policy.handed_over):
        return ()
    return tuple(
        Handover(
            notice=notice.name,
            role=notice.to,
            answers=notice.answer,
            after=notice.after,
            fields=fields_of(notice, matter, policy, entries),
            lacks=(f"whether it is needed ({needed.reason})",)
            if isinstance(needed, Unknown)
            else (),
        )
        for notice in policy.notices
        if (needed := holds(notice.when, matter.facts, policy)) is not False
    )
