"""kill -9 around a message: on GitHub it stands once; elsewhere it arrives at most once more, and
that says so, while the operator can see what nobody knows."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, UnixConnector

from tests.crash.house import House, house
from tests.support.channel import Channel, MailServer, channel, mail_server

POLICY = """
version: 1
mode: enforce
areas: { docs: ["docs/**"] }
roles: { architect: { people: [maria] } }
hours: always
checklist:
  docs: { title: Docs, proof: { changed: { areas: [docs], lines-at-least: 1 } } }
lists: { handoff: [docs], quality: [docs] }
escalate:
  ask: architect
  new-dependency: { when: { adds: [service] }, block: until-decided }
"""
FILES = {
    "compose.yaml": "services:\n  redis:\n    image: redis:7\n",
    "docs/redis.md": "Redis keeps sessions.\n",
}
NUMBER = 118
REPEAT = "May be a repeat: "


# Nobody writes to a person alone through a webhook: a role of which there is nobody to ask has one.
NOBODY = POLICY.replace("people: [maria]", "people: [ana], channel: alone")


@dataclass
class There:
    """Where messages arrive: the servers, of which one is spoken to."""

    web: Channel
    mail: MailServer

    @property
    def arrived(self) -> list[str]:
        """The subject of each message, in the order of arrival."""
        posted = [json.loads(one.body) for one in self.web.got]
        mails = [message_from_bytes(one, policy=default) for one in self.mail.mails]
        said = [one.get("text") or one["subject"] for one in posted]
        return [str(one) for one in (*said, *(mail["Subject"] for mail in mails))]

    @property
    def ids(self) -> set[str]:
        """By which receivers may know a repeat; Slack has nothing of the kind."""
        mails = [message_from_bytes(one, policy=default) for one in self.mail.mails]
        posted = {one.headers.get("x-handoff-delivery", "") for one in self.web.got}
        return posted | {str(one["Message-ID"]) for one in mails}

    def settings(self, kind: str) -> dict[str, Any]:
        """What the operator sets up."""
        ways: dict[str, Any] = {
            "slack": {"slack": {"token": "xoxb-1", "url": self.web.url}},
            "webhook": {"webhook": {"url": self.web.url, "secret": "s" * 32}},
            "mail": {"mail": {"to": []}},
        }
        people = {"slack": {"slack": "U0MARIA"}, "mail": {"mail": "maria@acme.example"}}
        smtp = {"host": "localhost", "port": self.mail.port, "from": "h@acme.example"}
        return {
            "targets": {"alone": ways[kind]},
            "people": {"maria": people[kind]} if kind in people else {},
            "smtp": {**smtp, "tls": "offered"},
        }


@asynccontextmanager
async def office(folder: Path, kind: str = "slack") -> AsyncIterator[tuple[House, There]]:
    """A house whose operator has set a channel up, and the policy by which somebody is asked."""
    async with channel(folder) as posted, mail_server() as mailed, house(folder) as home:
        there = There(posted, mailed)
        home.more = {
            "HANDOFF_CHANNELS": json.dumps(there.settings(kind)),
            "HANDOFF_EGRESS_ALLOW": "127.0.0.0/8,::1/128",
            "SSL_CERT_FILE": str(folder / "server.pem"),
        }
        world, maria = home.stage.world, home.stage.people["maria"]
        policy = NOBODY if kind == "webhook" else POLICY
        world.push_default(home.stage.repo, maria, {".github/handoff.yml": policy})
        yield home, there


def opened(home: House) -> None:
    stage = home.stage
    stage.pulls[NUMBER] = stage.world.open_pull_request(
        stage.repo, stage.people["ana"], number=NUMBER, title="Redis", files=dict(FILES)
    )


def asked(home: House) -> int:
    """How many comments of ours call somebody."""
    comments = home.stage.pulls[NUMBER].comments
    return sum(one.user.kind == "Bot" and one.body.startswith("@maria") for one in comments)


async def queue(home: House) -> list[str]:
    """The states of what the operator is shown as not sent."""
    connector = UnixConnector(str(home.folder / "data" / "handoff.sock"))
    async with ClientSession(connector=connector) as session:
        answer = await session.get("http://here/queue")
        return [str(one["state"]) for one in (await answer.json())["effects"]]


async def lives(home: House, *points: str) -> None:
    """The server dies at each of these places in turn, and then goes on."""
    for number, point in enumerate(points):
        await home.start(point, ready=False)
        await home.until(home.up_or_dead, "the server is up")
        if not number:
            opened(home)
        await home.until(home.dead, f"the process ends at {point}")
    await home.start()


async def uncertain(home: House) -> None:
    async def shown() -> bool:
        return await queue(home) == ["uncertain"]

    await home.until(shown, "the operator sees that nobody knows")


@pytest.mark.parametrize(
    "kind", ["slack", *(pytest.param(one, marks=pytest.mark.long) for one in ("webhook", "mail"))]
)
@pytest.mark.parametrize(
    ("point", "repeats"),
    [
        pytest.param("sending", [True], marks=pytest.mark.long),
        ("sent", [False, True]),
        pytest.param("published", [False], marks=pytest.mark.long),
    ],
)
async def test_a_message_is_repeated_once_where_it_may_have_arrived_and_says_so(
    point: str, repeats: list[bool], kind: str, tmp_path: Path
) -> None:
    async with office(tmp_path, kind) as (home, there):
        await lives(home, f"{point}.Send:exit:1")
        if point != "published":
            await uncertain(home)
        await home.settled()
        assert await home.stop() == 0

    assert [one.startswith(REPEAT) for one in there.arrived] == repeats
    assert len({one.removeprefix(REPEAT) for one in there.arrived}) == len(there.ids) == 1
    assert asked(home) == (kind != "webhook")


@pytest.mark.long
async def test_a_message_is_not_said_a_third_time_and_the_operator_sees_it(tmp_path: Path) -> None:
    async with office(tmp_path) as (home, there):
        await lives(home, "sent.Send:exit:1", "sent.Send:exit:1")

        async def given_up() -> bool:
            return await queue(home) == ["dead"]

        await home.until(given_up, "it is left to the operator")
        await home.settled()

    assert [one.startswith(REPEAT) for one in there.arrived] == [False, True]


@pytest.mark.parametrize(
    ("point", "deaths"),
    [
        pytest.param("sending", 2, marks=pytest.mark.long),
        ("sent", 2),
        pytest.param("published", 1, marks=pytest.mark.long),
    ],
)
async def test_a_comment_that_calls_somebody_stands_once(
    point: str, deaths: int, tmp_path: Path
) -> None:
    async with office(tmp_path) as (home, there):
        await lives(home, *[f"{point}.Ping:exit:1"] * deaths)
        await home.settled()

    assert asked(home) == 1
    assert there.arrived != []
