"""The people of acme at one pull request: they type, time passes, and this stands on GitHub."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.simulator.acme import acme
from bot.simulator.git import Files
from bot.simulator.scenario import Stage
from bot.simulator.things import Pull
from bot.simulator.world import World
from bot.store.moment import to_ms
from bot.wiring.demo import Demo
from bot.wiring.server import Bot
from tests.support.hurried import hurried, quiet

_DUE = "SELECT 1 FROM timer WHERE pr IS NOT NULL AND due_at <= ?"
NUMBER = 118
# Monday, by every calendar that the tests use.
MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class Crew:
    """A running bot with one pull request that ana opens."""

    demo: Demo

    @property
    def pull(self) -> Pull:
        return self.demo.stage.pulls[NUMBER]

    @property
    def world(self) -> World:
        return self.demo.stage.world

    async def opens(self, files: Files, body: str = "", *, draft: bool = False) -> None:
        stage = self.demo.stage
        stage.pulls[NUMBER] = self.world.open_pull_request(
            stage.repo,
            stage.people["ana"],
            number=NUMBER,
            title="Refunds",
            files=dict(files),
            body=body,
            draft=draft,
        )
        await quiet(self.demo)

    async def pushes(self, files: Files, by: str = "ana") -> None:
        self.world.push(self.pull, self.demo.stage.people[by], dict(files))
        await quiet(self.demo)

    async def edits(self, login: str, body: str) -> None:
        """Somebody edits the description."""
        self.world.edit_body(self.pull, self.demo.stage.people[login], body)
        await quiet(self.demo)

    async def types(self, login: str, line: str) -> tuple[str, ...]:
        """The reactions of ours that the comment has afterwards."""
        comment = self.world.comment(self.pull, self.demo.stage.people[login], line)
        await quiet(self.demo)
        return tuple(one.content for one in comment.reactions if one.user.kind == "Bot")

    async def waits(self, **time: float) -> None:
        self.demo.clock.forward(timedelta(**time))
        self.demo.bot.runner.awake()
        await self._quiet()

    async def _quiet(self) -> None:
        """Until every timer that is due has been taken, and nothing runs any more."""
        with closing(sqlite3.connect(self.demo.bot.settings.database)) as store:
            while store.execute(_DUE, (to_ms(self.demo.clock.now()),)).fetchone():
                await self.demo.clock.sleep(0.2)
        await quiet(self.demo)

    @asynccontextmanager
    async def restarted(self, **time: float) -> AsyncIterator[None]:
        """The bot ends, time passes, and another one goes on with its store."""
        before = self.demo.bot
        await before.__aexit__(None, None, None)
        self.demo.clock.forward(timedelta(**time))
        async with Bot(before.settings, before.clock) as self.demo.bot:
            self.demo.simulator.hook_url = f"{self.demo.bot.url}/webhook"
            await self._quiet()
            yield

    @property
    def title(self) -> str:
        """Of our newest check on the head."""
        return self.demo.stage.runs(NUMBER)[-1].title or ""

    @property
    def conclusion(self) -> str | None:
        return self.demo.stage.runs(NUMBER)[-1].conclusion

    @property
    def summary(self) -> str:
        return self.demo.stage.runs(NUMBER)[-1].summary or ""

    @property
    def said(self) -> list[str]:
        """Our comments, without hidden lines."""
        bodies = [one.body for one in self.pull.comments if one.user.kind == "Bot"]
        return [body.partition("<!--")[0].strip() for body in bodies]


@asynccontextmanager
async def crew(folder: Path, policy: str, start: datetime = MONDAY) -> AsyncIterator[Crew]:
    """acme under a policy, on a racing clock."""

    def seed(world: World) -> Stage:
        made = acme(world, policy)
        return Stage(world=world, repo=made.repo, people=made.people)

    async with hurried(folder, seed=seed, start=start) as demo:
        yield Crew(demo=demo)
