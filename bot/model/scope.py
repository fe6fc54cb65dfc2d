"""The scope fingerprint: which files, with which content, a person's word was about."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from bot.model.known import Known, Unknown

if TYPE_CHECKING:
    from bot.model.area import Area
    from bot.model.facts import Changes

GONE = "0" * 40


def fingerprint(changes: Changes, covers: tuple[Area, ...], generated: Area) -> Known[str]:
    """`s1:` and the SHA-256 over sorted `path NUL blob LF` of the covered files.

    A removed file and the old path of a rename count with forty zeros; generated files never
    count; no `covers` means every file. Unknown when the file list or a blob id is.
    """
    if isinstance(changes, Unknown):
        return changes
    blobs: dict[str, str] = {}
    for file in changes:
        if not _covered(file.paths, covers, generated):
            continue
        if file.previous_path is not None:
            blobs.setdefault(file.previous_path, GONE)
        blob = GONE if file.change == "removed" else file.head_blob
        if blob is None:
            return Unknown(f"the content id of {file.path} is not known")
        blobs[file.path] = blob
    lines = sorted((path.encode("utf-8", "surrogateescape"), blob) for path, blob in blobs.items())
    digest = sha256()
    for path, blob in lines:
        digest.update(path + b"\0" + blob.encode() + b"\n")
    return "s1:" + digest.hexdigest()


def _covered(paths: tuple[str, ...], covers: tuple[Area, ...], generated: Area) -> bool:
    if all(generated.has(path) for path in paths):
        return False
    return not covers or any(area.has(path) for area in covers for path in paths)
