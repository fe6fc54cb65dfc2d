"""A message on its way: cleaned once, and cut to what a channel takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from bot.model.effect import Send
from bot.model.message import Message
from bot.notify.channels import Target
from bot.text.escape import one_line

LINE_AT_MOST = 2_900
SUBJECT_AT_MOST = 150
_LINES_AT_MOST = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message for one target; every text of `message` is one plain line.

    `delivery`: the same for a repeat. `before`: what the first message of the thread has left.
    """

    message: Message
    target: Target
    delivery: str
    repo: str
    number: int
    before: Mapping[str, str]


def letter(effect: Send, target: Target, repo: str, before: Mapping[str, str]) -> Letter:
    """The letter that the effect means."""
    message = effect.message
    return Letter(
        message=replace(
            message,
            subject=cut(one_line(message.subject), SUBJECT_AT_MOST),
            lines=tuple(cut(one_line(line), LINE_AT_MOST) for line in message.lines),
            thread=one_line(message.thread),
        ),
        target=target,
        delivery=sha256(effect.key.encode()).hexdigest()[:32],
        repo=repo,
        number=effect.number,
        before=before,
    )


def cut(text: str, at_most: int) -> str:
    """The text, or its beginning with an ellipsis."""
    return text if len(text) <= at_most else text[: at_most - 1].rstrip() + "…"


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
