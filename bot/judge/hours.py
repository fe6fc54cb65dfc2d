"""Working time: when a question is due by somebody's calendar, and how much of it has passed.

Everything is counted in moments, so a change of the clocks shortens or lengthens the day that it
falls in and nothing else.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias
from zoneinfo import ZoneInfo

from bot.model.policy import WorkingTime

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.model.policy import Hours

Span: TypeAlias = tuple[datetime, datetime]
Pause: TypeAlias = tuple[datetime, datetime | None]

# What never comes; zones and further days can still be reckoned from here.
FAR = datetime(9000, 1, 1, tzinfo=UTC)
# Twenty years: a calendar that has not opened by then does not open.
_DAYS_LOOKED_AT = 7305
_DAY = timedelta(days=1)
_NO_TIME = timedelta()
_MIDNIGHT = "00:00"


def after(
    start: datetime, worth: WorkingTime, hours: Hours, pauses: Iterable[Pause] = ()
) -> datetime:
    """The first moment by which so much working time has passed since `start`, FAR if none is.

    A day is a working day: due at the same distance from the opening of the next one, reckoned
    from the opening where `start` is outside hours. Working time within `pauses` does not count;
    one without an end lasts for ever.
    """
    due = _forward(start, worth, hours)
    counted = start
    for begins, ends in sorted(pauses, key=lambda one: one[0]):
        since = max(begins, counted)
        if since >= due:
            break
        if ends is None:
            return FAR
        due = _forward(due, WorkingTime(time=worked(since, ends, hours)), hours)
        counted = max(counted, ends)
    return due


def worked(start: datetime, end: datetime, hours: Hours) -> timedelta:
    """How much working time lies between two moments; none where the second is not later."""
    total = _NO_TIME
    for opens, closes in _spans(start, hours):
        if opens >= end:
            break
        total += max(min(closes, end) - max(opens, start), _NO_TIME)
    return total


def is_open(moment: datetime, hours: Hours) -> bool:
    """Whether the moment is within hours; the closing moment is not."""
    return opens_at(moment, hours) == moment


def opens_at(moment: datetime, hours: Hours) -> datetime:
    """The moment itself within hours, else the next opening; FAR if there is none."""
    opens, _ = next(_spans(moment, hours), (FAR, FAR))
    return max(opens, moment)


def day_of(moment: datetime, hours: Hours) -> date:
    """The date that the calendar shows at the moment."""
    return moment.astimezone(ZoneInfo(hours.zone)).date()


def _forward(start: datetime, worth: WorkingTime, hours: Hours) -> datetime:
    due = _days_on(start, worth.days, hours) if worth.days else start
    return _time_on(due, worth.time, hours) if worth.time else due


def _days_on(start: datetime, days: int, hours: Hours) -> datetime:
    spans = tuple(islice(_spans(start, hours), days + 1))
    if len(spans) <= days:
        return FAR
    opens, closes = spans[-1]
    return min(opens + max(start - spans[0][0], _NO_TIME), closes)


def _time_on(start: datetime, left: timedelta, hours: Hours) -> datetime:
    for opens, closes in _spans(start, hours):
        begins = max(opens, start)
        if closes - begins >= left:
            return begins + left
        left -= closes - begins
    return FAR


def _spans(since: datetime, hours: Hours) -> Iterator[Span]:
    """The open stretches that end after the moment, earliest first."""
    zone = ZoneInfo(hours.zone)
    first = day_of(since, hours)
    for number in range(_DAYS_LOOKED_AT):
        day = first + number * _DAY
        if hours.always or (day.weekday() in hours.days and day not in hours.holidays):
            opens, closes = _span(day, hours, zone)
            # Hours that lie in the gap of a changing clock, or are not from early to late.
            if opens < closes and closes > since:
                yield opens, closes


def _span(day: date, hours: Hours, zone: ZoneInfo) -> Span:
    # A closing time within the gap of a changing clock must not reach into the next day.
    midnight = _moment(day + _DAY, _MIDNIGHT, zone)
    if hours.always:
        return _moment(day, _MIDNIGHT, zone), midnight
    return _moment(day, hours.start, zone), min(_moment(day, hours.end, zone), midnight)


def _moment(day: date, clock: str, zone: ZoneInfo) -> datetime:
    """The first moment of that day with that time; in a gap, as if the clock had not changed."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone).astimezone(UTC)
