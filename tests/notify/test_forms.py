"""What arrives at Slack, Teams and a webhook: its form and size, and that nobody is called."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Refused
from bot.model.message import Message
from tests.notify.office import MESSAGE, PEOPLE, Office, channels, send
from tests.support.channel import Channel, Reply, channel

CALLS = "x@y <!here> <@U999> @channel & --> *b* [c](https://evil.example)"
EVIL = f"a\r\nBcc: {CALLS} \u202eabc\u2066 <at>d</at>"
PLAIN = f"a Bcc: {CALLS} abc <at>d</at>"
SLACK_PLAIN = PLAIN.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
HOSTILE = replace(MESSAGE, subject=EVIL, lines=(EVIL,), thread=EVIL, to=("<!here>",))
LONG = replace(MESSAGE, subject="&" * 200, lines=("&" * 3_000,) * 60)


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Channel]:
    async with channel(tmp_path) as here:
        yield here


def office(there: Channel, **more: Any) -> Office:
    hook = {"url": f"{there.url}/hook", "secret": "new-secret", "old-secret": "old-secret"}
    targets = {
        "ops": {"slack": {"token": "xoxb-1", "channel": "C1", "url": f"{there.url}/api"}},
        "person": {"slack": {"token": "xoxb-1", "url": f"{there.url}/api"}},
        "room": {"slack-webhook": {"url": f"{there.url}/services/T/B/x"}},
        "team": {"teams": {"url": f"{there.url}/workflows?sig=s"}},
        "hook": {"webhook": hook},
    }
    return Office(channels(targets=targets, people=PEOPLE), **more)


async def sent(there: Channel, alias: str, message: Message = MESSAGE, **more: Any) -> Any:
    """The JSON that arrives."""
    await office(there, **more).publish(send(alias, message=message))
    return json.loads(there.got[-1].body)


def block(text: str, kind: str = "section") -> dict[str, Any]:
    return {"type": kind, "text": {"type": "plain_text", "text": text, "emoji": False}}


async def test_slack_gets_blocks_of_plain_text_and_mentions_only_whom_the_operator_mapped(
    there: Channel,
) -> None:
    foot = "<@U012ABC> ben <https://github.com/acme/orders/pull/118|acme/orders#118>"

    whole = {
        "text": "architect is asked about acme/orders#118",
        "mrkdwn": False,
        "parse": "none",
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": [
            block("architect is asked about acme/orders#118", "header"),
            block("A table is dropped."),
            block("architect on duty · /handoff assign architect @…"),
            {"type": "context", "elements": [{"type": "mrkdwn", "text": foot}]},
        ],
    }
    assert await sent(there, "ops") == whole | {"channel": "C1"}
    assert await sent(there, "room") == whole
    assert "authorization" not in there.got[1].headers
    assert there.got[0].path == "/api/chat.postMessage"
    assert there.got[0].headers["authorization"] == "Bearer xoxb-1"
    assert there.got[0].headers["content-type"].startswith("application/json")


async def test_teams_gets_a_card_of_text_runs(there: Channel) -> None:
    def runs(text: str, **style: object) -> dict[str, Any]:
        return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}

    data = await sent(there, "team")
    (attachment,) = data["attachments"]

    assert data["type"] == "message"
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert attachment["content"] == {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            runs(MESSAGE.subject, weight="Bolder", size="Medium"),
            *map(runs, MESSAGE.lines),
            runs("Ana, ben", isSubtle=True),
        ],
        "actions": [{"type": "Action.OpenUrl", "title": MESSAGE.thread, "url": MESSAGE.link}],
    }
    assert there.got[0].path == "/workflows?sig=s"


async def test_a_webhook_gets_an_event_signed_by_both_secrets_while_they_rotate(
    there: Channel,
) -> None:
    data = await sent(there, "hook")
    got = there.got[0]
    stamp, *signatures = got.headers["x-handoff-signature-256"].split(",")
    signed = stamp.removeprefix("t=").encode() + b"." + got.body
    keys = (b"new-secret", b"old-secret")

    assert data == {
        "schema": "handoff.event/1",
        "delivery": got.headers["x-handoff-delivery"],
        "kind": "raised",
        "repository": "acme/orders",
        "number": 118,
        "subject": MESSAGE.subject,
        "lines": list(MESSAGE.lines),
        "link": MESSAGE.link,
        "to": ["Ana", "ben"],
    }
    assert stamp == "t=1772442000"
    assert signatures == [f"v1={hmac.new(k, signed, hashlib.sha256).hexdigest()}" for k in keys]


async def test_a_delivery_has_one_id_however_often_it_is_sent(there: Channel) -> None:
    for cause in ("raised:e1", "raised:e1", "raised:e2"):
        await office(there).publish(send("hook", cause))
    first, again, other = [one.headers["x-handoff-delivery"] for one in there.got]

    assert first == again != other


async def test_no_words_call_anybody_in_slack(there: Channel) -> None:
    data = await sent(there, "ops", HOSTILE)
    *texts, foot = data["blocks"]

    assert data["text"] == SLACK_PLAIN
    assert texts == [block(SLACK_PLAIN, "header"), block(SLACK_PLAIN)]
    assert foot["elements"][0]["text"] == f"&lt;!here&gt; <{MESSAGE.link}|{SLACK_PLAIN}>"


async def test_no_words_call_anybody_in_teams(there: Channel) -> None:
    (attachment,) = (await sent(there, "team", HOSTILE))["attachments"]
    card = attachment["content"]
    runs = [run for one in card["body"] for run in one["inlines"]]

    assert {one["type"] for one in card["body"]} == {"RichTextBlock"}
    assert [run["text"] for run in runs] == [PLAIN, PLAIN, "<!here>"]
    assert "msteams" not in card


@pytest.mark.parametrize(("alias", "most"), [("ops", 12_000), ("team", 20_000), ("hook", 65_536)])
async def test_the_longest_message_keeps_within_what_the_channel_takes(
    there: Channel, alias: str, most: int
) -> None:
    data = await sent(there, alias, LONG)

    assert 2_000 < len(there.got[0].body) < most
    if alias == "ops":
        texts = [one["text"]["text"] for one in data["blocks"][:-1]]
        line = "&amp;" * 579 + "…"
        assert texts == ["&amp;" * 149 + "…", line, line, "… 58 more"]


# ── threads and people of Slack ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("first", "thread", "kept"),
    [
        ("{}", None, "1700.5"),
        ('{"room": "C1", "ts": "1600.1"}', "1600.1", "1600.1"),
        ('{"room": "C0", "ts": "1600.1"}', None, "1700.5"),
    ],
)
async def test_a_pull_request_has_one_thread(
    there: Channel, first: str, thread: str | None, kept: str
) -> None:
    receipt = await office(there, first=first).publish(send("ops"))

    assert json.loads(there.got[0].body).get("thread_ts") == thread
    left = json.loads(receipt.detail)
    assert left == {"room": "C1", "ts": kept, "own": "1700.5", "said": "\n".join(MESSAGE.lines)}


async def test_what_was_said_is_edited_where_it_stands_and_calls_nobody(there: Channel) -> None:
    left = (await office(there).publish(send("ops"))).detail
    answer = replace(MESSAGE, lines=("approve by sam: x",), to=())
    edit = replace(send("ops", "ask:e1:1:ack", answer), edits=send("ops").key)
    receipt = await office(there, first=left).publish(edit)
    asked, edited = (json.loads(one.body) for one in there.got)

    assert [one.path for one in there.got] == ["/api/chat.postMessage", "/api/chat.update"]
    assert there.got[1].headers["authorization"] == "Bearer xoxb-1"
    assert (edited["channel"], edited["ts"]) == ("C1", "1700.5")
    assert "thread_ts" not in edited
    assert "<@" not in there.got[1].body.decode()
    assert edited["blocks"][:3] == asked["blocks"][:3]
    assert edited["blocks"][3] == block("approve by sam: x")
    assert (receipt.remote_id, receipt.detail) == (None, "{}")


@pytest.mark.parametrize("alias", ["ops", "room", "team", "hook"])
async def test_what_never_left_or_cannot_be_edited_is_left_alone(
    there: Channel, alias: str
) -> None:
    edit = replace(send(alias, "ask:e1:1:ack"), edits=send(alias).key)
    assert (await office(there).publish(edit)).remote_id is None
    assert there.got == []


async def test_a_team_is_mentioned_by_the_group_that_the_operator_mapped(there: Channel) -> None:
    teams = {"acme/architects": {"slack": "S012ABC"}}
    slack = {"slack": {"token": "xoxb-1", "channel": "C1", "url": f"{there.url}/api"}}
    here = Office(channels(targets={"ops": slack}, people=teams))
    await here.publish(send("ops", message=replace(MESSAGE, to=("acme/architects",))))

    assert "<!subteam^S012ABC> <" in there.got[0].body.decode()


async def test_without_a_channel_slack_speaks_to_the_person_and_never_guesses(
    there: Channel,
) -> None:
    unmapped = send("person", message=replace(MESSAGE, to=("ben",)))
    refused = await office(there).trouble(unmapped)

    assert isinstance(refused, Refused)
    assert refused.what == "it has no channel, and none of the addressed has a Slack id"
    assert (await sent(there, "person"))["channel"] == "U012ABC"
    assert len(there.got) == 1


@pytest.mark.parametrize(
    ("body", "kind", "says"),
    [
        ('{"ok": false, "error": "channel_not_found"}', "Refused", "Slack says channel_not_found"),
        ('{"ok": false, "error": "ratelimited"}', "Transient", "Slack says ratelimited"),
        ("[]", "Transient", "Slack's answer is none"),
    ],
)
async def test_slack_refuses_within_its_answer(
    there: Channel, body: str, kind: str, says: str
) -> None:
    there.replies.append(Reply(body=body))
    trouble = await office(there).trouble(send("ops"))

    assert (type(trouble).__name__, trouble.what) == (kind, says)
    assert getattr(trouble, "sent", False) == says.endswith("none")
