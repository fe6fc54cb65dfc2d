"""Which acts are in force: the ledger folded, whatever order the acts arrived in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.model.act import DELETED, EDITED, Act, ActKind

if TYPE_CHECKING:
    from collections.abc import Iterable


def in_force(acts: Iterable[Act], head_sha: str) -> tuple[Act, ...]:
    """The acts that nothing has taken back, as they were said.

    An undo ends the act that it names, a resume the holds that it names, a push the word that the
    author is ready. Whether files have changed under an act is asked where its item is judged.
    """
    standing: dict[str, Act] = {}
    for act in sorted(acts, key=lambda one: one.order):
        if act.kind is ActKind.UNDO or act.kind is ActKind.RESUME:
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


def holds_of(acts: Iterable[Act]) -> tuple[Act, ...]:
    """The holds among acts in force; the name of each, `h1`, is its only subject."""
    return tuple(act for act in acts if act.kind is ActKind.HOLD)


def next_name(letter: str, taken: Iterable[str]) -> str:
    """What the next one is called: `h2` after `h1`, `e3` after `e2`."""
    numbers = [int(name[1:]) for name in taken if name[:1] == letter and name[1:].isdecimal()]
    return f"{letter}{max(numbers, default=0) + 1}"
