"""`handoff` that writes its comment at once: by design it waits a minute, which no burst lasts."""

from __future__ import annotations

from datetime import timedelta

from bot.cli.main import run
from bot.judge import plan

if __name__ == "__main__":
    plan.GRACE = timedelta()
    run()
