"""What GitHub says, recorded once for all tests of the benchmarks."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks.recorded import POLICIES, Recording, record


@pytest.fixture(scope="session")
def recordings() -> dict[str, Recording]:
    async def all_of_them() -> list[Recording]:
        return await asyncio.gather(*map(record, POLICIES.values()))

    # On a loop of its own: that of a test does not live as long.
    with ThreadPoolExecutor(1) as thread:
        made = thread.submit(asyncio.run, all_of_them()).result()
    return dict(zip(POLICIES, made, strict=True))
