"""An answer of GitHub is read once, here: what it means and until when to wait.

Sources: GitHub's documentation of rate limits and of redirects; the secondary limit as 422
`code: abuse` (octokit/plugin-throttling #775); the words of a suspension (ossf/allstar #314).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

# Whatever a header says, nobody waits longer than the longest window of any limit.
_LONGEST = timedelta(days=1)
_UNTOLD = timedelta(seconds=60)
_REDIRECTS = frozenset({301, 302, 307, 308})
_GONE = frozenset({404, 410, 451})


class Kind(Enum):
    """What an answer means for the call; nothing else is ever read of a status."""

    OK = "ok"
    TRANSIENT = "transient"
    SUSPENDED = "suspended"
    SECONDARY = "secondary"
    PRIMARY = "primary"
    DENIED = "denied"
    UNAUTHORIZED = "unauthorized"
    MOVED = "moved"
    GONE = "gone"
    TOO_LARGE = "too large"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """`until`: by GitHub's clock; None for a secondary limit that does not say.

    `what`: GitHub's own message, cut. `accepted`: permissions that would do. `location`: redirects.
    `heavy`: a gateway gave up waiting (502, 504).
    """

    kind: Kind
    what: str = ""
    until: datetime | None = None
    accepted: str = ""
    location: str = ""
    heavy: bool = False


OK = Reading(kind=Kind.OK)


def classify(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> Reading:
    """What the answer means, first match wins; `headers` by lower-case names, `now` by GitHub."""
    if 200 <= status < 300:
        return _success(status, headers, body)
    if status >= 500:
        heavy = status in (502, 504)
        return Reading(kind=Kind.TRANSIENT, what=f"GitHub answered {status}", heavy=heavy)
    if status in _REDIRECTS:
        return _moved(headers.get("location", ""))
    told = _Told.of(body)
    if status in (403, 429):
        return _forbidden(status, headers, told, now)
    if status == 422 and "abuse" in told.codes:
        return Reading(kind=Kind.SECONDARY, what=told.message, until=retry_after(headers, now))
    return _refused(status, told)


def sent_at(headers: Mapping[str, str], here: datetime) -> datetime:
    """GitHub's own time of the answer; ours where it says none, or one that is over a day off.

    Such a `Date` is a proxy's or a test's: with a clock that wrong no key would be taken at all.
    """
    there = _http_date(headers.get("date", ""))
    return here if there is None or abs(here - there) > _LONGEST else there


def _success(status: int, headers: Mapping[str, str], body: bytes) -> Reading:
    if status == 204 or not body or "json" in headers.get("content-type", ""):
        return OK
    return Reading(kind=Kind.TRANSIENT, what=f"GitHub answered {status} without JSON")


def _moved(location: str) -> Reading:
    try:
        urlsplit(location)
    except ValueError:
        return Reading(kind=Kind.TRANSIENT, what="GitHub points to an address that is none")
    return Reading(kind=Kind.MOVED, location=location)


def _forbidden(status: int, headers: Mapping[str, str], told: _Told, now: datetime) -> Reading:
    words = told.message.lower()
    if status == 403 and "suspended" in words:
        return Reading(kind=Kind.SUSPENDED, what=told.message)
    again = retry_after(headers, now)
    if again is not None:
        return Reading(kind=Kind.SECONDARY, what=told.message, until=again)
    if headers.get("x-ratelimit-remaining") == "0":
        return Reading(kind=Kind.PRIMARY, what=told.message, until=reset_at(headers, now))
    if status == 429 or is_secondary(words) or is_secondary(told.address):
        return Reading(kind=Kind.SECONDARY, what=told.message)
    if "too_large" in told.codes:
        return Reading(kind=Kind.TOO_LARGE, what=told.message)
    accepted = headers.get("x-accepted-github-permissions", "")
    return Reading(kind=Kind.DENIED, what=told.message, accepted=accepted)


def _refused(status: int, told: _Told) -> Reading:
    what = told.message or f"GitHub answered {status}"
    if status == 401:
        return Reading(kind=Kind.UNAUTHORIZED, what=what)
    if status == 408 or (status == 409 and "empty" not in told.message):
        return Reading(kind=Kind.TRANSIENT, what=what)
    if status == 410 and "version" in told.message.lower():
        return Reading(kind=Kind.INVALID, what=f"{what}: set github.api_version to a newer one")
    if status in _GONE:
        return Reading(kind=Kind.GONE, what=what)
    if "too_large" in told.codes or (status == 406 and "too_large" in told.message):
        return Reading(kind=Kind.TOO_LARGE, what=what)
    return Reading(kind=Kind.INVALID, what=told.details() or what)


def is_secondary(text: str) -> bool:
    """Whether GitHub's words (lower case) or documentation address speak of a secondary limit."""
    return "secondary" in text or "abuse" in text


@dataclass(frozen=True, slots=True)
class _Told:
    message: str
    address: str
    errors: tuple[Any, ...]

    @staticmethod
    def of(body: bytes) -> _Told:
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict):
            return _Told("", "", ())
        errors = data.get("errors")
        listed = tuple(errors) if isinstance(errors, list) else () if errors is None else (errors,)
        message = " ".join(str(data.get("message") or "").split())[:300]
        return _Told(message, str(data.get("documentation_url") or "").lower(), listed)

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(str(one.get("code")) for one in self.errors if isinstance(one, dict))

    def details(self) -> str:
        """The message with what is wrong of which field, at most 500 characters."""
        parts = [
            " ".join(str(one[key]) for key in ("field", "code", "message") if one.get(key))
            if isinstance(one, dict)
            else str(one)
            for one in self.errors[:10]
        ]
        return ": ".join(part for part in (self.message, "; ".join(parts)) if part)[:500]


def retry_after(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When GitHub asks to come back, None where it does not say."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return now + min(timedelta(seconds=int(text[:9])), _LONGEST)
    moment = _http_date(text)
    return None if moment is None else min(max(moment, now), now + _LONGEST)


def reset_at(headers: Mapping[str, str], now: datetime) -> datetime:
    """When the primary limit is full again; in a minute where GitHub does not say."""
    text = headers.get("x-ratelimit-reset", "").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        return now + _UNTOLD
    wait = timedelta(seconds=int(text) - now.timestamp())
    # One that is past says nothing: whoever came back at once would be told it again.
    return now + (min(max(wait, timedelta(seconds=1)), _LONGEST) if wait > timedelta() else _UNTOLD)


def _http_date(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return moment if moment.tzinfo is not None else None
