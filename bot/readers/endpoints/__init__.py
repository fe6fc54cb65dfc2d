"""Routes, their handlers and the tests that call them, in one source file of any stack."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from bot.model.endpoint import Endpoints
from bot.model.known import Known, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox.frame import Job

_BY_ENDING = {
    "python": ("py",),
    "javascript": ("js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts"),
    "java": ("java",),
    "kotlin": ("kt",),
    "go": ("go",),
    "ruby": ("rb",),
}
_READERS = {ending: name for name, endings in _BY_ENDING.items() for ending in endings}


def read(job: Job) -> Known[Endpoints]:
    """The endpoints of one file; a file of no language that is read has none."""
    source = (job.head or b"").removeprefix(b"\xef\xbb\xbf")
    if b"\0" in source:
        return Unknown(f"{job.path} is not UTF-8 text", by_content=True)
    name = _READERS.get(job.path.rpartition(".")[2])
    if name is None:
        return Endpoints(module=job.path.rpartition(".")[0])
    module = import_module(f"bot.readers.endpoints.{name}")
    one = cast("Callable[[str, bytes], Known[Endpoints]]", module.read)
    return one(job.path, source)
