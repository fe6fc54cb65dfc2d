"""What is asked of a report beside its bytes, as it crosses into the sandbox."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.model.area import Area

if TYPE_CHECKING:
    from bot.sandbox.frame import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`files`: which of an artifact. `cases`: globs of those that count, none: all.

    `lines`: the changed lines of each changed file. `others`: files of the repository that a
    report could mean instead, for they have the same name.
    """

    files: Area = Area("files", ("**",))
    cases: tuple[str, ...] = ()
    lines: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    others: tuple[str, ...] = ()


def asked_of(job: Job) -> Asked:
    """The job's options; the bot's own words, so they are whole."""
    data = json.loads(job.options or "{}")
    files = data.get("files")
    return Asked(
        files=Area("files", (files,)) if files else Area("files", ("**",)),
        cases=tuple(data.get("cases", ())),
        lines={path: tuple(lines) for path, lines in data.get("lines", {}).items()},
        others=tuple(data.get("others", ())),
    )
