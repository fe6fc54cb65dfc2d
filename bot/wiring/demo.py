"""The bot and a simulated GitHub in one process, on 127.0.0.1, with a clock that can be moved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from bot.clock import Clock, SystemClock
from bot.settings import API_VERSION, Secret, Settings
from bot.simulator.scenario import Stage, Step, quickstart, set_up
from bot.simulator.server import Simulator
from bot.wiring.server import Bot

if TYPE_CHECKING:
    from bot.simulator.things import Run
    from bot.simulator.world import World

# Real seconds that a promise has to come true; everything is on this machine.
PATIENCE = 15.0
LOOK_EVERY = 0.05
# Every demo plays on the same Monday morning.
MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)


class MovableClock(Clock, Protocol):
    """A clock whose wall time can be moved forward."""

    def forward(self, by: timedelta) -> None:
        """Move the wall time forward; it never goes back."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What a step promised and what came; `differs` empty when it came true.

    `at`: the demo's own time. `told`: first lines of our comments that are new or changed, and
    what the check must say. `page`: where a visitor sees it.
    """

    step: Step
    at: datetime
    got: str
    told: tuple[str, ...]
    differs: str
    page: str


@dataclass(slots=True, kw_only=True)
class Demo:
    """A running demo."""

    simulator: Simulator
    bot: Bot
    stage: Stage
    clock: MovableClock
    patience: float = PATIENCE

    async def play(
        self, tell: Callable[[Played], None], script: Iterable[Step] | None = None
    ) -> bool:
        """Play the script; whether all of it came true."""
        good = True
        for step in quickstart() if script is None else script:
            played = await self._step(step)
            tell(played)
            good = good and not played.differs
        return good

    async def _step(self, step: Step) -> Played:
        before = self._comments(step.number)
        step.act(self.stage)
        if step.wait:
            self.clock.forward(timedelta(seconds=step.wait))
            self.bot.runner.awake()
        began = self.clock.monotonic()
        while True:
            await self.simulator.settle()
            differs = self._differs(step)
            took = self.clock.monotonic() - began
            if (not differs and not self.bot.runner.busy) or took > self.patience:
                return Played(
                    step=step,
                    at=self.clock.now(),
                    got=self._got(step),
                    told=self._told(step, before),
                    differs=differs,
                    page=self.page(step.number),
                )
            await self.clock.sleep(LOOK_EVERY)

    def page(self, number: int) -> str:
        """Where a visitor sees a pull request; 0: all of them, merge groups too."""
        last = f"pull/{number}" if number else "pulls"
        return f"{self.simulator.api_url}/{self.stage.repo.full_name}/{last}"

    def _differs(self, step: Step) -> str:
        runs = self.stage.runs(step.number)
        if not runs:
            return "no check"
        run = runs[-1]
        if run.conclusion != step.conclusion:
            return f"the check is {run.conclusion}, not {step.conclusion}"
        if not (run.title or "").startswith(step.title):
            return f"the title is {run.title!r}, not {step.title!r}"
        if step.shows and not _line_of(run, step.shows):
            return f"the check does not say {step.shows!r}"
        return self._talk_differs(step)

    def _talk_differs(self, step: Step) -> str:
        ours = self._comments(step.number)
        if step.comments is not None and len(ours) != step.comments:
            return f"{len(ours)} comments of ours, not {step.comments}"
        if step.says and not any(step.says in body for body in ours):
            return f"no comment of ours says {step.says!r}"
        return ""

    def _comments(self, number: int) -> list[str]:
        pull = self.stage.pulls.get(number)
        return [one.body for one in pull.comments if one.user.kind == "Bot"] if pull else []

    def _got(self, step: Step) -> str:
        runs: list[Run] = self.stage.runs(step.number)
        if not runs:
            return "nothing"
        return f"{runs[-1].conclusion or 'in progress'} · {runs[-1].title}"

    def _told(self, step: Step, before: list[str]) -> tuple[str, ...]:
        new = [one for one in self._comments(step.number) if one not in before]
        firsts = [f"told: {one.strip().partition(chr(10))[0]}" for one in new]
        said = _line_of(self.stage.runs(step.number)[-1], step.shows) if step.shows else ""
        return (*firsts, f"the check says: {said}") if said else tuple(firsts)


def _line_of(run: Run, text: str) -> str:
    """The first line of a check that holds the text; empty where none does."""
    lines = f"{run.summary}\n{run.text}".split("\n")
    return next((line for line in lines if text in line), "")


class RunningDemo:
    """`async with RunningDemo(folder, port, simulator_port) as demo:`."""

    def __init__(  # noqa: PLR0913  what one demo differs in from another
        self,
        folder: Path,
        port: int = 0,
        simulator_port: int = 0,
        clock: MovableClock | None = None,
        api_version: str = API_VERSION,
        *,
        seed: Callable[[World], Stage] = set_up,
    ) -> None:
        self._folder = folder
        self._seed = seed
        self._api_version = api_version
        self._clock = clock or SystemClock(MONDAY)
        self._port = port
        self._simulator_port = simulator_port
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Demo:
        """Start the simulator, then the bot, then install the App; all or nothing."""
        async with AsyncExitStack() as stack:
            self._stack = stack
            demo = await self._start()
            self._stack = stack.pop_all()
        return demo

    async def _start(self) -> Demo:
        clock = self._clock
        simulator = Simulator(clock=clock, seed=1, port=self._simulator_port)
        await self._stack.enter_async_context(simulator)
        settings = Settings(
            app_id=simulator.app_id,
            private_keys=(Secret(simulator.private_key_pem),),
            webhook_secrets=(Secret(simulator.webhook_secret),),
            github_api_url=simulator.api_url,
            github_api_version=self._api_version,
            port=self._port,
            data_dir=self._folder,
            database=self._folder / "handoff.sqlite",
        )
        bot = await self._stack.enter_async_context(Bot(settings, clock))
        simulator.hook_url = f"{bot.url}/webhook"
        stage = self._seed(simulator.world)
        await simulator.settle()
        return Demo(simulator=simulator, bot=bot, stage=stage, clock=clock)

    async def __aexit__(self, *_: object) -> None:
        """End both."""
        await asyncio.shield(self._stack.aclose())


def only_this_machine(event: str, words: tuple[Any, ...]) -> None:
    """An audit hook under which nothing leaves this machine: connecting elsewhere raises."""
    host: object = "localhost"
    if event in {"socket.connect", "socket.sendto"} and isinstance(words[1], tuple):
        host = words[1][0]
    elif event == "socket.getaddrinfo":
        host = words[0]
    if host not in {None, "localhost"} and not ip_address(str(host)).is_loopback:
        raise PermissionError(f"the demo does not connect to {host}")
