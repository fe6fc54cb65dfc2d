"""Every real payload that GitHub's own examples package ships, through the whole server."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
from pathlib import Path
from typing import Any

import aiohttp

from bot import logs
from tests.contract.published import examples
from tests.support.hurried import hurried, quiet


def signed(secret: str, event: str, body: bytes, guid: str) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": guid,
        "X-Hub-Signature-256": f"sha256={digest}",
    }


async def test_every_real_payload_is_taken_without_a_fault(tmp_path: Path) -> None:
    said = io.StringIO()
    logs.configure(logs.Redactor(), form="json", level="warning", stream=said)
    answers: dict[int, int] = {}

    async with hurried(tmp_path) as demo, aiohttp.ClientSession() as session:
        for number, (event, payload) in enumerate(examples()):
            body = json.dumps(payload).encode()
            headers = signed(demo.simulator.webhook_secret, event, body, f"guid-{number}")
            url = f"{demo.bot.url}/webhook"
            async with session.post(url, data=body, headers=headers) as answer:
                answers[answer.status] = answers.get(answer.status, 0) + 1
        await quiet(demo, 20.0)
    logs.silence()

    faults = [json.loads(line) for line in said.getvalue().splitlines()]
    assert set(answers) <= {200, 202}
    assert sum(answers.values()) >= 115
    assert [one for one in faults if one["level"] == "error"] == []


async def test_a_stranger_learns_nothing_and_stores_nothing(tmp_path: Path) -> None:
    body = b'{"zen": "x"}'
    wrong: list[dict[str, Any]] = [
        {},
        {"X-Hub-Signature-256": "sha256=" + "0" * 64},
        {"X-Hub-Signature-256": "sha256=\u00e9" + "0" * 63},
        {"X-Hub-Signature": "sha1=" + "0" * 40},
    ]
    statuses = []

    async with hurried(tmp_path) as demo, aiohttp.ClientSession() as session:
        before = await demo.bot.claims.waiting()
        for headers in wrong:
            plain = {"Content-Type": "application/json", "X-GitHub-Event": "push"}
            plain |= {"X-GitHub-Delivery": "g-1"} | headers
            url = f"{demo.bot.url}/webhook"
            async with session.post(url, data=body, headers=plain) as answer:
                statuses.append(answer.status)
        after = await demo.bot.claims.waiting()

    assert statuses == [401] * 4
    assert after == before
