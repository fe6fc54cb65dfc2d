"""A small disk that fills up while the server runs, and is freed again."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.crash.house import House, house
from tests.crash.test_kill import open_some
from tests.crash.test_workers import working
from tests.support.postgres import Postgres

pytestmark = [pytest.mark.long, pytest.mark.timeout(180)]


@contextmanager
def small_disk(folder: Path, mb: int) -> Iterator[None]:
    """The folder on a disk of its own."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mb}m", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("nobody may mount a disk here")
    yield
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """Half of it the server keeps back."""
    disk = tmp_path / "data"
    disk.mkdir()
    with small_disk(disk, 64):
        yield disk


@pytest.fixture
def cramped() -> Iterator[Postgres]:
    """A Postgres server whose disk has room for itself and little more."""
    server = Postgres(min_wal_size="32MB", max_wal_size="48MB", restart_after_crash="on")
    with small_disk(server.folder, 150):
        server.start()
        yield server
        with suppress(RuntimeError):
            server.stop("immediate")
    server.folder.rmdir()


def fill(disk: Path) -> None:
    """To the last byte."""
    with (disk / "others").open("ab", buffering=0) as file:
        size = 1 << 20
        while size:
            try:
                file.write(b"x" * size)
            except OSError:
                size //= 2


async def test_n12_a_full_disk_refuses_and_recovers_without_a_hand(
    small: Path, tmp_path: Path
) -> None:
    async with house(tmp_path) as home:
        await home.start()
        open_some(home, range(201, 203))
        await home.settled()
        number = await _refused(home, small)
        alive = home.process is not None and home.process.returncode is None
        (small / "others").unlink()
        home.patience = 100.0
        await home.settled(every_question=False)

        assert alive
        assert number > 210
        assert home.broken() == []


async def test_n12_a_full_disk_of_the_database_refuses_and_nothing_is_lost(
    cramped: Postgres, tmp_path: Path
) -> None:
    async with working(cramped, tmp_path, "one", "two") as here:
        home = here.home
        open_some(home, range(201, 203))
        await home.settled()
        number = await _refused(home, cramped.folder)
        (cramped.folder / "others").unlink()
        # Where it could not even write its log it has ended itself.
        with suppress(RuntimeError):
            await asyncio.to_thread(cramped.start)
        home.patience = 100.0
        await home.settled(every_question=False)

        assert number > 210
        assert home.broken() == []
        assert home.charged() == []
        assert [one and one.returncode for one in (home.process, *here.workers.values())] == [
            None
        ] * 3


async def _refused(home: House, disk: Path) -> int:
    """Fill it again and again, for the server gives its own room up first, until a delivery is
    refused; the next number."""
    number = 210
    while number < 240:
        fill(disk)
        home.open(number, good=True)
        number += 1
        await home.simulator.settle()
        if any(one.status_code == 503 for one in home.simulator.deliveries.log[-6:]):
            return number
    raise AssertionError("nothing was refused")
