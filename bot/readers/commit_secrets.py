"""Secrets that a commit added, whether or not a later one took them out again."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from bot.model.secret import CommitSecrets, Secret
from bot.readers.secrets import places

if TYPE_CHECKING:
    from bot.sandbox.frame import Job


def read(job: Job) -> CommitSecrets:
    """What stands in added lines of the commit more often than in removed ones.

    The job's text is `lines_of` of its files.
    """
    files = [tuple(one) for one in json.loads(job.head or b"[]")]
    gone = Counter(_key(one) for path, _, removed in files for one in _places(path, removed))
    found: list[tuple[str, Secret]] = []
    for path, added, _ in files:
        for one in _places(path, added):
            gone[_key(one)] -= 1
            if gone[_key(one)] < 0:
                found.append((path, one))
    return CommitSecrets(found=tuple(found))


def _places(path: str, lines: str) -> tuple[Secret, ...]:
    return places(path, lines.encode("utf-8", "replace"))


def _key(one: Secret) -> tuple[str, str]:
    return one.kind, one.mark
