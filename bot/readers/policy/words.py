"""Kinds of single values that only a policy has: globs, patterns, dates, names of other things."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.model.area import BadGlob, glob_expression
from bot.model.pattern import PATTERN_LIMIT, finder
from bot.model.policy import WorkingTime
from bot.readers.policy.shape import BAD, Context, Kind, Reference, Text, shown
from bot.readers.yaml_loader import Node, Scalar

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_NO_RE2 = (
    (re.compile(r"\(\?<[=!]"), 'looks behind; use "except" for what must not count'),
    (re.compile(r"\(\?[=!]"), 'looks ahead; use "except" for what must not count'),
    (re.compile(r"\\[1-9]"), "refers back; write the text out"),
)


@dataclass(frozen=True)
class Day(Kind):
    """A date."""

    def read(self, node: Node, context: Context, key: str) -> Any:
        """The date."""
        try:
            if isinstance(node, Scalar) and _DATE.fullmatch(node.text):
                return date.fromisoformat(node.text)
        except ValueError:
            pass
        what = f"expected a date like 2026-12-01, got {shown(node)}"
        return context.say(node.place, what, "E205", key=key)

    def schema(self) -> dict[str, Any]:
        """A date as text."""
        return {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}


@dataclass(frozen=True)
class Span(Kind):
    """`until DATE` or `DATE to DATE`; reads to the first and the last day."""

    def read(self, node: Node, context: Context, key: str) -> Any:
        """The two dates."""
        text = node.text if isinstance(node, Scalar) else ""
        day = _DATE.pattern
        if re.fullmatch(f"until {day}|{day} to {day}", text):
            try:
                days = [date.fromisoformat(one) for one in _DATE.findall(text)]
            except ValueError:
                days = []
            if days and days == sorted(days):
                return (days[0] if len(days) > 1 else date.min, days[-1])
        what = f'expected days like "2026-12-21 to 2027-01-04", got {shown(node)}'
        return context.say(node.place, what, "E205", key=key)

    def schema(self) -> dict[str, Any]:
        """The two forms."""
        day = r"\d{4}-\d{2}-\d{2}"
        return {"type": "string", "pattern": f"^(?:until {day}|{day} to {day})$"}


@dataclass(frozen=True)
class Duration(Kind):
    """`30m`, `4h` or `2d`, within bounds; reads to the time as a clock on the wall counts it.

    `working`: reads to working time, whose days are not so many hours.
    """

    low: timedelta = timedelta(minutes=1)
    high: timedelta = timedelta(days=365)
    working: bool = False

    def read(self, node: Node, context: Context, key: str) -> Any:
        """The length of time."""
        text = node.text if isinstance(node, Scalar) else ""
        if not re.fullmatch(r"[1-9][0-9]{0,3}[mhd]", text):
            what = f"expected a duration like 4h, got {shown(node)}"
            return context.say(node.place, what, "E205", key=key)
        number, unit = int(text[:-1]), text[-1]
        span = timedelta(**{_UNITS[unit]: number})
        if self.low <= span <= self.high:
            if not self.working:
                return span
            return WorkingTime(days=number) if unit == "d" else WorkingTime(time=span)
        bounds = " to ".join(_short(one) for one in (self.low, self.high))
        return context.say(node.place, f'"{text}" is not within {bounds}', "E205", key=key)

    def schema(self) -> dict[str, Any]:
        """A number with its unit."""
        return {"type": "string", "pattern": "^[1-9][0-9]{0,3}[mhd]$"}


@dataclass(frozen=True)
class Zone(Kind):
    """A time zone by its IANA name."""

    def read(self, node: Node, context: Context, key: str) -> Any:
        """The name."""
        name = Text("a time zone", example="Europe/Berlin", limit=60).read(node, context, key)
        if name is BAD:
            return BAD
        try:
            return ZoneInfo(name).key
        except (KeyError, ValueError, OSError):
            what = f'"{name}" is no time zone; write one like Europe/Berlin'
            return context.say(node.place, what, "E205", key=key)

    def schema(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string", "minLength": 1, "maxLength": 60}


@dataclass(frozen=True)
class Glob(Kind):
    """A glob of the policy language, or `inherited`."""

    def read(self, node: Node, context: Context, key: str) -> Any:
        """The glob."""
        text = Text("a glob").read(node, context, key)
        if text is BAD:
            return BAD
        try:
            glob_expression(text.removeprefix("!"))
        except BadGlob as bad:
            return context.say(node.place, str(bad), "E206", key=key)
        return text

    def schema(self) -> dict[str, Any]:
        """A string."""
        pattern = r"^(?!!?\.?/)(?!!?(?:.*/)?\.\.(?:/|$))[^\[\]\\]+$"
        return {"type": "string", "minLength": 1, "maxLength": 500, "pattern": pattern}


@dataclass(frozen=True)
class Pattern(Kind):
    """An RE2 expression."""

    def read(self, node: Node, context: Context, key: str) -> Any:
        """The expression."""
        text = Text("an re2 pattern", limit=PATTERN_LIMIT).read(node, context, key)
        if text is BAD:
            return BAD
        try:
            finder(text)
        except ValueError as error:
            what = f"not an re2 pattern: {_why_not(text, str(error))}"
            return context.say(node.place, what, "E206", key=key)
        return text

    def schema(self) -> dict[str, Any]:
        """A string without look-around."""
        no = {"pattern": r"\(\?<?[=!]"}
        return {"type": "string", "minLength": 1, "maxLength": PATTERN_LIMIT, "not": no}


@dataclass(frozen=True)
class Named(Kind):
    """The name of something that must exist: checked when everything is read."""

    kind: str
    acts: bool = False

    def read(self, node: Node, context: Context, key: str) -> Any:
        """The name."""
        article = "an" if self.kind[0] in "aeiou" else "a"
        what = f"the name of {article} {self.kind}"
        name = Text(what, limit=80).read(node, context, key)
        if name is not BAD:
            found = Reference(self.kind, name, node.place, key, acts=self.acts)
            context.references.append(found)
        return name

    def schema(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string", "minLength": 1, "maxLength": 80}


@dataclass(frozen=True)
class Unsure(Kind):
    """`block` or `ask ROLE`; reads to the role, or to None."""

    def read(self, node: Node, context: Context, key: str) -> Any:
        """The role that is asked."""
        kind = Text("block or ask ROLE", r"block|ask [a-z][a-z0-9-]{0,39}", example="ask reviewer")
        text = kind.read(node, context, key)
        if text is BAD or text == "block":
            return BAD if text is BAD else None
        role = text.removeprefix("ask ")
        context.references.append(Reference("role", role, node.place, key, acts=True))
        return role

    def schema(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string", "pattern": "^(?:block|ask [a-z][a-z0-9-]{0,39})$"}


def _short(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"


def _why_not(pattern: str, error: str) -> str:
    for expression, why in _NO_RE2:
        found = expression.search(pattern)
        if found is not None:
            return f'"{found.group()}" {why}'
    return error
