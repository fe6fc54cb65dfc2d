"""When a question is due by somebody's calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.judge.hours import FAR, after, day_of, is_open, opens_at, worked
from bot.model.policy import Hours, WorkingTime

BERLIN = Hours(end="17:30", zone="Europe/Berlin", holidays=(date(2026, 12, 25),))
TOKYO = Hours(zone="Asia/Tokyo")
NIGHT = Hours(days=(5, 6), start="01:00", end="05:00", zone="Europe/Berlin")
ALWAYS = Hours(always=True)
NEVER = Hours(days=())
BACKWARDS = Hours(start="22:00", end="06:00")
# There the clock jumps from 23:00 to midnight.
NUUK = Hours(days=(5, 6), start="00:00", end="23:30", zone="America/Nuuk")
IN_GAP = Hours(days=(6,), start="02:30", end="03:10", zone="Europe/Berlin")


def moment(text: str, zone: str = "Europe/Berlin") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def worth(text: str) -> WorkingTime:
    number = int(text[:-1])
    if text.endswith("d"):
        return WorkingTime(days=number)
    return WorkingTime(time=timedelta(**{{"h": "hours", "m": "minutes"}[text[-1]]: number}))


# 23 November 2026 is a Monday.
DUE = [
    ("hours over a weekend", "2026-11-27T16:30", "4h", "2026-11-30T12:00"),
    ("hours to the closing moment", "2026-11-23T13:30", "4h", "2026-11-23T17:30"),
    ("hours raised at night", "2026-11-23T22:00", "4h", "2026-11-24T13:00"),
    ("hours raised before opening", "2026-11-23T05:00", "30m", "2026-11-23T09:30"),
    ("hours raised at closing", "2026-11-23T17:30", "1h", "2026-11-24T10:00"),
    ("more than a day of hours", "2026-11-23T09:00", "9h", "2026-11-24T09:30"),
    ("a day", "2026-11-23T10:21", "1d", "2026-11-24T10:21"),
    ("a day, in the afternoon", "2026-11-23T15:31", "1d", "2026-11-24T15:31"),
    ("a day from Friday", "2026-11-27T10:00", "1d", "2026-11-30T10:00"),
    ("a day raised at night", "2026-11-23T22:00", "1d", "2026-11-25T09:00"),
    ("a day raised before opening", "2026-11-23T05:00", "1d", "2026-11-24T09:00"),
    ("a day raised at closing", "2026-11-23T17:30", "1d", "2026-11-25T09:00"),
    ("three days", "2026-11-26T10:00", "3d", "2026-12-01T10:00"),
    ("a day before a holiday", "2026-12-24T10:00", "1d", "2026-12-28T10:00"),
    ("hours before a holiday", "2026-12-24T17:00", "1h", "2026-12-28T09:30"),
    ("raised on a holiday", "2026-12-25T10:00", "1d", "2026-12-29T09:00"),
    ("over the change to summer", "2026-03-27T16:00", "1d", "2026-03-30T16:00"),
    ("over the change to winter", "2026-10-23T16:00", "4h", "2026-10-26T11:30"),
    ("no time at all", "2026-11-28T12:00", "0h", "2026-11-28T12:00"),
]


@pytest.mark.parametrize(
    ("start", "time", "due"), [one[1:] for one in DUE], ids=[d[0] for d in DUE]
)
def test_a_question_is_due_when_so_much_working_time_has_passed(
    start: str, time: str, due: str
) -> None:
    assert after(moment(start), worth(time), BERLIN) == moment(due)


OTHERS = [
    ("another zone", TOKYO, "2026-11-23T16:00+09:00", "2h", "2026-11-24T10:00+09:00"),
    ("asked from elsewhere", TOKYO, "2026-11-23T10:00+01:00", "1d", "2026-11-25T09:00+09:00"),
    ("always, hours", ALWAYS, "2026-11-28T22:00+00:00", "4h", "2026-11-29T02:00+00:00"),
    ("always, days", ALWAYS, "2026-11-27T22:00+00:00", "2d", "2026-11-29T22:00+00:00"),
    # The night of 29 March has three hours of four, that of 25 October five.
    ("a lost hour", NIGHT, "2026-03-29T01:00+01:00", "3h", "2026-03-29T05:00+02:00"),
    ("after a lost hour", NIGHT, "2026-03-29T01:00+01:00", "4h", "2026-04-04T02:00+02:00"),
    ("a gained hour", NIGHT, "2026-10-25T01:00+02:00", "4h", "2026-10-25T04:00+01:00"),
    ("a day that is shorter", NIGHT, "2026-03-28T04:30+01:00", "1d", "2026-03-29T05:00+02:00"),
    ("closing in a gap", NUUK, "2026-03-28T22:00-02:00", "2h", "2026-03-29T01:00-01:00"),
    ("no hours in a gap", IN_GAP, "2026-03-29T00:00+01:00", "10m", "2026-04-05T02:40+02:00"),
]


@pytest.mark.parametrize(
    ("hours", "start", "time", "due"), [one[1:] for one in OTHERS], ids=[o[0] for o in OTHERS]
)
def test_other_calendars_count_by_their_own_clock(
    hours: Hours, start: str, time: str, due: str
) -> None:
    made = after(datetime.fromisoformat(start), worth(time), hours)

    assert made == datetime.fromisoformat(due)


@pytest.mark.parametrize("hours", [NEVER, BACKWARDS])
@pytest.mark.parametrize("time", ["1h", "1d"])
def test_a_calendar_without_a_working_day_is_due_never(hours: Hours, time: str) -> None:
    now = moment("2026-11-23T10:00")

    assert after(now, worth(time), hours) == FAR
    assert opens_at(now, hours) == FAR
    assert after(FAR, worth(time), BERLIN) > FAR
    assert not is_open(now, hours)
    assert worked(now, moment("2027-11-23T10:00"), hours) == timedelta()


PAUSES = [
    ("none", "4h", [], "2026-11-23T14:00"),
    ("one", "4h", [("11:00", "12:00")], "2026-11-23T15:00"),
    ("over the day", "4h", [("11:00", "20:00")], "2026-11-24T12:00"),
    ("before it began", "4h", [("08:00", "09:30")], "2026-11-23T14:00"),
    ("begun before", "4h", [("08:00", "10:30")], "2026-11-23T14:30"),
    ("within another", "4h", [("11:30", "12:30"), ("11:00", "13:00")], "2026-11-23T16:00"),
    ("overlapping", "4h", [("11:00", "12:00"), ("11:30", "12:30")], "2026-11-23T15:30"),
    ("when due", "4h", [("14:00", "15:00")], "2026-11-23T14:00"),
    ("reached by another", "4h", [("11:00", "12:00"), ("14:30", "15:00")], "2026-11-23T15:30"),
    ("at night", "9h", [("18:00", "23:00")], "2026-11-24T10:30"),
    ("of a day", "1d", [("14:00", "15:00")], "2026-11-24T11:00"),
]


@pytest.mark.parametrize(
    ("time", "pauses", "due"), [p[1:] for p in PAUSES], ids=[p[0] for p in PAUSES]
)
def test_paused_working_time_does_not_count(
    time: str, pauses: list[tuple[str, str]], due: str
) -> None:
    stretches = [tuple(moment(f"2026-11-23T{one}") for one in pause) for pause in pauses]

    made = after(
        moment("2026-11-23T10:00"), worth(time), BERLIN, [(one[0], one[1]) for one in stretches]
    )

    assert made == moment(due)


def test_a_pause_without_an_end_lasts_for_ever_once_it_has_begun() -> None:
    now = moment("2026-11-23T10:00")

    assert after(now, worth("4h"), BERLIN, [(moment("2026-11-23T11:00"), None)]) == FAR
    assert after(now, worth("4h"), BERLIN, [(moment("2026-11-23T15:00"), None)]) == moment(
        "2026-11-23T14:00"
    )


WORKED = [
    ("within a day", "2026-11-23T10:00", "2026-11-23T12:00", 2.0),
    ("over a weekend", "2026-11-27T16:30", "2026-11-30T12:00", 4.0),
    ("from night to night", "2026-11-23T02:00", "2026-11-23T23:00", 8.5),
    ("within a weekend", "2026-11-28T02:00", "2026-11-29T23:00", 0.0),
    ("backwards", "2026-11-23T12:00", "2026-11-23T10:00", 0.0),
    ("a timer that fired late", "2026-11-30T12:00", "2026-12-01T10:00", 6.5),
    ("over a holiday", "2026-12-24T17:00", "2026-12-28T09:30", 1.0),
]


@pytest.mark.parametrize(
    ("start", "end", "hours"), [w[1:] for w in WORKED], ids=[w[0] for w in WORKED]
)
def test_working_time_between_two_moments(start: str, end: str, hours: float) -> None:
    assert worked(moment(start), moment(end), BERLIN) == timedelta(hours=hours)


OPENS = [
    ("2026-11-23T09:00", "2026-11-23T09:00"),
    ("2026-11-23T17:29", "2026-11-23T17:29"),
    ("2026-11-23T17:30", "2026-11-24T09:00"),
    ("2026-11-23T08:59", "2026-11-23T09:00"),
    ("2026-11-28T12:00", "2026-11-30T09:00"),
    ("2026-12-25T12:00", "2026-12-28T09:00"),
]


@pytest.mark.parametrize(("now", "opening"), OPENS)
def test_hours_are_open_from_the_opening_to_before_the_closing_moment(
    now: str, opening: str
) -> None:
    assert opens_at(moment(now), BERLIN) == moment(opening)
    assert is_open(moment(now), BERLIN) is (now == opening)
    assert is_open(moment(now), ALWAYS)


def test_the_date_is_that_of_the_calendars_zone() -> None:
    late = datetime(2026, 11, 23, 20, tzinfo=UTC)

    assert (day_of(late, BERLIN), day_of(late, TOKYO)) == (date(2026, 11, 23), date(2026, 11, 24))


# ── laws ──────────────────────────────────────────────────────────────────────────────────────

MOMENTS = st.datetimes(
    min_value=datetime.fromisoformat("2026-01-01"),
    max_value=datetime.fromisoformat("2027-12-31"),
    timezones=st.just(UTC),
)
CALENDARS = st.sampled_from([BERLIN, TOKYO, NIGHT, ALWAYS, NUUK, IN_GAP])
LENGTHS = st.timedeltas(min_value=timedelta(), max_value=timedelta(hours=60))
DAYS = st.integers(min_value=0, max_value=12)


@given(MOMENTS, LENGTHS, LENGTHS, CALENDARS)
def test_time_adds_up(now: datetime, one: timedelta, other: timedelta, hours: Hours) -> None:
    first = after(now, WorkingTime(time=one), hours)

    assert after(first, WorkingTime(time=other), hours) == after(
        now, WorkingTime(time=one + other), hours
    )
    assert worked(now, first, hours) == one


@given(MOMENTS, DAYS, DAYS)
def test_days_add_up_where_they_are_equally_long(now: datetime, one: int, other: int) -> None:
    first = after(now, WorkingTime(days=one), BERLIN)

    assert after(first, WorkingTime(days=other), BERLIN) == after(
        now, WorkingTime(days=one + other), BERLIN
    )


@given(MOMENTS, MOMENTS, st.builds(WorkingTime, days=DAYS, time=LENGTHS), CALENDARS)
def test_who_asks_later_is_due_later(
    one: datetime, other: datetime, time: WorkingTime, hours: Hours
) -> None:
    early, late = sorted([one, other])

    assert early <= after(early, time, hours) <= after(late, time, hours)
    assert early <= opens_at(early, hours) <= opens_at(late, hours)


@given(MOMENTS, LENGTHS, st.lists(st.tuples(MOMENTS, MOMENTS), max_size=4), CALENDARS)
def test_a_pause_never_brings_a_question_forward(
    now: datetime, time: timedelta, pauses: list[tuple[datetime, datetime]], hours: Hours
) -> None:
    without = after(now, WorkingTime(time=time), hours)
    made = after(now, WorkingTime(time=time), hours, pauses)

    assert made >= without
    assert worked(now, made, hours) >= time
