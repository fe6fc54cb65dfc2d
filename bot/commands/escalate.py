"""`/handoff escalate [TRIGGER] [to ROLE] because …`: a person puts a question to a role."""

from __future__ import annotations

from difflib import get_close_matches

from bot.acts.binding import act_of
from bot.acts.force import next_name
from bot.acts.rules import allowed
from bot.acts.who import entitled, every_role, refusal
from bot.acts.words import reason_problem, said, unknown_words
from bot.model.act import ActKind
from bot.model.codec import canonical
from bot.model.command import Command, Heard, Scene
from bot.model.episode import QUESTION
from bot.model.policy import TRIGGERS, Block, Policy
from bot.model.problem import Problem
from bot.model.verbs import NAMED

USAGE = "/handoff escalate [TRIGGER] [to ROLE] because …"


def decide(scene: Scene) -> Heard | Problem:
    words = said(scene.line, ("to",))
    if isinstance(words, Problem):
        return words
    policy = scene.matter.policy
    name = words.names[0] if words.names else QUESTION
    wrong = unknown_words(words.names[1:]) or _no_such(name, words.to, policy)
    wrong = wrong or reason_problem(words.reason, USAGE)
    if wrong is not None:
        return wrong
    roles = entitled(scene.asker, sorted(allowed(policy, "escalate") - {NAMED}), policy)
    if isinstance(roles, Problem):
        return roles
    use = next((one for one in policy.triggers if one.id == name), None)
    asked = words.to or (use.ask if use else _first_asked(policy))
    block = use.block if use else Block.NEVER
    act = act_of(
        scene,
        ActKind.ESCALATE,
        (next_name("e", _all_raised(scene)),),
        roles=roles,
        reason=words.reason,
        data={
            "trigger": name,
            "role": asked,
            "block": block.value,
            "timing": canonical(policy.timing).decode(),
        },
    )
    return Heard(acts=(act,))


def _all_raised(scene: Scene) -> list[str]:
    kinds = {ActKind.RAISE, ActKind.ESCALATE}
    every = (*scene.matter.acts, *scene.later)
    return [one.subjects[0] for one in every if one.kind in kinds]


def _first_asked(policy: Policy) -> str:
    """Whom the policy asks where a question names nobody."""
    return next((one.ask for one in policy.triggers), "architect")


def _no_such(name: str, role: str, policy: Policy) -> Problem | None:
    if name != QUESTION and name not in TRIGGERS:
        near = get_close_matches(name, TRIGGERS, n=1)
        hint = f"did you mean {near[0]}? " if near else f"there are {', '.join(TRIGGERS)}. "
        return refusal(f'I do not know the trigger "{name}"', f"{hint}Nothing was done")
    if role and role not in every_role(policy):
        there = ", ".join(sorted(every_role(policy)))
        return refusal(f'there is no role "{role}"', f"there are {there}. Nothing was done")
    return None


COMMAND = Command(
    id="escalate",
    verb="escalate",
    usage=USAGE,
    who="author with write, reviewer, any role",
    does="put a question to a role",
    examples=(
        "/handoff escalate performance because the list needs a full scan",
        "/handoff escalate to product because are partial refunds in scope?",
    ),
    edits=False,
    decide=decide,
    asks_standing=True,
)
