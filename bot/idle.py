"""Connections on which nobody has spoken for a while."""

from __future__ import annotations

import select
from typing import Any

# How a connection to Postgres on which nothing is asked notices that the machine at the other end
# is gone: seconds of silence, then seconds between questions and how many of them.
NOTICED: dict[str, Any] = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}


def spoke_up(number: int) -> bool:
    """Whether the other end of an idle connection has said something unasked, as a server does
    before it hangs up; to ask it each time is one way more for each statement."""
    # Unlike select, it takes connections of any number.
    there = select.poll()
    there.register(number, select.POLLIN)
    return bool(there.poll(0))
