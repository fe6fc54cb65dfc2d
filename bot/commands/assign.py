"""`/handoff assign ROLE @who`: somebody else of the role is asked from now on."""

from __future__ import annotations

import re

from bot.acts.asking import answers
from bot.acts.binding import act_of
from bot.acts.who import every_role, refusal
from bot.acts.words import said, unknown_words
from bot.model.act import ActKind
from bot.model.command import Command, Heard, Scene
from bot.model.problem import Problem

USAGE = "/handoff assign ROLE @who"
# An underscore parts the name of a managed user from their enterprise.
_LOGIN = re.compile(r"@?([a-z0-9](?:[a-z0-9_-]{0,79}))")


def decide(scene: Scene) -> Heard | Problem:
    words = said(scene.line)
    if isinstance(words, Problem):
        return words
    if len(words.names) < 2 or not _LOGIN.fullmatch(words.names[1]):
        return refusal("say which role, and who", f"type {USAGE}")
    role, login = words.names[0], words.names[1].removeprefix("@")
    wrong = unknown_words(words.names[2:])
    if wrong is not None:
        return wrong
    open_ = [one for one in scene.report.escalations if one.open and role in one.roles]
    if not open_:
        return refusal(f"nothing is asked of {role}")
    roles = answers("assign", open_[0], scene)
    if isinstance(roles, Problem):
        return roles
    if login == scene.matter.facts.author.login.casefold():
        return refusal("the author is not asked about their own work")
    known = every_role(scene.matter.policy).get(role)
    people = known.people if known is not None else ()
    if people and login not in {one.casefold() for one in people}:
        return refusal(f"{login} is not in {role} ({', '.join(people)})")
    acts = tuple(
        act_of(
            scene,
            ActKind.ASSIGN,
            (one.name,),
            key=f"{scene.key}/{one.name}",
            roles=roles,
            data={"to": login, "role": role},
        )
        for one in open_
    )
    return Heard(acts=acts)


COMMAND = Command(
    id="assign",
    verb="assign",
    usage=USAGE,
    who="members of that role, lead",
    does="have somebody else of the role asked",
    examples=("/handoff assign architect @pat",),
    edits=False,
    decide=decide,
    asks_standing=True,
)
