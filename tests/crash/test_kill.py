"""kill -9 at named places and at random: nothing that was acknowledged is lost, nothing doubled."""

from __future__ import annotations

import asyncio
import fcntl
import random
import resource
import signal
import sys
from pathlib import Path

import pytest

from tests.crash.house import House, house

# Each place of a run, each class of effect, and what happens beside the runs.
POINTS = ["after-commit:exit:30", "stored:exit:3", "sent:exit:2"]
ALL_POINTS = [
    "migrating:exit:1",
    "retained:exit:1",
    "redelivered:exit:1",
    "redelivered:exit:2",
    "answering:exit:1",
    "answering:exit:4",
    *(
        f"{name}.{kind}:exit:1"
        for name in ("sending", "sent", "published")
        for kind in ("SetCheck", "PutComment", "Reply")
    ),
    *(f"before-commit:exit:{nth}" for nth in (1, 5, 20, 40, 60)),
    *(f"after-commit:exit:{nth}" for nth in (1, 5, 20, 40, 60)),
    *(
        f"{name}:exit:{nth}"
        for name in ("taken", "claimed", "judged", "stored", "finishing")
        for nth in (1, 2, 5)
    ),
    *(
        f"{name}:exit:{nth}"
        for name in ("sending", "sent", "published")
        for nth in (1, 2, 3, 5, 7, 9)
    ),
]


def open_some(home: House, numbers: range, asked: int = 10) -> None:
    """Open these, some of them not ready, and ask about each `asked`th."""
    for number in numbers:
        home.open(number, good=number % 4 != 1)
        if number % asked == 0:
            home.ask(number)


async def _killed_at(point: str, folder: Path) -> None:
    async with house(folder) as home:
        await home.start(point, ready=False)
        await home.until(home.up_or_dead, "the server is up")
        open_some(home, range(201, 207), asked=3)
        await home.until(home.dead, f"the process ends at {point}")

        ours = home.accepts()
        await home.start()
        await home.settled(every_question=ours)

        assert home.broken() == []
        assert [home.comments(number) for number in (201, 205)] == [1, 1]
        assert home.charged() == []
        assert await home.stop() == 0


@pytest.mark.parametrize("point", POINTS)
async def test_n1_n4_killed_at_a_named_place_it_goes_on_where_it_was(
    point: str, tmp_path: Path
) -> None:
    await _killed_at(point, tmp_path)


@pytest.mark.long
@pytest.mark.timeout(120)
@pytest.mark.parametrize("point", ALL_POINTS)
async def test_killed_at_every_named_place(point: str, tmp_path: Path) -> None:
    await _killed_at(point, tmp_path)


@pytest.mark.parametrize("seed", [1])
async def test_n1_killed_at_random_moments_nothing_is_lost(seed: int, tmp_path: Path) -> None:
    await _killed_often(tmp_path, random.Random(seed), times=2, many=4)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(10, 35))
async def test_killed_at_random_moments_at_length(seed: int, tmp_path: Path) -> None:
    await _killed_often(tmp_path, random.Random(seed), times=8, many=10)


@pytest.mark.long
@pytest.mark.timeout(1200)
async def test_killed_over_and_over_before_it_is_ready_it_loses_nothing(tmp_path: Path) -> None:
    dice = random.Random(7)
    async with house(tmp_path) as home:
        await home.start()
        for life in range(150):
            if life % 10 == 0:
                open_some(home, range(600 + life, 602 + life), asked=600)
            await home.kill()
            await home.start(ready=False)
            await asyncio.sleep(dice.uniform(0.1, 2.0))
        await home.kill()
        home.patience = 120.0
        await home.start()
        await home.resume()
        await home.settled(every_question=False)

        assert home.broken() == []


async def _killed_often(folder: Path, dice: random.Random, times: int, many: int) -> None:
    async with house(folder) as home:
        for life in range(times):
            await home.start()
            open_some(home, range(300 + 20 * life, 300 + 20 * life + many))
            await asyncio.sleep(dice.uniform(0.01, 0.9))
            await home.kill()

        # Comments are a second apart: eighty pull requests have much to say.
        home.patience = 40.0 + 2 * len(home.earned)
        await home.start()
        await home.resume()
        await home.settled(every_question=False)

        assert home.broken() == []


async def test_n13_a_second_process_on_the_same_store_is_refused(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.start()
        first = home.process
        assert first is not None
        await home.start(ready=False)
        second = home.process
        assert second is not None
        code = await second.wait()
        home.process = first
        log = (tmp_path / "log").read_text()
        await home.kill()
        await home.start()

        assert code == 3
        assert f"pid {first.pid} on host " in log


async def test_a_stop_under_load_charges_nobody_and_the_next_start_goes_on(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.start()
        open_some(home, range(400, 406))
        await asyncio.sleep(0.15)
        async with asyncio.timeout(25):
            code = await home.stop()
        charged = home.charged()
        await home.start()
        await home.settled()

        assert code == 0
        assert charged == []
        assert home.broken() == []


async def test_n5_a_restart_by_itself_writes_nothing(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.start()
        open_some(home, range(450, 453))
        await home.settled()
        assert await home.stop() == 0
        before = len(home.simulator.calls)
        await home.start()
        await home.until(lambda: home.compared(before), "the repositories are compared")
        await home.settled()
        writes = [one.line for one in home.simulator.calls[before:] if one.writes]

        assert [line for line in writes if "/access_tokens" not in line] == []


async def test_n12_an_error_of_the_disk_ends_the_process_and_a_fresh_one_goes_on(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as home:
        await home.start()
        assert home.process is not None
        size = (tmp_path / "data" / "handoff.sqlite-wal").stat().st_size
        resource.prlimit(home.process.pid, resource.RLIMIT_FSIZE, (size + 10_000, -1))
        open_some(home, range(500, 504))
        code = await asyncio.wait_for(home.process.wait(), 25)
        await home.start()
        await home.settled()

        assert code == 74
        assert home.broken() == []


async def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.start("before-commit:hang:40", ready=False)
        await home.until(home.up_or_dead, "the server is up")
        process = home.process
        assert process is not None
        open_some(home, range(500, 506))

        async def stopping() -> bool:
            # Asked once, it waits for what is being written, which takes for ever.
            return '"stopping"' in (tmp_path / "log").read_text()

        process.send_signal(signal.SIGTERM)
        await home.until(stopping, "it is stopping")
        process.send_signal(signal.SIGTERM)

        assert await process.wait() == -signal.SIGTERM


def has_open(pid: int, path: Path) -> bool:
    return any(one.resolve() == path for one in Path(f"/proc/{pid}/fd").iterdir())


async def test_who_waits_for_the_store_of_another_one_ends_when_it_is_told_to(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as home:
        lock = tmp_path / "data" / "handoff.lock"
        lock.parent.mkdir()
        with lock.open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            command = (sys.executable, "-m", "bot", "serve")
            home.process = process = await asyncio.create_subprocess_exec(
                *command, env=home.environ(), stderr=asyncio.subprocess.PIPE
            )

            async def waits() -> bool:
                return has_open(process.pid, lock)

            await home.until(waits, "it waits for the store")
            process.send_signal(signal.SIGTERM)
            said = (await asyncio.wait_for(process.communicate(), 10))[1]

        assert (process.returncode, said) == (0, b"")
