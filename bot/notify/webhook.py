"""A webhook of the operator's own, signed so that its receiver knows who speaks, and when."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.notify.letter import fitting

if TYPE_CHECKING:
    from bot.notify.letter import Letter, Means

# Of lines, in bytes of JSON; the whole body stays below 64 KB.
ROOM = 56_000


async def carry(letter: Letter, means: Means) -> Mapping[str, str]:
    """Nothing is to be kept. While secrets rotate there is a signature by each."""
    body = form(letter)
    moment = str(int(means.clock.now().timestamp()))
    signed = moment.encode() + b"." + body
    keys = [key.reveal().encode() for key in letter.target.keys]
    signatures = ["v1=" + hmac.digest(key, signed, "sha256").hex() for key in keys]
    headers = {
        "x-handoff-delivery": letter.delivery,
        "x-handoff-signature-256": ",".join([f"t={moment}", *signatures]),
    }
    await means.wire.post(letter.target.url, body, headers)
    return {}


def form(letter: Letter) -> bytes:
    """The body."""
    message = letter.message
    data = {
        "schema": "handoff.event/1",
        "delivery": letter.delivery,
        "kind": message.kind,
        "repository": letter.repo,
        "number": letter.number,
        "subject": message.subject,
        "lines": fitting(message.lines, ROOM, lambda line: len(json.dumps(line)) + 2),
        "link": message.link,
        "to": message.to,
    }
    return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()
