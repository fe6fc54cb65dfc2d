"""The entry of a sandbox process: which reader a job is for, and its value as JSON data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.model.codec import encode
from bot.model.known import Unknown
from bot.readers.table import reader_of

if TYPE_CHECKING:
    from bot.sandbox.frame import Job


def read(job: Job) -> dict[str, Any]:
    """`{"ok": value}`, or `{"unknown": reason}`."""
    value = reader_of(job.reading)(job)
    if isinstance(value, Unknown):
        return {"unknown": value.reason, "by_content": value.by_content}
    return {"ok": encode(value)}


def main() -> None:
    """Answer jobs until the input ends."""
    from bot.sandbox.child import serve  # noqa: PLC0415  the one reader that knows the sandbox

    serve(read)


if __name__ == "__main__":
    main()
