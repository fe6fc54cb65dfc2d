"""The organisation's floor under a repository's policy: tighten, never loosen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from bot.model.item import Some
from bot.model.policy import Block, CommandRule, Exempt, Mode, NoticeUse, Policy, TriggerUse
from bot.readers.policy.build import hours_of
from bot.readers.policy.layers import (
    at,
    merged,
    named,
    nested,
    only,
    plain,
    replaced,
    with_named,
    word,
)
from bot.readers.yaml_loader import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.model.item import Item
    from bot.readers.policy.shape import Context
    from bot.readers.yaml_loader import Node

V = TypeVar("V")

# Nothing in these loosens a verdict: the repository's word counts where it has one, save for the
# few that are ranked below.
_FREE = (
    *("quiet", "hours", "away", "ci", "contract"),
    *("checkboxes", "co-authors", "labels", "board-issue"),
)
_FREE_WITHIN = (("escalate", "timing", "rounds"), ("handoff", "returns"))
_TIMES = ("remind-after", "widen-after", "acknowledgement-lasts", "decide-within")
_NAMED = ("areas", "components", "roles")
_LEVELS = ("note", "advise", "block")
_BLOCKS = tuple(Block)
_ANSWERS = ("none", "expected", "before-merge")


def beside(mine: Node, above: Node, file: str, notes: Context) -> tuple[Node, Node]:
    """The repository's and the organisation's tree, each with what it takes from the other.

    `file`: the organisation's own, whose names count before the repository's; those of its preset
    do not. Lines of the repository that ask for less are noted and raised.
    """
    upper = merged(only(above, _FREE), mine) or mine
    lower = merged(only(mine, ("mode",)), above) or above
    for key in _NAMED:
        theirs, ours = named(above, key), named(mine, key)
        own = {name: entry for name, entry in theirs.items() if entry[0].file == file}
        for name in own.keys() & ours.keys():
            _ineffective(ours[name][1], own[name][1], "defines it", notes)
        lent = {name: entry for name, entry in ours.items() if name != "generated"}
        upper = with_named(upper, key, {**ours, **own})
        lower = with_named(lower, key, {**lent, **theirs})
    return _sooner(_raised(upper, above, notes), above, notes), lower


def loosened(above: Node, mine: Node, dotted: Iterable[str]) -> Node:
    """The organisation's tree with the repository's values where it says they may win."""
    for one in dotted:
        names = tuple(one.split("."))
        value = at(mine, *names)
        if value is not None:
            above = replaced(above, names, value)
    return above


def joined(own: Policy, floor: Policy) -> Policy:
    """The repository's policy with what the organisation's tightens beside the items."""
    lists = {name: _union(own.lists[name], floor.lists[name]) for name in own.lists}
    below = {item.id: item for item in floor.items}
    above = {item.id: item for item in own.items}
    floor_items = tuple(_admitted(one, above.get(one.id, one), one) for one in floor.items)
    floor = replace(floor, items=floor_items)
    return replace(
        own,
        mode=max(own.mode, floor.mode, key=tuple(Mode).index),
        origin=replace(own.origin, layers=own.origin.layers + floor.origin.layers),
        items=tuple(
            _admitted(one, below.get(one.id, one), below.get(one.id, one)) for one in own.items
        ),
        lists=lists,
        checks=_union(own.checks, floor.checks),
        judged=_union(own.judged, floor.judged),
        exempt=_both(own.exempt, floor.exempt),
        triggers=_stricter(own.triggers, floor.triggers),
        notices=_told(own.notices, floor.notices),
        commands=_commands(own, floor),
        floor=floor,
    )


def _raised(mine: Node, above: Node, notes: Context) -> Node:
    """The repository's tree with each scalar that asks for less than the organisation's raised."""
    for names, ranks in _ranked(above):
        node, theirs = at(mine, *names), at(above, *names)
        if not isinstance(node, Scalar) or not isinstance(theirs, Scalar):
            continue
        if node.text in ranks and theirs.text in ranks:
            less = ranks.index(node.text) < ranks.index(theirs.text)
        else:
            less = not ranks and node.text > theirs.text
        if less:
            _ineffective(node, theirs, f"asks for {theirs.text}", notes)
            mine = replaced(mine, names, theirs)
    _note_removed(mine, above, notes)
    return mine


def _ranked(above: Node) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Keys with their words from loosest to strictest; dates have no words, the earlier counts."""
    yield ("mode",), tuple(Mode)
    yield ("applies-from",), ()
    yield ("ci", "when-weakened"), ("list", "unsure")
    yield ("checkboxes",), ("attest", "view")
    yield ("co-authors",), ("ignore", "count")
    for item in named(above, "checklist"):
        yield ("checklist", item, "level"), _LEVELS
    for trigger in named(above, "escalate"):
        yield ("escalate", trigger, "block"), _BLOCKS


def _sooner(mine: Node, above: Node, notes: Context) -> Node:
    """The repository's tree with the organisation's time where its own is unsaid or longer."""
    hours = at(mine, "hours")
    day = hours_of(None if hours is None else plain(hours)).day
    for names in (*_FREE_WITHIN, *_timed(mine)):
        theirs = at(above, *names)
        if not isinstance(theirs, Scalar):
            continue
        mine = merged(nested(names, theirs), mine) or mine
        node = at(mine, *names)
        if names in _FREE_WITHIN or not isinstance(node, Scalar):
            continue
        if _lasts(node, day) > _lasts(theirs, day):
            _ineffective(node, theirs, f"asks for {theirs.text}", notes)
            mine = replaced(mine, names, theirs)
    return mine


def _timed(mine: Node) -> Iterator[tuple[str, ...]]:
    for time in _TIMES:
        yield "escalate", "timing", time
    for notice, (_, node) in named(mine, "handoff").items():
        if isinstance(node, Mapping):
            yield "handoff", notice, "answer-within"


def _lasts(node: Scalar, day: timedelta) -> timedelta:
    """How long it is where the repository's day is that long."""
    unit = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": day}[node.text[-1]]
    return int(node.text[:-1]) * unit


def _note_removed(mine: Node, above: Node, notes: Context) -> None:
    for key in ("checklist", "escalate", "handoff"):
        theirs = named(above, key)
        for name, (_, node) in named(mine, key).items():
            if name in theirs and isinstance(theirs[name][1], Mapping):
                _note_item(node, theirs[name][1], notes)


def _note_item(node: Node, theirs: Node, notes: Context) -> None:
    if isinstance(node, Scalar) and node.text == "none":
        _ineffective(node, theirs, "asks for it", notes)
    mine, other = at(node, "waive-by"), at(theirs, "waive-by")
    if mine is not None and other is not None and _texts(mine) - _texts(other):
        _ineffective(mine, other, "lets fewer waive it", notes)
    mine, other = at(node, "if-unsure"), at(theirs, "if-unsure")
    if mine is not None and other is not None and word(other) == "block" != word(mine):
        _ineffective(mine, other, "lets nobody settle it", notes)


def _texts(node: Node) -> set[str]:
    items = node.items if isinstance(node, Sequence) else (node,)
    return {item.text for item in items if isinstance(item, Scalar)} - {"nobody"}


def _ineffective(node: Node, theirs: Node, why: str, notes: Context) -> None:
    """Said of lines that people wrote, not of what a preset brings along."""
    if node.place.file.startswith("preset "):
        return
    place = f"{theirs.place.file}:{theirs.place.line}:{theirs.place.column}"
    what = f"this line has no effect: the organisation {why} ({place})"
    notes.warn(node.place, what, "W601")


def _union(one: tuple[V, ...], other: tuple[V, ...]) -> tuple[V, ...]:
    return tuple(dict.fromkeys(one + other))


def _admitted(item: Item, other: Item, theirs: Item) -> Item:
    """The item with the waivers that both admit, and the organisation's judge of the undecided."""
    both = item.if_unsure is not None and other.if_unsure is not None
    unsure = theirs.if_unsure if both else None
    return replace(item, waive_by=item.waive_by & other.waive_by, if_unsure=unsure)


def _both(own: Exempt, floor: Exempt) -> Exempt:
    """What both exempt, where both say something; the floor itself is never exempted by this."""
    areas = {area.name for area in floor.only_changed}
    label = own.label if floor.label in {None, own.label} else None
    return Exempt(
        only_changed=tuple(one for one in own.only_changed if not areas or one.name in areas),
        label=label,
        label_set_by=_common(own.label_set_by, floor.label_set_by),
        authors=_common(own.authors, floor.authors),
    )


def _common(own: tuple[str, ...], floor: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one for one in own if not floor or one in floor)


def _stricter(own: tuple[TriggerUse, ...], floor: tuple[TriggerUse, ...]) -> tuple[TriggerUse, ...]:
    by_id = {one.id: one for one in own}
    for one in floor:
        mine = by_id.get(one.id, one)
        when = one.when if mine is one else Some(parts=(mine.when, one.when))
        block = max(mine.block, one.block, key=_BLOCKS.index)
        by_id[one.id] = replace(one, when=when, block=block)
    return tuple(by_id.values())


def _told(own: tuple[NoticeUse, ...], floor: tuple[NoticeUse, ...]) -> tuple[NoticeUse, ...]:
    by_name = {one.name: one for one in own}
    for one in floor:
        mine = by_name.get(one.name, one)
        by_name[one.name] = replace(
            one,
            when=one.when if mine is one else Some(parts=(mine.when, one.when)),
            after=_union(mine.after, one.after),
            answer=max(mine.answer, one.answer, key=_ANSWERS.index),
            answer_within=mine.answer_within,
            fields=tuple({field.name: field for field in (*mine.fields, *one.fields)}.values()),
        )
    return tuple(by_name.values())


def _commands(own: Policy, floor: Policy) -> dict[str, CommandRule]:
    joint = dict(floor.commands)
    for verb, rule in own.commands.items():
        other = joint.get(verb)
        joint[verb] = rule if other is None else _command(rule, other)
    return joint


def _command(one: CommandRule, other: CommandRule) -> CommandRule:
    by = one.by if other.by is None else other.by
    return CommandRule(
        by=one.by & other.by if one.by is not None and other.by is not None else by,
        not_by=one.not_by | other.not_by,
        reason_required=one.reason_required or other.reason_required,
        lasts=min((one.lasts, other.lasts), key=_lasting),
        persons=max(one.persons, other.persons),
    )


def _lasting(lasts: str | None) -> int:
    """Days, with the words in their order: this-push, `<n>d`, until-scope-changes, unsaid."""
    if lasts is None:
        return 1000
    words = {"this-push": 0, "until-scope-changes": 999}
    return words[lasts] if lasts in words else int(lasts.removesuffix("d"))
