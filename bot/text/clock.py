"""Moments as people read them: by the clock and the calendar of the policy."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from datetime import datetime


def moment_of(moment: datetime, zone: str) -> str:
    """`Tue 10:21` in that zone, which is the policy's."""
    return f"{moment.astimezone(ZoneInfo(zone)):%a %H:%M}"


def time_of(moment: datetime, zone: str) -> str:
    """`10:21` in that zone."""
    return f"{moment.astimezone(ZoneInfo(zone)):%H:%M}"


def lately(moment: datetime, now: datetime, zone: str) -> str:
    """`11:15` where that is today in that zone, else `Mon 23 Nov 11:15`."""
    there = moment.astimezone(ZoneInfo(zone))
    today = there.date() == now.astimezone(ZoneInfo(zone)).date()
    return f"{there:%H:%M}" if today else f"{there:%a %d %b %H:%M}"
