"""Slack, by a bot's token in one thread per pull request, or by an incoming webhook."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bot.errors import Refused, Transient
from bot.notify.letter import LINE_AT_MOST, fitting
from bot.text.escape import one_line

if TYPE_CHECKING:
    from bot.notify.channels import Channels
    from bot.notify.letter import Letter
    from bot.notify.wire import Wire

# Of lines; what Slack takes in all is a little more.
ROOM = 9_000
HEADER = 150
_MENDS_ITSELF = frozenset(
    {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable"}
)


def escaped(text: str) -> str:
    """Text that holds no mention and no link, and is no longer than a section may be."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if len(text) <= LINE_AT_MOST:
        return text
    return re.sub(r"&[a-z]*\Z", "", text[: LINE_AT_MOST - 1]) + "…"


class Slack:
    """Carries letters to Slack."""

    def __init__(self, wire: Wire, channels: Channels) -> None:
        self._wire = wire
        self._people = channels.slack

    async def carry(self, letter: Letter) -> Mapping[str, str]:
        """Where it stands: `room` and `ts`, by which an answer is put into its thread."""
        target = letter.target
        body = form(letter, self._people)
        if target.channel == "slack-webhook":
            await self._wire.post(target.url, json.dumps(body).encode(), {})
            return {}
        body["channel"] = room = target.room or self._person(letter)
        if letter.before.get("room") == room and "ts" in letter.before:
            body["thread_ts"] = letter.before["ts"]
        answer = await self._wire.post(
            f"{target.url}/chat.postMessage",
            json.dumps(body).encode(),
            {"authorization": f"Bearer {target.keys[0].reveal()}"},
        )
        return {"room": room, "ts": body.get("thread_ts") or _stamp(answer.body)}

    def _person(self, letter: Letter) -> str:
        found = [
            self._people[one.lower()] for one in letter.message.to if one.lower() in self._people
        ]
        if not found:
            raise Refused("it has no channel, and none of the addressed has a Slack id")
        return found[0]


def form(letter: Letter, people: Mapping[str, str]) -> dict[str, Any]:
    """The message; people's words stand in plain text blocks, which know no markup at all."""
    message = letter.message
    lines = fitting([escaped(line) for line in message.lines if line], ROOM)
    to = [
        f"<@{people[one.lower()]}>" if one.lower() in people else escaped(one_line(one))
        for one in message.to
    ]
    subject, link = escaped(message.subject), message.link.replace("|", "%7C")
    foot = " ".join([*to, f"<{escaped(one_line(link))}|{escaped(message.thread)}>"])
    blocks = [
        {"type": "header" if len(subject) <= HEADER else "section", "text": _plain(subject)},
        *({"type": "section", "text": _plain(line)} for line in lines),
        {"type": "context", "elements": [{"type": "mrkdwn", "text": foot}]},
    ]
    return {
        "text": subject,
        "mrkdwn": False,
        "parse": "none",
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": blocks,
    }


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _stamp(body: bytes) -> str:
    """Slack says in the body whether it took the message."""
    try:
        data = json.loads(body)
        good, error, stamp = data["ok"], str(data.get("error")), data.get("ts")
    except (ValueError, TypeError, KeyError, AttributeError) as broken:
        raise Transient("Slack's answer is none", sent=True) from broken
    if good and isinstance(stamp, str):
        return stamp
    what = f"Slack says {one_line(error)[:60]}"
    raise Transient(what) if error in _MENDS_ITSELF else Refused(what)
