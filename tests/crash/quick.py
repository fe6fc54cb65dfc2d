"""`handoff` without its long waits: a crash test has no minute to spare for each."""

from __future__ import annotations

from datetime import timedelta

from bot.cli.main import run
from bot.durable import postgres
from bot.judge import plan
from bot.store import claims, database, endings, outbox, shared
from bot.wiring import sweeps

if __name__ == "__main__":
    plan.GRACE = timedelta()
    outbox.DOUBT_MS, outbox.REPEAT_MS = 1_000, 15_000
    vars(claims)["DOUBT_MS"], vars(endings)["REPEAT_MS"] = outbox.DOUBT_MS, outbox.REPEAT_MS
    database.PATIENCE = 1.0
    endings.AFTER_OURS = (1, 1, 1, 1)
    sweeps.REDELIVER_EVERY = timedelta(seconds=3)
    shared.SILENT_MS = 4_000
    postgres.BEAT_EVERY, postgres.SWEEP_EVERY, postgres.STALLED = 0.5, 0.5, 4.0
    postgres.QUIET_AFTER, postgres.END_AFTER = 2.0, 3.0
    run()
