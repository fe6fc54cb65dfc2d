"""Moments as the store keeps them: milliseconds UTC, no zone, no float."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def to_ms(moment: datetime) -> int:
    """The moment in milliseconds since 1970."""
    return (moment - _EPOCH) // _MS


def from_ms(ms: int) -> datetime:
    """The aware moment of a number of milliseconds."""
    return _EPOCH + ms * _MS


def maybe_ms(moment: datetime | None) -> int | None:
    """The same where there may be no moment."""
    return None if moment is None else to_ms(moment)


def maybe_from(ms: int | None) -> datetime | None:
    """The same where there may be no number."""
    return None if ms is None else from_ms(ms)
