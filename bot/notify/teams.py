"""Teams, by the address of a workflow: an Adaptive Card."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bot.notify.letter import fitting

if TYPE_CHECKING:
    from bot.notify.letter import Letter, Means

# Of lines, in bytes of JSON; the whole card stays below 20,000.
ROOM = 16_000
_CARD = "application/vnd.microsoft.card.adaptive"


async def carry(letter: Letter, means: Means) -> Mapping[str, str]:
    """Nothing is to be kept."""
    await means.wire.post(letter.target.url, json.dumps(form(letter)).encode(), {})
    return {}


def form(letter: Letter) -> dict[str, Any]:
    """The card; text runs know no Markdown, and without entities there is no mention."""
    message = letter.message
    lines = fitting(message.lines, ROOM, lambda line: len(json.dumps(_runs(line))))
    people = [_runs(", ".join(message.to), isSubtle=True)] if message.to else []
    subject = _runs(message.subject, weight="Bolder", size="Medium")
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [subject, *(_runs(line) for line in lines), *people],
        "actions": [{"type": "Action.OpenUrl", "title": message.thread, "url": message.link}],
    }
    return {"type": "message", "attachments": [{"contentType": _CARD, "content": card}]}


def _runs(text: str, **style: object) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}
