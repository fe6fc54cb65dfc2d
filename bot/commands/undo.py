"""`/handoff undo [ITEM|h1|e1|NOTICE]`: the newest word still in force is taken back."""

from __future__ import annotations

from bot.acts.binding import act_of, said_before
from bot.acts.naming import item_named
from bot.acts.rules import allowed, settlers
from bot.acts.who import entitled, outsider, refusal
from bot.acts.words import reason_problem, said, unknown_words
from bot.model.act import Act, ActKind
from bot.model.command import Command, Heard, Scene
from bot.model.problem import Problem

USAGE = "/handoff undo ITEM because …"
# After the merge only an answer can be taken back.
_ANSWERS = frozenset({ActKind.ACCEPT, ActKind.RETURN})


def decide(scene: Scene) -> Heard | Problem:
    words = said(scene.line)
    if isinstance(words, Problem):
        return words
    wrong = unknown_words(words.names[1:])
    if wrong is not None:
        return wrong
    standing = [one for one in said_before(scene) if not one.kind.own]
    if not scene.matter.facts.open:
        standing = [one for one in standing if one.kind in _ANSWERS]
    if words.names:
        name = _meant(words.names[0], scene)
        standing = [one for one in standing if name in one.subjects]
    own = [one for one in standing if one.by.id == scene.asker.person.id]
    if own:
        return _undone(scene, own[-1], frozenset(), words.reason)
    if not words.names or not standing:
        there = ", ".join(dict.fromkeys(f"{one.kind} by {one.by.login}" for one in standing))
        return refusal("there is nothing of yours to take back", there or "nothing was done")
    return _anothers(scene, standing[-1], words.reason)


def _meant(name: str, scene: Scene) -> str:
    """The item of that name; what is none stays as it was written."""
    entry = item_named(name, scene.report, "undo")
    return name if isinstance(entry, Problem) else entry.item


def _anothers(scene: Scene, act: Act, reason: str) -> Heard | Problem:
    """Somebody else's word, by a role that may say the same, with a reason."""
    policy = scene.matter.policy
    asked = frozenset({act.data.get("role", "asked")})
    words = allowed(policy, act.kind.value, asked=asked)
    named = [one for one in scene.report.entries if one.item in act.subjects]
    if act.kind is ActKind.WAIVE:
        wrong = outsider(scene.asker, "undoing a waiver")
        if wrong is not None:
            return wrong
        words = frozenset(role for one in named for role in one.waive_by)
    if act.kind is ActKind.ATTEST:
        words = frozenset(word for one in named for word in settlers(one))
    roles = entitled(scene.asker, words, policy)
    if isinstance(roles, Problem):
        return roles
    wrong = reason_problem(reason, USAGE)
    return wrong if wrong is not None else _undone(scene, act, roles, reason)


def _undone(scene: Scene, act: Act, roles: frozenset[str], reason: str) -> Heard:
    undo = act_of(scene, ActKind.UNDO, (act.key,), roles=roles, reason=reason)
    return Heard(acts=(undo,))


COMMAND = Command(
    id="undo",
    verb="undo",
    usage="/handoff undo [ITEM|h1|e1|NOTICE]",
    who="the same person; with a reason, a role that may say the same",
    does="take back the newest word that is in force",
    examples=("/handoff undo", "/handoff undo docs because it was about another change"),
    edits=False,
    decide=decide,
    asks_standing=True,
    closed=True,
)
