"""`/handoff undo [ITEM|h1|e1|NOTICE]`: the newest word still in force is taken back."""

from __future__ import annotations

from bot.acts.binding import act_of, standing
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
# What others have said that the author or who wrote commits here may not take back.
_HOLDS_UP = {
    ActKind.WAIVE: "a waiver",
    ActKind.DECIDE: "a decision",
    ActKind.ESCALATE: "a question",
}


def decide(scene: Scene) -> Heard | Problem:
    words = said(scene.line)
    if isinstance(words, Problem):
        return words
    wrong = unknown_words(words.names[1:])
    if wrong is not None:
        return wrong
    said_so = [one for one in standing(scene) if not one.kind.own]
    if not scene.matter.facts.open:
        said_so = [one for one in said_so if one.kind in _ANSWERS]
    name = _meant(words.names[0], scene) if words.names else ""
    said_so = [one for one in said_so if not name or name in one.subjects]
    own = [one for one in said_so if one.by.id == scene.asker.person.id]
    if own:
        return _undone(scene, own[-1], frozenset(), words.reason, name)
    if not name or not said_so:
        there = ", ".join(dict.fromkeys(f"{one.kind} by {one.by.login}" for one in said_so))
        return refusal("there is nothing of yours to take back", there or "nothing was done")
    return _anothers(scene, said_so[-1], words.reason)


def _meant(name: str, scene: Scene) -> str:
    """The item of that name; what is none stays as it was written."""
    entry = item_named(name, scene.report, "undo")
    return name if isinstance(entry, Problem) else entry.item


def _anothers(scene: Scene, act: Act, reason: str) -> Heard | Problem:
    """Somebody else's word, by a role that may say the same, with a reason."""
    policy = scene.matter.policy
    named = [one for one in scene.report.entries if one.item in act.subjects]
    if act.kind in _HOLDS_UP:
        wrong = outsider(scene.asker, f"undoing {_HOLDS_UP[act.kind]}")
        if wrong is not None:
            return wrong
    words = allowed(policy, act.kind.value, asked=_asked(act, scene))
    if act.kind is ActKind.HOLD:
        # What ends it is no other word than its own.
        words = allowed(policy, "resume") - {"holder"}
    if act.kind is ActKind.WAIVE:
        words = frozenset(role for one in named for role in one.waive_by)
    if act.kind is ActKind.ATTEST:
        words = frozenset(word for one in named for word in settlers(one))
    roles = entitled(scene.asker, words, policy)
    if isinstance(roles, Problem):
        return roles
    wrong = reason_problem(reason, USAGE)
    return wrong if wrong is not None else _undone(scene, act, roles, reason)


def _asked(act: Act, scene: Scene) -> frozenset[str]:
    """Whom the act's own verb was for: the role that was told, or those asked the question."""
    asked = [one.roles for one in scene.report.escalations if one.name in act.subjects[:1]]
    return asked[0] if asked else frozenset({act.data.get("role", "asked")})


def _undone(
    scene: Scene, act: Act, roles: frozenset[str], reason: str, own: str | None = None
) -> Heard:
    # Which word is the newest may show later; after the end only an answer can be meant.
    data = {} if own is None or not scene.matter.facts.open else {"own": own}
    undo = act_of(scene, ActKind.UNDO, (act.key,), roles=roles, reason=reason, data=data)
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
