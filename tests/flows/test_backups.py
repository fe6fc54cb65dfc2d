"""Backups by the clock, as the settings ask for them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.simulator.scenario import POLICY
from bot.wiring.server import Bot
from tests.support.crew import crew


@pytest.mark.parametrize(("every", "made"), [(0, 0), (6, 2)])
async def test_backups_are_made_in_turn_where_they_are_asked_for(
    every: int, made: int, tmp_path: Path
) -> None:
    backups = tmp_path / "backups"
    async with crew(tmp_path, POLICY) as acme:
        demo, before = acme.demo, acme.demo.bot
        await before.__aexit__(None, None, None)
        settings = replace(before.settings, backup_every=every, backup_keep=2)
        async with Bot(settings, demo.clock) as demo.bot:
            await acme.waits(hours=5.9)
            early = list(backups.glob("*"))
            for _ in range(3):
                await acme.waits(hours=6)

    assert (early, len(list(backups.glob("*.sqlite")))) == ([], made)
