"""One request to the simulated GitHub with its answer, for logs, counts and contract checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(slots=True, kw_only=True)
class Exchange:
    """What was asked and what was answered; `path` without `/api/v3`.

    `status` 0: the connection was cut or left hanging. `document`, `variables`, `data`: queries
    only. `cost`: points of a query. `lost`: JSON of an answer that took effect and never arrived.
    """

    at: datetime
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any = None
    raw: bytes = b""
    status: int = 0
    answer_headers: dict[str, str] = field(default_factory=dict)
    json: Any = None
    document: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    data: Any = None
    cost: int = 0
    fault: bool = False
    lost: Any = None

    @property
    def line(self) -> str:
        """`METHOD /path`, for counting and matching."""
        return f"{self.method} {self.path}"

    @property
    def call(self) -> str:
        """`line`, and of a query its kind and name: what faults are ordered for."""
        return f"{self.line} {(self.document or '').strip().partition('(')[0]}".rstrip()

    @property
    def answer(self) -> Any:
        """The answer's JSON."""
        return self.json

    @property
    def writes(self) -> bool:
        """Whether it was meant to change something on GitHub (tokens are no change)."""
        if self.path.endswith("/access_tokens"):
            return False
        if self.path == "/graphql":
            return "mutation" in (self.document or "")
        return self.method != "GET"
