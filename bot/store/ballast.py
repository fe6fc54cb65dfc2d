"""Room kept back on the store's disk: given up when it is full, so that old rows can be thrown
away, and taken again once a tenth of the disk is free."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SIZE = 32 * 1024 * 1024
ROOM = 0.1


def free_part(folder: Path) -> float:
    """Which part of the folder's disk is free."""
    disk = shutil.disk_usage(folder)
    return disk.free / disk.total


class Ballast:
    """A file that holds room; `size` 0: none is made."""

    def __init__(
        self, folder: Path, size: int = SIZE, free: Callable[[Path], float] = free_part
    ) -> None:
        self._path = folder / "ballast"
        self._size = size
        self._free = free

    @property
    def low(self) -> bool:
        """Whether less than a tenth of the disk is free."""
        return self._free(self._path.parent) < ROOM

    def keep(self) -> None:
        """Hold the room, unless the disk is low."""
        if not self._size or self._path.exists() or self.low:
            return
        try:
            with self._path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._size)
        except OSError:
            self.drop()

    def drop(self) -> None:
        """Give the room up."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
