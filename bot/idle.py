"""Connections on which nobody has spoken for a while."""

from __future__ import annotations

import select


def spoke_up(number: int) -> bool:
    """Whether the other end of an idle connection has said something unasked, as a server does
    before it hangs up; to ask it each time is one way more for each statement."""
    # Unlike select, it takes connections of any number.
    there = select.poll()
    there.register(number, select.POLLIN)
    return bool(there.poll(0))
