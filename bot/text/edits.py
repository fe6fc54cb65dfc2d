"""What was sent to a channel and answered: the answer is added to it, and nobody called again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.model.act import ActKind
from bot.text.asked import answer_of
from bot.text.handover import sent_of, so_far
from bot.text.ping import sends_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bot.model.act import Act
    from bot.model.effect import Send
    from bot.model.report import Matter, Report

_ANSWERS = frozenset(
    {ActKind.ACK, ActKind.DECIDE, ActKind.WITHDRAW, ActKind.ACCEPT, ActKind.RETURN}
)


def edits_of(
    acts: Iterable[Act], matter: Matter, report: Report, web: str, direct: Mapping[str, str]
) -> tuple[Send, ...]:
    """An edit of each message whose question or notice these new acts answer, or take the answer
    back. `web`, `direct`: as for asking."""
    known = {act.key: act for act in matter.acts}
    newest: dict[str, Act] = {}
    for act in acts:
        about = known.get(act.subjects[0]) if act.kind is ActKind.UNDO else act
        if about is not None and about.subjects and (about is not act or act.kind in _ANSWERS):
            newest[about.subjects[0]] = act
    return tuple(_edits(newest, matter, report, web, direct))


def _edits(
    newest: Mapping[str, Act], matter: Matter, report: Report, web: str, direct: Mapping[str, str]
) -> Iterator[Send]:
    for episode in report.escalations:
        for ask in episode.asked if episode.name in newest else ():
            for send in sends_of(ask, episode, matter, web, direct):
                line = answer_of(episode, report.zone)
                yield _edit(send, newest[episode.name], line, over=not episode.open)
    for one in report.told:
        if one.tell is not None and one.notice in newest:
            for send in sent_of("told", one.tell, matter, report, web):
                yield _edit(send, newest[one.notice], so_far(one, report.zone), over=not one.owes)


def _edit(send: Send, act: Act, line: str, *, over: bool) -> Send:
    """`over`: nobody has to be asked any more, even where the message has not left yet."""
    kind = "answered" if over else "taken"
    message = replace(send.message, kind=kind, lines=(line,), to=())
    return replace(send, edits=send.key, cause=f"{send.cause}:{act.key}", message=message)
