"""What single places of a source file may mean, in every language that is understood."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from bot.model.known import Known, Unknown
from bot.model.signal import Signals

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox.frame import Job

_BY_ENDING = {
    "python": ("py", "pyi"),
    "javascript": ("js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts"),
    "java": ("java",),
    "kotlin": ("kt", "kts"),
    "go": ("go",),
    "ruby": ("rb", "rake"),
}
_READERS = {ending: name for name, endings in _BY_ENDING.items() for ending in endings}


def read(job: Job) -> Known[Signals]:
    """The signals of one file; any that is not source text is read for capital words alone."""
    source = (job.head or b"").removeprefix(b"\xef\xbb\xbf")
    if b"\0" in source:
        return Unknown(f"{job.path} is not UTF-8 text", by_content=True)
    name = _READERS.get(job.path.rpartition(".")[2], "text")
    module = import_module(f"bot.readers.signals.{name}")
    one = cast("Callable[[str, bytes], Known[Signals]]", module.read)
    return one(job.path, source)
