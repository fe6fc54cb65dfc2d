"""`/handoff accept [NOTICE]`: the yes of those whom it was handed over to."""

from __future__ import annotations

from bot.acts.answers import AS_IT_WAS
from bot.acts.binding import act_of
from bot.acts.receiving import receiver_of
from bot.acts.who import refusal
from bot.acts.words import said, unknown_words
from bot.model.act import ActKind
from bot.model.command import Command, Heard, Scene
from bot.model.problem import Problem


def decide(scene: Scene) -> Heard | Problem:
    words = said(scene.line)
    if isinstance(words, Problem):
        return words
    wrong = unknown_words(words.names[1:])
    if wrong is not None:
        return wrong
    found = receiver_of("accept", "".join(words.names[:1]), scene)
    if isinstance(found, Problem):
        return found
    one, roles = found
    if one.changed not in {(), (AS_IT_WAS,)}:
        return refusal(
            f"it is not any more what you were told: {'; '.join(one.changed)}",
            "you are told again when it is ready",
        )
    act = act_of(
        scene,
        ActKind.ACCEPT,
        (one.notice,),
        roles=roles,
        reason=words.reason,
        data={"revision": str(one.revision), "role": one.role},
    )
    return Heard(acts=(act,))


COMMAND = Command(
    id="accept",
    verb="accept",
    usage="/handoff accept [NOTICE]",
    who="members of the role that was told",
    does="take over what was handed over",
    examples=("/handoff accept", "/handoff accept frontend"),
    edits=False,
    decide=decide,
    asks_standing=True,
    closed=True,
)
