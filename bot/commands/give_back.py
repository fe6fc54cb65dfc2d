"""`/handoff return [NOTICE] [KIND] [ITEM|FIELD …] because …`: the no of those who were told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.acts.binding import act_of
from bot.acts.naming import items_named
from bot.acts.receiving import notice_named, receiver_of
from bot.acts.who import refusal
from bot.acts.words import LONG_REASON, reason_problem, said
from bot.model.act import EVERYTHING, ActKind
from bot.model.command import Command, Heard, Scene
from bot.model.known import Unknown
from bot.model.problem import Problem
from bot.model.scope import fingerprint

if TYPE_CHECKING:
    from bot.model.handover import Handover
    from bot.model.notice import Field

USAGE = "/handoff return NOTICE bug ITEM because …"
KINDS = ("bug", "regression", "environment", "notes")


def decide(scene: Scene) -> Heard | Problem:
    words = said(scene.line)
    if isinstance(words, Problem):
        return words
    wrong = reason_problem(words.reason, USAGE, LONG_REASON)
    if wrong is not None:
        return wrong
    names = list(words.names)
    notice = names.pop(0) if names and notice_named(names[0], scene) else ""
    kind = names.pop(0) if names and names[0] in KINDS else ""
    found = receiver_of("return", notice, scene)
    if isinstance(found, Problem):
        return found
    one, roles = found
    fields, others = _fields(one, kind, names)
    items = items_named(others, scene.report, "return") if others else ()
    if isinstance(items, Problem):
        return items
    scopes = {f"{one.notice}.{field.name}": field.digest for field in fields}
    subjects = [*(entry.item for entry in items), *scopes]
    if items or not fields:
        everything = fingerprint(scene.matter.facts.changes, (), scene.matter.policy.generated)
        if isinstance(everything, Unknown):
            return refusal(f"I cannot see the whole diff ({everything.reason})")
        scopes[EVERYTHING] = everything
    act = act_of(
        scene,
        ActKind.RETURN,
        (one.notice, *subjects),
        roles=roles,
        reason=words.reason,
        detail=kind,
        scopes=scopes,
        data={"revision": str(one.revision), "role": one.role},
    )
    return Heard(acts=(act,))


def _fields(one: Handover, kind: str, names: list[str]) -> tuple[list[Field], list[str]]:
    """The fields that are named or meant, and the names of other things."""
    wanted = {name.removeprefix(f"{one.notice}.") for name in names}
    if kind == "environment":
        wanted.add("environment")
    fields = [field for field in one.fields if field.name in wanted]
    if kind == "notes" and not names:
        fields = list(one.fields)
    known = {field.name for field in fields}
    return fields, [name for name in names if name.removeprefix(f"{one.notice}.") not in known]


COMMAND = Command(
    id="give-back",
    verb="return",
    usage="/handoff return [NOTICE] [bug|regression|environment|notes] [ITEM|FIELD …] because …",
    who="members of the role that was told",
    does="give back what was handed over; what is named is open again",
    examples=("/handoff return qa bug api-tests because a refund of 0 answers 500",),
    edits=False,
    decide=decide,
    asks_standing=True,
    closed=True,
)
