"""How a job and its reply cross between processes: length-prefixed JSON and raw bytes."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any

LENGTH = struct.Struct(">I")
# A reading is small by design; what is larger was made to be.
REPLY_AT_MOST = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One blob, or one pair, to be read; `head` or `base` None where that side has no file.

    `options`: JSON data that the reader takes beside the bytes, "" for none.
    """

    reading: str
    path: str
    base: bytes | None = None
    head: bytes | None = None
    options: str = ""

    @property
    def size(self) -> int:
        """Bytes of both sides."""
        return len(self.base or b"") + len(self.head or b"")


def packed(job: Job) -> bytes:
    """The job as it is written to a child."""
    sizes = [None if side is None else len(side) for side in (job.base, job.head)]
    head = json.dumps([job.reading, job.path, job.options, sizes]).encode()
    return LENGTH.pack(len(head)) + head + (job.base or b"") + (job.head or b"")


def unpacked(head: bytes, body: bytes) -> Job:
    """The job that was packed; `body` holds both sides one after the other."""
    reading, path, options, (first, second) = json.loads(head)
    cut = first or 0
    return Job(
        reading=reading,
        path=path,
        options=options,
        base=None if first is None else body[:cut],
        head=None if second is None else body[cut:],
    )


def body_size(head: bytes) -> int:
    """How many bytes follow the job's head."""
    return sum(size or 0 for size in json.loads(head)[3])


def reply(data: Any) -> bytes:
    """A reply as it is written to the parent; one that is too large says so instead."""
    text = json.dumps(data, separators=(",", ":")).encode()
    if len(text) > REPLY_AT_MOST:
        text = json.dumps({"unknown": "the file says more than a reading may hold"}).encode()
    return LENGTH.pack(len(text)) + text
