"""`/handoff snooze [e1] 2d`: the question is taken for so long, twice at most."""

from __future__ import annotations

import re

from bot.acts.asking import answers, episode_named
from bot.acts.binding import act_of
from bot.acts.who import refusal
from bot.acts.words import said, unknown_words
from bot.model.act import ActKind
from bot.model.command import Command, Heard, Scene
from bot.model.problem import Problem

DAYS_AT_MOST, HOURS_AT_MOST, TIMES_AT_MOST = 3, 24, 2
_DURATION = re.compile(r"(\d{1,2})([hd])")


def decide(scene: Scene) -> Heard | Problem:
    words = said(scene.line)
    if isinstance(words, Problem):
        return words
    lasts = [one for one in words.names if _DURATION.fullmatch(one)]
    names = [one for one in words.names if one not in lasts]
    wrong = unknown_words((*names[1:], *lasts[1:])) or _too_long(lasts)
    if wrong is not None:
        return wrong
    episode = episode_named("".join(names), scene)
    if isinstance(episode, Problem):
        return episode
    roles = answers("snooze", episode, scene)
    if isinstance(roles, Problem):
        return roles
    if not episode.open:
        return Heard()
    slept = [
        one
        for one in scene.matter.acts
        if one.detail == "snooze"
        and one.subjects == (episode.name,)
        and one.by.id == scene.asker.person.id
    ]
    if len(slept) >= TIMES_AT_MOST:
        return refusal("twice is the limit", "decide it, or assign it to somebody else")
    data = {"lasts": lasts[0]}
    act = act_of(scene, ActKind.ACK, (episode.name,), roles=roles, detail="snooze", data=data)
    return Heard(acts=(act,))


def _too_long(lasts: list[str]) -> Problem | None:
    found = _DURATION.fullmatch(lasts[0]) if lasts else None
    if found is None:
        return refusal("say for how long", "type /handoff snooze 4h, or up to 3d")
    most = DAYS_AT_MOST if found[2] == "d" else HOURS_AT_MOST
    if 1 <= int(found[1]) <= most:
        return None
    return refusal(f"a question rests for {most}{found[2]} at most")


COMMAND = Command(
    id="snooze",
    verb="snooze",
    usage="/handoff snooze [e1] 2d",
    who="the role asked",
    does="take the question for so long",
    examples=("/handoff snooze 2d", "/handoff snooze e1 4h"),
    edits=False,
    decide=decide,
    asks_standing=True,
)
