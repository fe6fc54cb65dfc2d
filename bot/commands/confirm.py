"""`/handoff confirm NOTICE[.FIELD]`: what was drafted for a notice is right as it stands."""

from __future__ import annotations

from bot.acts.binding import act_of, one_head
from bot.acts.receiving import notice_named
from bot.acts.who import entitled, listed, refusal
from bot.acts.words import said, unknown_words
from bot.model.act import Act, ActKind
from bot.model.command import Command, Heard, Scene
from bot.model.problem import Problem


def decide(scene: Scene) -> Heard | Problem:
    words = said(scene.line, ("at",), heads=scene.heads)
    if isinstance(words, Problem):
        return words
    wrong = unknown_words(words.names[1:]) or one_head(scene, words.at)
    if wrong is not None:
        return wrong
    notice, _, field_name = "".join(words.names[:1]).partition(".")
    one = notice_named(notice, scene)
    fields = () if one is None else tuple(f for f in one.fields if field_name in {"", f.name})
    if one is None or not fields:
        return _unknown(scene)
    acts: list[Act] = []
    for field in fields:
        if field.confirmed or not field.value:
            continue
        roles = entitled(scene.asker, (field.confirmed_by or "author",), scene.matter.policy)
        if isinstance(roles, Problem):
            return roles
        name, scopes = f"{one.notice}.{field.name}", {f"{one.notice}.{field.name}": field.digest}
        known = {"key": f"{scene.key}/{name}", "roles": roles, "scopes": scopes}
        acts.append(act_of(scene, ActKind.CONFIRM, (name,), **known))
    return Heard(acts=tuple(acts), answer="" if acts else "there is nothing to confirm")


def _unknown(scene: Scene) -> Problem:
    there = [f"{one.notice}.{field.name}" for one in scene.report.told for field in one.fields]
    names = listed(there) or "none here"
    return refusal("name a notice, or one of its fields", f"there is {names}")


COMMAND = Command(
    id="confirm",
    verb="confirm",
    usage="/handoff confirm NOTICE[.FIELD]",
    who="whoever the field names, else the author",
    does="what was drafted for a notice is right",
    examples=("/handoff confirm frontend", "/handoff confirm frontend.deviations"),
    edits=True,
    decide=decide,
    asks_standing=True,
    bound=True,
)
