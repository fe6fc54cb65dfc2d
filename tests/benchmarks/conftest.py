"""What GitHub says, recorded once for all tests of the benchmarks."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks.recorded import POLICIES, Recording, record


@pytest.fixture(scope="session")
def recordings() -> dict[str, Recording]:
    # On a loop of its own: that of a test does not live as long.
    with ThreadPoolExecutor(1) as thread:
        return {
            name: thread.submit(asyncio.run, record(text)).result()
            for name, text in POLICIES.items()
        }
