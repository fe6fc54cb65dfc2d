"""A webhook of the operator's own, signed so that its receiver knows who speaks, and when."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.notify.letter import fitting

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.notify.letter import Letter
    from bot.notify.wire import Wire

SCHEMA = "handoff.event/1"
# Of lines, in bytes of JSON; the whole body stays below 64 KB.
ROOM = 56_000


class Webhook:
    """Carries letters to webhooks."""

    def __init__(self, wire: Wire, clock: Clock) -> None:
        self._wire = wire
        self._clock = clock

    async def carry(self, letter: Letter) -> Mapping[str, str]:
        """Nothing is to be kept."""
        body = form(letter)
        moment = str(int(self._clock.now().timestamp()))
        signed = [_signature(key.reveal(), moment, body) for key in letter.target.keys]
        headers = {
            "x-handoff-delivery": letter.delivery,
            "x-handoff-signature-256": ",".join([f"t={moment}", *signed]),
        }
        await self._wire.post(letter.target.url, body, headers)
        return {}


def form(letter: Letter) -> bytes:
    """The body."""
    message = letter.message
    data = {
        "schema": SCHEMA,
        "delivery": letter.delivery,
        "kind": message.kind,
        "repository": letter.repo,
        "number": letter.number,
        "subject": message.subject,
        "lines": fitting(message.lines, ROOM, lambda line: len(json.dumps(line)) + 2),
        "link": message.link,
        "to": list(message.to),
    }
    return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()


def _signature(secret: str, moment: str, body: bytes) -> str:
    return "v1=" + hmac.digest(secret.encode(), moment.encode() + b"." + body, "sha256").hex()
