"""Slack, by a bot's token in one thread per pull request, or by an incoming webhook."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.errors import Refused, Transient
from bot.notify.letter import LINE_AT_MOST, fitting, mapped
from bot.text.escape import one_line

if TYPE_CHECKING:
    from bot.notify.letter import Letter, Means

# Of lines; Slack takes 13,000 in all.
ROOM = 8_000
_MENDS_ITSELF = {"ratelimited", "internal_error", "fatal_error", "service_unavailable"}


async def carry(letter: Letter, means: Means) -> Mapping[str, str]:
    """Where it stands: `room` and `ts` for what is put into its thread, `own` and `said` for who
    edits it."""
    target, people = letter.target, means.channels.slack
    if letter.edits:
        return await _edit(letter, means)
    body = form(letter, people)
    if target.channel == "slack-webhook":
        await means.wire.post(target.url, json.dumps(body).encode(), {})
        return {}
    rooms = [target.room] if target.room else mapped(letter.message, people)
    if not rooms:
        raise Refused("it has no channel, and none of the addressed has a Slack id")
    body["channel"] = rooms[0]
    first = letter.before.get("ts", "") if letter.before.get("room") == rooms[0] else ""
    if first:
        body["thread_ts"] = first
    stamp = await _call(letter, means, "chat.postMessage", body)
    said = "\n".join(letter.message.lines)
    return {"room": rooms[0], "ts": first or stamp, "own": stamp, "said": said}


async def _edit(letter: Letter, means: Means) -> Mapping[str, str]:
    """The same message with these lines behind its own ones."""
    before, message = letter.before, letter.message
    lines = (*before["said"].split("\n"), *message.lines)
    body = form(replace(letter, message=replace(message, lines=lines)), {})
    where = {"channel": before["room"], "ts": before["own"]}
    await _call(letter, means, "chat.update", body | where)
    return {}


async def _call(letter: Letter, means: Means, method: str, body: Mapping[str, Any]) -> str:
    bearer = {"authorization": f"Bearer {letter.target.keys[0].reveal()}"}
    url = f"{letter.target.url}/{method}"
    return _stamp(await means.wire.post(url, json.dumps(body).encode(), bearer))


def form(letter: Letter, people: Mapping[str, str]) -> dict[str, Any]:
    """The message; people's words stand in plain text blocks, which know no markup at all."""
    message, subject = letter.message, escaped(letter.message.subject)
    to = [
        _mention(people[one.lower()]) if one.lower() in people else escaped(one)
        for one in message.to
    ]
    link = f"<{escaped(message.link.replace('|', '%7C'))}|{escaped(message.thread)}>"
    lines = fitting([escaped(line) for line in message.lines], ROOM)
    blocks = [
        {"type": "header" if len(subject) <= 150 else "section", "text": _plain(subject)},
        *({"type": "section", "text": _plain(line)} for line in lines),
        {"type": "context", "elements": [{"type": "mrkdwn", "text": " ".join([*to, link])}]},
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


def escaped(text: str) -> str:
    """Text that holds no mention and no link, and is no longer than a section may be."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if len(text) <= LINE_AT_MOST:
        return text
    return re.sub(r"&[a-z]*\Z", "", text[: LINE_AT_MOST - 1]) + "…"


def _mention(member: str) -> str:
    """Of a person, or of a group of them."""
    return f"<!subteam^{member}>" if member.startswith("S") else f"<@{member}>"


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _stamp(body: bytes) -> str:
    """Slack says in the body whether it took the message."""
    try:
        data = json.loads(body)
        good, error, stamp = data["ok"], str(data.get("error")), str(data.get("ts"))
    except (ValueError, TypeError, KeyError) as broken:
        raise Transient("Slack's answer is none", sent=True) from broken
    if good:
        return stamp
    what = f"Slack says {one_line(error)[:60]}"
    raise Transient(what) if error in _MENDS_ITSELF else Refused(what)
