"""Answers of the simulated GitHub: JSON, errors in its words, pages with their links."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import urlencode

from bot.simulator.things import Json

T = TypeVar("T")

DOCS = "https://docs.github.com/rest"

# Keys that GitHub took out of all answers in API version 2026-03-10.
REMOVED_KEYS = frozenset(
    {
        "merge_commit_sha",
        "assignee",
        "rate",
        "has_downloads",
        "master_branch",
        "use_squash_pr_title_as_default",
    }
)


@dataclass(slots=True, kw_only=True)
class Answer:
    """A status, a JSON value or raw bytes, and headers."""

    status: int = 200
    json: Any = None
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        """What goes over the wire."""
        if self.raw is not None:
            return self.raw
        return b"" if self.json is None else json.dumps(self.json).encode()


class Refusal(Exception):
    """The request is refused with this answer."""

    def __init__(self, status: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers: dict[str, str] = more.pop("headers", {})
        self.more = more

    def answer(self) -> Answer:
        """GitHub's error object; all but validation errors repeat the status as a word."""
        body: Json = {"message": self.message, "documentation_url": DOCS}
        body |= self.more
        return Answer(
            status=self.status, json=body | {"status": str(self.status)}, headers=self.headers
        )


def not_found() -> Refusal:
    """404, also for what may not be seen."""
    return Refusal(404, "Not Found")


def invalid(resource: str, what: str, code: str = "invalid", **more: str) -> Refusal:
    """422 for one field."""
    error = {"resource": resource, "field": what, "code": code, **more}
    return Refusal(422, "Validation Failed", errors=[error])


def unprocessable(message: str) -> Refusal:
    """422 in a sentence."""
    return Refusal(422, message)


def without_removed(value: Any) -> Any:
    """The same JSON as API version 2026-03-10 gives it."""
    if isinstance(value, dict):
        return {key: without_removed(one) for key, one in value.items() if key not in REMOVED_KEYS}
    return [without_removed(one) for one in value] if isinstance(value, list) else value


def etag_of(body: bytes) -> str:
    """A weak tag over the content."""
    return f'W/"{sha256(body).hexdigest()}"'


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list was asked for."""

    number: int
    size: int

    @staticmethod
    def of(query: Mapping[str, str], cap: int) -> Page:
        """Read `page` and `per_page`; too much is clamped, nonsense is the default."""

        def whole(name: str, default: int) -> int:
            text = query.get(name, "")
            return int(text) if text.isdigit() and int(text) > 0 else default

        return Page(whole("page", 1), min(whole("per_page", 30), cap))

    def cut(self, rows: Sequence[T]) -> list[T]:
        """The rows of this page."""
        start = (self.number - 1) * self.size
        return list(rows[start : start + self.size])

    def links(self, address: str, query: Mapping[str, str], total: int) -> dict[str, str]:
        """The `Link` header, where there is more than one page."""
        last = max(1, -(-total // self.size))
        wanted = {
            "prev": self.number - 1 if self.number > 1 else None,
            "next": self.number + 1 if self.number < last else None,
            "last": last if self.number < last else None,
            "first": 1 if self.number > 1 else None,
        }
        parts = [
            f'<{address}?{urlencode({**query, "page": str(number)})}>; rel="{rel}"'
            for rel, number in wanted.items()
            if number
        ]
        return {"Link": ", ".join(parts)} if parts else {}
