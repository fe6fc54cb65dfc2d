"""Files of an archive that nobody vouches for, inflated in memory and counted while it happens."""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MB = 1_000_000
FILES_AT_MOST, EACH_AT_MOST, ALL_AT_MOST, NAME_AT_MOST = 200, 20 * MB, 60 * MB, 1_000


class Unreadable(ValueError):
    """A report that cannot be read; the text says why."""


def files_of(body: bytes, name: str, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Name and content of each wanted file; a body that is no archive is itself the one file.

    Names are labels: nothing is written, and an archive inside the archive stays closed. Raises
    Unreadable.
    """
    if not body.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        yield name, body
        return
    left = ALL_AT_MOST
    try:
        with ZipFile(BytesIO(body)) as archive:
            for entry in _entries(archive, wanted):
                content = _inflated(archive, entry)
                left -= len(content)
                if left < 0:
                    raise Unreadable(f"its files unpack to more than {ALL_AT_MOST // MB} MB")
                yield entry.filename, content
    except (BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise Unreadable("it is no whole archive") from error


def _entries(archive: ZipFile, wanted: Callable[[str], bool]) -> list[ZipInfo]:
    found = [one for one in archive.infolist() if not one.is_dir() and wanted(one.filename)]
    if len(found) > FILES_AT_MOST:
        raise Unreadable(f"{len(found):,} reports in it, more than {FILES_AT_MOST}")
    if any(one.flag_bits & 1 for one in found):
        raise Unreadable("it is encrypted")
    if any(one.compress_type not in {ZIP_STORED, ZIP_DEFLATED} for one in found):
        raise Unreadable("it is packed in an unusual way")
    if any(len(one.filename) > NAME_AT_MOST for one in found):
        raise Unreadable(f"a file in it has a name of more than {NAME_AT_MOST:,} characters")
    return found


def _inflated(archive: ZipFile, entry: ZipInfo) -> bytes:
    with archive.open(entry) as file:
        content = file.read(EACH_AT_MOST + 1)
    if len(content) > EACH_AT_MOST:
        raise Unreadable(f"a file in it unpacks to more than {EACH_AT_MOST // MB} MB")
    return content
