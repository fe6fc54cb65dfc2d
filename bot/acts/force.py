"""Which acts are in force: the ledger folded, whatever order the acts arrived in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.acts.who import several
from bot.model.act import DELETED, EDITED, REFUSED, Act, ActKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SNOOZES_AT_MOST = 2
# Nobody reads of more.
REJECTED_AT_MOST = 10
OPENS = (ActKind.RAISE, ActKind.ESCALATE)
# What a question that is decided or withdrawn has no room for, and what moves a notice.
_TO_OPEN_QUESTIONS = frozenset({ActKind.ACK, ActKind.DECIDE, ActKind.ASSIGN})
_OF_NOTICES = frozenset({ActKind.TELL, ActKind.ACCEPT, ActKind.RETURN})
# Remarks after which a yes is said of what was heard since.
_UNSETTLES = frozenset({"changed", "gone"})
_TAKES_BACK = frozenset({ActKind.UNDO, ActKind.RESUME})


def in_order(acts: Iterable[Act]) -> tuple[Act, ...]:
    """The acts as they would be had each of them arrived when it was said.

    What had been settled by then counts for nothing, whoever was heard first. Whoever took back
    their own word meant the newest that they had said by then.
    """
    standing: dict[str, Act] = {}
    found: list[Act] = []
    for act in sorted(acts, key=lambda one: one.order):
        if "own" in act.data:
            act = replace(act, subjects=_aim(act, standing))  # noqa: PLW2901
        if _empty(act, standing.values(), found):
            continue
        found.append(act)
        if act.kind in _TAKES_BACK:
            for key in act.subjects:
                standing.pop(key, None)
        else:
            standing[act.key] = act
    return tuple(found)


def _aim(act: Act, standing: Mapping[str, Act]) -> tuple[str, ...]:
    """What an undo or resume takes back: what its speaker had said last, or what it names."""
    name = act.data["own"]
    own = [
        one.key
        for one in standing.values()
        if one.by.id == act.by.id
        and not one.kind.own
        and (one.kind is ActKind.HOLD or act.kind is ActKind.UNDO)
        and (one.kind is not ActKind.READY or one.head_sha == act.head_sha)
        and (not name or name in one.subjects)
    ]
    named = [key for key in act.subjects if key in standing]
    return tuple(own if act.kind is ActKind.RESUME else own[-1:] or named)


def _empty(act: Act, standing: Iterable[Act], before: Sequence[Act]) -> bool:
    """Whether it would have been refused, or would have changed nothing, when it was said."""
    if act.kind in _TAKES_BACK:
        return not act.subjects
    same = [one for one in standing if one.subjects[:1] == act.subjects[:1]]
    if act.kind is ActKind.ACCEPT:
        told = [one.kind for one in same if one.kind in _OF_NOTICES or one.detail in _UNSETTLES]
        return told[-1:] == [ActKind.ACCEPT]
    if act.kind not in _TO_OPEN_QUESTIONS:
        return False
    decided = [one for one in same if one.kind is ActKind.DECIDE]
    settled = any(several(x for x in decided if x.detail == one.detail) for one in decided)
    opened = [one for one in before if one.kind in OPENS and one.subjects[:1] == act.subjects[:1]]
    withdrawn = bool(opened) and not any(one.kind in OPENS for one in same)
    return settled or withdrawn or (act.detail == "snooze" and slept(act, before))


def slept(act: Act, before: Iterable[Act]) -> bool:
    """Whether the person has put the question off as often as one may."""
    alike = (act.kind, act.detail, act.by.id, act.subjects)
    naps = [one for one in before if (one.kind, one.detail, one.by.id, one.subjects) == alike]
    return len(naps) >= SNOOZES_AT_MOST


def in_force(acts: Iterable[Act], head_sha: str) -> tuple[Act, ...]:
    """The acts that nothing has taken back, as they were said.

    An undo ends the act that it names, a resume the holds that it names, a push the word that the
    author is ready. Whether files have changed under an act is asked where its item is judged.
    """
    standing: dict[str, Act] = {}
    for act in in_order(acts):
        if act.kind in _TAKES_BACK:
            for key in act.subjects:
                standing.pop(key, None)
        elif act.kind is not ActKind.READY or act.head_sha == head_sha:
            standing[act.key] = act
    return tuple(standing.values())


def noted(acts: tuple[Act, ...]) -> tuple[Act, ...]:
    """The acts as they were said, each with what became of the comment behind it."""
    became = {
        act.subjects[0]: DELETED if act.detail == DELETED else f"{EDITED} by {act.by.login}"
        for act in acts
        if act.detail in {EDITED, DELETED}
    }
    return tuple(
        replace(act, data={**act.data, "comment": became[source]})
        if (source := ":".join(act.key.split(":")[:2])) in became
        else act
        for act in acts
    )


def lost_of(acts: tuple[Act, ...]) -> tuple[Act, ...]:
    """What could not be rebuilt, would hold still, and was neither rebuilt later nor said again."""
    known = {"lost:" + act.key.partition("-")[0] for act in acts}
    brief = ("ack", "snooze", "assign")
    lost = [one for one in acts if one.lost and one.data.get("verb") not in brief]
    lost = [one for one in lost if one.key not in known]
    return tuple(one for one in lost if not any(_repeats(act, one) for act in acts))


def _repeats(act: Act, lost: Act) -> bool:
    same = act.kind.value == lost.data.get("verb", lost.kind.value) and act.by.id == lost.by.id
    about = not lost.subjects or not set(lost.subjects).isdisjoint(act.subjects)
    return same and about and not act.lost and act.said_at > lost.said_at


def refused_of(acts: tuple[Act, ...]) -> tuple[Act, ...]:
    """The lines that were refused and have not been run since, in the order of their saying."""
    done = {REFUSED + act.key.partition("/")[0] for act in acts}
    return tuple(one for one in acts if one.kind is ActKind.REFUSE and one.key not in done)


def rejected(acts: tuple[Act, ...]) -> tuple[Act, ...]:
    """What was refused lately, and neither run nor said in another way by the same person since."""
    left = [one for one in refused_of(acts) if not any(_repeats(act, one) for act in acts)]
    return tuple(left[-REJECTED_AT_MOST:])


def holds_of(acts: Iterable[Act]) -> tuple[Act, ...]:
    """The holds among acts in force; the name of each, `h1`, is its only subject."""
    return tuple(act for act in acts if act.kind is ActKind.HOLD)


def next_name(letter: str, taken: Iterable[str]) -> str:
    """What the next one is called: `h2` after `h1`, `e3` after `e2`."""
    numbers = [int(name[1:]) for name in taken if name[:1] == letter and name[1:].isdecimal()]
    return f"{letter}{max(numbers, default=0) + 1}"
