"""The GitHub of the benchmarks answers as GitHub does: held to the published contract once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from benchmarks.fake import FAILS, Answer, Fake
from benchmarks.fleet import settings_for
from benchmarks.load import CHECK, OPEN, PUSH, Event, Maker, Sender, serving
from benchmarks.recorded import Recording
from benchmarks.scenarios import unread
from bot.clock import SystemClock
from bot.github.reconcile import OPEN_PULL_REQUESTS
from bot.wiring.server import Bot
from tests.contract.published import Contract, Exchange


@pytest.mark.parametrize(
    ("policy", "kinds"), [("small", (OPEN, FAILS, PUSH, CHECK)), ("preset", (OPEN, PUSH))]
)
async def test_what_was_recorded_fits_the_contract_in_other_places_too(
    policy: str, kinds: tuple[str, ...], recordings: dict[str, Recording], tmp_path: Path
) -> None:
    contract = Contract()

    def watch(method: str, url: str, headers: Mapping[str, str], body: bytes, made: Answer) -> None:
        parts = urlsplit(url)
        contract.observe(
            Exchange(
                method=method,
                path=parts.path.removeprefix("/api/v3").replace("/api/graphql", "/graphql"),
                query=dict(parse_qsl(parts.query)),
                headers=headers,
                body=json.loads(body) if body else None,
                status=made.status,
                answer=json.loads(made.body),
            )
        )

    async with serving(recordings[policy], 0) as fake:
        fake.watch = watch
        async with Bot(settings_for(fake, tmp_path), SystemClock()) as bot:
            maker, sender = Maker(fake), Sender(fake, bot.port)
            for kind in kinds:
                event = maker.make(0, kind, 7)
                await sender.send(event)
                await _until_judged(event, fake)
            await sender.close()
        # The bot asks this by the clock, once a minute.
        owner, _, name = fake.home.name.partition("/")
        about = {"owner": owner, "name": name, "app": 1, "check": "handoff", "after": None}
        asked = {"query": OPEN_PULL_REQUESTS, "variables": about}
        usual = {"user-agent": "handoff", "x-github-api-version": "2022-11-28"}
        listed = fake.answer("POST", "/graphql", usual, json.dumps(asked).encode())
        about["name"] = "unheard-of"
        unknown = fake.answer("POST", "/graphql", usual, json.dumps(asked).encode())

    assert contract.violations == []
    assert {"POST check-runs", "GET pulls/N/files"} <= {one.what for one in fake.calls}
    assert b'"number": 7' in listed.body
    assert json.loads(unknown.body)["errors"][0]["type"] == "NOT_FOUND"
    assert fake.deliveries[0]["status_code"] == 202


async def _until_judged(event: Event, fake: Fake) -> None:
    for _ in range(6_000):
        if not unread([event], fake.calls):
            return
        await asyncio.sleep(0.01)
    raise AssertionError(fake.calls[-5:])
