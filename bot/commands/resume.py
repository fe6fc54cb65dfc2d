"""`/handoff resume [h1]`: a hold ends, by who set it or by a lead."""

from __future__ import annotations

from bot.acts.binding import act_of, said_before
from bot.acts.force import holds_of
from bot.acts.rules import allowed
from bot.acts.who import entitled, refusal
from bot.acts.words import reason_problem, said, unknown_words
from bot.model.act import Act, ActKind
from bot.model.command import Command, Heard, Scene
from bot.model.problem import Problem

USAGE = "/handoff resume h1 because …"


def decide(scene: Scene) -> Heard | Problem:
    words = said(scene.line)
    if isinstance(words, Problem):
        return words
    policy, asker = scene.matter.policy, scene.asker
    holds = holds_of(said_before(scene))
    own = [one for one in holds if one.by.id == asker.person.id]
    wrong = unknown_words(words.names[1:])
    named = [one for one in holds if one.subjects == words.names[:1]] if words.names else own
    if wrong is not None or not named:
        return wrong or _no_such(words.names, holds)
    lead: frozenset[str] | Problem = frozenset({"holder"})
    if not all(one in own for one in named):
        lead = entitled(asker, allowed(policy, "resume") - {"holder"}, policy)
        if isinstance(lead, Problem):
            return lead
        wrong = reason_problem(words.reason, USAGE)
        if wrong is not None:
            return wrong
    keys = tuple(one.key for one in named)
    return Heard(acts=(act_of(scene, ActKind.RESUME, keys, roles=lead, reason=words.reason),))


def _no_such(names: tuple[str, ...], holds: tuple[Act, ...]) -> Problem:
    there = ", ".join(f"{one.subjects[0]} by {one.by.login}" for one in holds)
    what = f"there is no hold {names[0]}" if names else "you hold nothing here"
    return refusal(what, f"there is {there}" if there else "nothing is on hold")


COMMAND = Command(
    id="resume",
    verb="resume",
    usage="/handoff resume [h1]",
    who="its holder; lead, with a reason",
    does="end a hold",
    examples=("/handoff resume", "/handoff resume h1"),
    edits=False,
    decide=decide,
    asks_standing=True,
)
