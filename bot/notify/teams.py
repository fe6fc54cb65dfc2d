"""Teams, by the address of a workflow: an Adaptive Card."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bot.notify.letter import fitting

if TYPE_CHECKING:
    from bot.notify.letter import Letter
    from bot.notify.wire import Wire

# Of lines, in bytes of JSON; the whole card stays below 20,000.
ROOM = 16_000


class Teams:
    """Carries letters to a Teams workflow."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def carry(self, letter: Letter) -> Mapping[str, str]:
        """Nothing is to be kept."""
        await self._wire.post(letter.target.url, json.dumps(form(letter)).encode(), {})
        return {}


def form(letter: Letter) -> dict[str, Any]:
    """The card; text runs know no Markdown, and without entities there is no mention."""
    message = letter.message
    lines = fitting(
        [line for line in message.lines if line], ROOM, lambda one: len(json.dumps(one)) + 80
    )
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            _runs(message.subject, weight="Bolder", size="Medium"),
            *(_runs(line) for line in lines),
            *([_runs(", ".join(message.to), isSubtle=True)] if message.to else []),
        ],
        "actions": [{"type": "Action.OpenUrl", "title": message.thread, "url": message.link}],
    }
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "content": card}]}


def _runs(text: str, **style: object) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}
