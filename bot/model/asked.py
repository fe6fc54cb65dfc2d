"""How often a person was asked of late, over all repositories."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`last`: the newest time. `lately`: how often within the last day. `open`: what they owe."""

    last: datetime | None = None
    lately: int = 0
    open: int = 0
