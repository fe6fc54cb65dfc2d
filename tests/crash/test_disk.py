"""A small disk that fills up while the server runs, and is freed again."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.house import House, house
from tests.crash.test_kill import open_some

pytestmark = [pytest.mark.long, pytest.mark.timeout(180)]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of its own: 64 MB, half of which the server keeps back."""
    disk = tmp_path / "data"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("nobody may mount a disk here")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


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
