"""A message on its way: cleaned once, and cut to what a channel takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from bot.clock import Clock
from bot.model.effect import Send
from bot.model.message import Message
from bot.notify.channels import Channels, Target
from bot.notify.wire import Wire
from bot.text.escape import one_line

LINE_AT_MOST = 2_900
_LINES_AT_MOST = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message for one target; every text of `message` is one plain line.

    `delivery`: the same for a repeat. `before`: what the first message of the thread has left, or
    the one that it `edits`.
    """

    message: Message
    target: Target
    delivery: str
    repo: str
    number: int
    before: Mapping[str, str]
    edits: bool = False


@dataclass(frozen=True, slots=True)
class Means:
    """What carries letters."""

    channels: Channels
    wire: Wire
    clock: Clock


def letter(effect: Send, target: Target, repo: str, before: Mapping[str, str]) -> Letter:
    """The letter that the effect means."""
    message = effect.message
    clean = replace(
        message,
        subject=_cut(message.subject, 150),
        lines=tuple(_cut(line, LINE_AT_MOST) for line in message.lines if line),
        link=one_line(message.link),
        thread=one_line(message.thread),
        to=tuple(one_line(one) for one in message.to),
    )
    return Letter(
        message=clean,
        target=target,
        delivery=sha256(effect.key.encode()).hexdigest()[:32],
        repo=repo,
        number=effect.number,
        before=before,
        edits=bool(effect.edits),
    )


def mapped(message: Message, people: Mapping[str, str]) -> list[str]:
    """What the addressed are called in a channel, as far as the operator says."""
    return [people[one.lower()] for one in message.to if one.lower() in people]


def fitting(lines: Sequence[str], room: int, size: Callable[[str], int] = len) -> list[str]:
    """The first lines that have room together, then how many more there are."""
    found: list[str] = []
    for line in lines[:_LINES_AT_MOST]:
        room -= size(line)
        if room < 0:
            break
        found.append(line)
    more = len(lines) - len(found)
    return [*found, f"… {more} more"] if more else found


def _cut(text: str, at_most: int) -> str:
    line = one_line(text)
    return line if len(line) <= at_most else line[: at_most - 1].rstrip() + "…"
