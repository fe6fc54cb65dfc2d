"""`/handoff n/a ITEM … because …`: the item has nothing to judge here."""

from __future__ import annotations

from bot.acts.binding import about, scopes_of
from bot.acts.naming import items_named, seen_at
from bot.acts.rules import allowed, settlers
from bot.acts.who import entitled, listed, outsider, refusal, shown
from bot.acts.words import reason_problem, said
from bot.model.act import Act, ActKind
from bot.model.command import Command, Heard, Scene
from bot.model.problem import Problem
from bot.model.report import Entry, Failing, State
from bot.model.verdict import Outcome

USAGE = "/handoff n/a ITEM because …"


def decide(scene: Scene) -> Heard | Problem:
    words = said(scene.line, ("at",), heads=scene.heads)
    if isinstance(words, Problem):
        return words
    entries = items_named(words.names, scene.report, "n/a")
    if isinstance(entries, Problem):
        return entries
    wrong = reason_problem(words.reason, USAGE)
    if wrong is not None:
        return wrong
    policy = scene.matter.policy
    roles = entitled(scene.asker, allowed(policy, "n/a"), policy)
    if isinstance(roles, Problem):
        return roles
    # One more word beside another is kept: the other may be taken back.
    open_ = [one for one in entries if one.state is not State.NOT_NEEDED or one.acts]
    scopes = scopes_of((one.item for one in open_), scene, words.at)
    if isinstance(scopes, Problem):
        return scopes
    acts: list[Act] = []
    for entry in open_:
        refused = _refused(entry, scene)
        if refused is not None:
            return refused
        said_so = {"roles": roles | _settlers(entry, scene), "reason": words.reason}
        acts.append(about(entry.item, scene, ActKind.NOT_APPLICABLE, scopes, **said_so))
    return Heard(acts=tuple(acts))


def _refused(entry: Entry, scene: Scene) -> Problem | None:
    """A machine that says no is not out-voted by the same people whom it says it to."""
    verdict, policy = entry.verdict, scene.matter.policy
    if verdict.outcome is Outcome.FAIL and entry.failing is not Failing.WORD:
        who = [shown(role, policy) for role in sorted(entry.waive_by)]
        ask = f", or ask {listed(who)}: /handoff waive {entry.item} because …"
        hint = "nothing was done. Mend it" + (ask if who else ": nobody may waive it")
        return refusal(f"{entry.item}: {verdict.summary}{seen_at(entry)}", hint)
    if verdict.outcome is Outcome.UNKNOWN and verdict.by_content:
        return outsider(scene.asker, f"{entry.item}, which cannot be read,")
    return None


def _settlers(entry: Entry, scene: Scene) -> frozenset[str]:
    """Which of those whose word decides the item the person is."""
    found = entitled(scene.asker, settlers(entry), scene.matter.policy)
    return frozenset() if isinstance(found, Problem) else found


COMMAND = Command(
    id="not-applicable",
    verb="n/a",
    usage=USAGE,
    who="author, reviewer",
    does="there is nothing to judge here",
    examples=("/handoff n/a migrations because no schema changes",),
    edits=False,
    decide=decide,
    asks_standing=True,
    bound=True,
)
