"""Troubles on order: answers that replace or follow the real one, for some calls."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class How(StrEnum):
    """What happens to the connection."""

    ANSWER = "answer"
    HANG = "hang"
    CUT = "cut"
    HALF = "half"
    SHORT = "short"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A prepared trouble.

    `HALF`: the connection breaks in the middle of the body; `SHORT`: the body is half of itself and
    says so. `done`: the request takes effect first, only its answer is lost or replaced. `errors`,
    `nulls`: for queries, errors added to the real answer and paths set to null in it.
    """

    how: How = How.ANSWER
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    done: bool = False
    errors: tuple[dict[str, Any], ...] = ()
    nulls: tuple[tuple[str | int, ...], ...] = ()

    @property
    def partial(self) -> bool:
        """Whether it changes a query's real answer instead of replacing it."""
        return bool(self.errors or self.nulls)


def answer(status: int, body: Any = None, **headers: str) -> Fault:
    """This status with this JSON; header names with `_` for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    kind = {"Content-Type": "application/json; charset=utf-8"}
    raw = json.dumps({} if body is None else body).encode()
    return Fault(status=status, body=raw, headers=kind | named)


def html_502(*, done: bool = False) -> Fault:
    """GitHub's front gives up and says so in HTML."""
    text = b"<html><head><title>502 Bad Gateway</title></head></html>"
    return Fault(status=502, body=text, headers={"Content-Type": "text/html"}, done=done)


def hang(*, done: bool = False) -> Fault:
    """No answer until the caller gives up."""
    return Fault(how=How.HANG, done=done)


def cut(*, done: bool = False) -> Fault:
    """The connection breaks without an answer."""
    return Fault(how=How.CUT, done=done)


def half() -> Fault:
    """Status, headers and half of the real answer, then the connection breaks."""
    return Fault(how=How.HALF)


def truncated() -> Fault:
    """Half of the real answer, as if it were all of it."""
    return Fault(how=How.SHORT)


def primary_limit(reset: datetime, *, status: int = 403) -> Fault:
    """The hourly limit is used up until that moment."""
    named = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(reset.timestamp()))}
    named |= {"X-RateLimit-Limit": "5000", "Content-Type": "application/json; charset=utf-8"}
    text = json.dumps({"message": "API rate limit exceeded for installation ID 1."})
    return Fault(status=status, body=text.encode(), headers=named)


def secondary_limit(retry_after: int | None = 60, *, status: int = 403) -> Fault:
    """Too fast; without a number of seconds only the message tells."""
    message = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}
    headers = {} if retry_after is None else {"Retry_After": str(retry_after)}
    return answer(status, message, **headers)


def abuse() -> Fault:
    """Too fast, said as a validation error."""
    error = {"resource": "Issue", "field": "base", "code": "abuse"}
    return answer(422, {"message": "Validation Failed", "errors": [error]})


def graphql_limit(reset: datetime) -> Fault:
    """The hourly limit of queries, which comes as HTTP 200."""
    error = {"type": "RATE_LIMITED", "message": "API rate limit exceeded for installation."}
    named = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(reset.timestamp()))}
    kind = {"Content-Type": "application/json; charset=utf-8"}
    return Fault(status=200, body=json.dumps({"errors": [error]}).encode(), headers=named | kind)


def partial(*nulls: tuple[str | int, ...], type: str = "RESOURCE_LIMITS_EXCEEDED") -> Fault:  # noqa: A002
    """A query answered in part: null at these paths, each with an error of that type."""
    message = "Resource limits for this query exceeded."
    errors = tuple({"type": type, "path": list(path), "message": message} for path in nulls)
    return Fault(errors=errors, nulls=nulls)


class Faults:
    """What is on order."""

    def __init__(self) -> None:
        self._ordered: list[tuple[re.Pattern[str], Fault, int, int | None]] = []

    def order(self, match: str, fault: Fault, times: int, only: int | None = None) -> None:
        """For the next `times` calls whose `METHOD /path`, and of a query its kind and name, match;
        `only`: of one installation."""
        self._ordered.append((re.compile(match), fault, times, only))

    def clear(self) -> None:
        """Cancel what is left."""
        self._ordered.clear()

    def take(self, line: str, owner: int | None = None) -> Fault | None:
        """The fault for this call by an installation, counted as used."""
        for at, (pattern, fault, times, only) in enumerate(self._ordered):
            if only in {None, owner} and pattern.search(line):
                self._ordered[at] = (pattern, fault, times - 1, only)
                if times <= 1:
                    del self._ordered[at]
                return fault
        return None


def with_nulls(data: Any, paths: tuple[tuple[str | int, ...], ...]) -> Any:
    """The answer of a query with null at these paths; a path that is not there is ignored."""
    for path in paths:
        at = data
        for step in path[:-1]:
            at = _step(at, step)
        if _step(at, path[-1]) is not None:
            at[path[-1]] = None
    return data


def _step(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return None
