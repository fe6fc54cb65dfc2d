"""`handoff` without its long waits: a crash test has no minute to spare for each."""

from __future__ import annotations

from datetime import timedelta

from bot.cli.main import run
from bot.judge import plan
from bot.store import database, outbox

if __name__ == "__main__":
    plan.GRACE = timedelta()
    outbox.DOUBT_MS = 1_000
    database.PATIENCE = 1.0
    run()
