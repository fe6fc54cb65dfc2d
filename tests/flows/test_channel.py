"""Channels from the webhook on: who is written to where, and what becomes of it once answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.cli.main import main
from bot.wiring.server import Bot
from tests.flows.test_questions import POLICY, REDIS
from tests.notify.office import HERE, channels
from tests.support.channel import Channel, Reply, channel
from tests.support.crew import Crew, crew

WITH_CHANNEL = POLICY.replace("then: lead }", "then: lead, channel: design }")
PEOPLE = {"sam": {"slack": "U0SAM"}, "maria": {"slack": "U0MARIA"}}


@asynccontextmanager
async def office(
    folder: Path, trusted: pytest.MonkeyPatch, policy: str = WITH_CHANNEL
) -> AsyncIterator[tuple[Crew, Channel]]:
    """A bot whose operator has set Slack up: a channel, and people who are known there."""
    async with crew(folder, policy) as acme, channel(folder) as there:
        trusted.setenv("SSL_CERT_FILE", str(folder / "server.pem"))
        await acme.demo.bot.__aexit__(None, None, None)
        slack = {"token": "xoxb-1", "url": there.url}
        targets = {"design": {"slack": slack | {"channel": "C1"}}, "alone": {"slack": slack}}
        settings = replace(acme.demo.bot.settings, egress_allow=HERE)
        made = channels(targets=targets, people=PEOPLE)
        async with Bot(settings, acme.demo.clock, channels=made) as acme.demo.bot:
            acme.demo.simulator.hook_url = f"{acme.demo.bot.url}/webhook"
            yield acme, there


def said(there: Channel) -> list[tuple[str, str, str]]:
    """Method, channel and last line of everything that arrived."""
    found = []
    for one in there.got:
        body: dict[str, Any] = json.loads(one.body)
        line = body["blocks"][-2]["text"]["text"]
        found.append((one.path.removeprefix("/chat."), body["channel"], line))
    return found


async def test_who_is_asked_is_written_to_alone_and_the_answer_is_added_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with office(tmp_path, monkeypatch) as (acme, there):
        await acme.opens(REDIS)
        await acme.waits(seconds=61)
        why = "architect on duty · /handoff assign architect @…"
        assert said(there) == [("postMessage", "U0SAM", why)]
        assert "<@U0SAM>" in there.got[0].body.decode()
        assert await acme.types("sam", "/handoff ack") == ("+1",)
        assert said(there)[1:] == [("update", "U0SAM", "taken by sam until Tue 11:01")]
        line = "/handoff decide approve because one Redis, cache *only*"
        assert await acme.types("sam", line) == ("+1",)
        assert said(there)[2:] == [("update", "U0SAM", "approve by sam: one Redis, cache *only*")]
        edits = [json.loads(one.body) for one in there.got[1:]]
        assert {one["ts"] for one in edits} == {"1700.5"}
        assert not any(b"<@" in one.body for one in there.got[1:])
        await acme.waits(minutes=30)
        assert len(there.got) == 3


async def test_what_has_not_left_when_it_is_answered_is_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with office(tmp_path, monkeypatch) as (acme, there):
        there.replies.append(Reply(status=503, headers={"Retry-After": "3600"}))
        await acme.opens(REDIS)
        await acme.waits(seconds=61)
        assert acme.said[-1].startswith("@sam: this adds the service redis")
        line = "/handoff decide approve because one Redis, cache only"
        assert await acme.types("sam", line) == ("+1",)
        await acme.waits(hours=2)
        assert len(there.got) == 1


async def test_what_a_channel_refused_is_listed_and_sent_again_when_the_operator_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asks = ("--data-dir", str(tmp_path))
    async with office(tmp_path, monkeypatch) as (acme, there):
        there.replies.append(Reply(body='{"ok": false, "error": "account_inactive"}'))
        await acme.opens(REDIS)
        await acme.waits(seconds=61)
        # What is asked on GitHub as well needs no other way there.
        assert [one[:6] for one in acme.said if one.startswith("@")] == ["@sam: "]
        assert await asyncio.to_thread(main, ["queue", *asks]) == 0
        shown = capsys.readouterr().out
        assert "dead  acme/orders-api#118  message:alone:" in shown
        assert "Slack says account_inactive → handoff resume acme/orders-api#118" in shown
        assert "0 not settled, 1 not sent" in shown
        assert await asyncio.to_thread(main, ["queue", "--json", *asks]) == 0
        (row,) = json.loads(capsys.readouterr().out)["effects"]
        assert (row["state"], row["number"]) == ("dead", 118)

        assert await asyncio.to_thread(main, ["resume", "acme/orders-api#118", *asks]) == 0
        await acme.waits(seconds=5)
        first, again = (json.loads(one.body) for one in there.got)
        assert first == again
        assert await asyncio.to_thread(main, ["queue", *asks]) == 0
        assert "0 not sent" in capsys.readouterr().out
        assert await asyncio.to_thread(main, ["resume", "acme/orders-api#118", *asks]) == 1
