"""What operators hear in a channel of their own, from what happens on GitHub to their mailbox."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.failpoint import disable, enable
from bot.simulator.faults import answer
from bot.wiring.server import Bot
from tests.flows.test_questions import POLICY
from tests.notify.office import HERE, channels
from tests.support.channel import MailServer, mail_server
from tests.support.crew import Crew, crew

PAGE = {"app/a.py": "x = 1\n", "docs/a.md": "Words.\n"}


@pytest.fixture(autouse=True)
def no_failpoints() -> Iterator[None]:
    yield
    disable()


@asynccontextmanager
async def operated(
    folder: Path, alias: str = "operators", policy: str = POLICY
) -> AsyncIterator[tuple[Crew, MailServer]]:
    """A bot whose operator has named a channel so."""
    async with crew(folder, policy) as acme, mail_server() as there:
        demo = acme.demo
        await demo.bot.__aexit__(None, None, None)
        smtp = {"host": "127.0.0.1", "port": there.port, "from": "h@acme.example", "tls": "offered"}
        made = channels(targets={alias: {"mail": {"to": ["ops@acme.example"]}}}, smtp=smtp)
        settings = replace(demo.bot.settings, egress_allow=HERE)
        async with Bot(settings, demo.clock, channels=made) as demo.bot:
            demo.simulator.hook_url = f"{demo.bot.url}/webhook"
            yield acme, there


def subjects(there: MailServer) -> list[str]:
    mails = [one.decode().replace("\r\n ", " ") for one in there.mails]
    return [re.findall(r"^Subject: (.*?)\r", one, re.MULTILINE)[0] for one in mails]


async def breaks(acme: Crew) -> None:
    stage = acme.demo.stage
    stage.world.push_default(
        stage.repo, stage.people["maria"], {".github/handoff.yml": "mode: x\n"}
    )
    await acme.waits(minutes=2)


@pytest.mark.parametrize("seen", [True, False])
async def test_a_policy_broken_where_it_counts_is_told_once_a_day(
    seen: bool, tmp_path: Path
) -> None:
    async with operated(tmp_path, "operators" if seen else "design") as (acme, there):
        await acme.opens(PAGE)
        assert there.mails == []
        await breaks(acme)
        await acme.pushes({"docs/a.md": "More.\n"})
        today = subjects(there)
        await acme.waits(days=1)
        await acme.pushes({"docs/a.md": "Even more.\n"})

        assert acme.summary.count("policy broken in") == 1
        assert len(today) == int(seen)
        assert all(one.startswith("acme/orders-api: policy broken in ") for one in today)
        assert len(there.mails) == 2 * int(seen)


async def test_a_policy_that_was_never_good_is_told_too(tmp_path: Path) -> None:
    async with operated(tmp_path, policy="version: 1\nmode: x\n") as (acme, there):
        await acme.opens(PAGE)
        await acme.waits(minutes=2)

        (said,) = subjects(there)
        assert said.startswith("acme/orders-api: policy cannot be read: .github/handoff.yml:2")


async def test_what_fails_again_and_again_is_told_before_it_is_given_up(tmp_path: Path) -> None:
    async with operated(tmp_path) as (acme, there):
        enable("claimed:raise:0")
        await acme.opens(PAGE)
        for _ in range(8):
            await acme.waits(minutes=5)

        (said,) = subjects(there)
        assert said.startswith("acme/orders-api#118 fails again and again: Broken: claimed")
        assert b"handoff queue" in there.mails[0].replace(b"=\r\n", b"")


async def test_credentials_that_are_refused_twice_are_told_once_a_day(tmp_path: Path) -> None:
    async with operated(tmp_path) as (acme, there):
        refused = answer(401, {"message": "Bad credentials"})
        acme.demo.simulator.fault("POST /graphql", refused, 10)
        await acme.opens(PAGE)
        await acme.waits(minutes=10)
        acme.demo.simulator.heal()
        await acme.waits(minutes=10)

        (said,) = subjects(there)
        assert said.startswith("GitHub takes no credentials of ours: ")
        assert acme.title != ""
