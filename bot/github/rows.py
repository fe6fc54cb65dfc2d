"""Rows of a pull request's files as REST lists them: which are whole, and what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from bot.model.facts import Change, ChangedFile, Line
from bot.model.known import Known, Unknown
from bot.readers.diff import diff_texts, parse_patch

Row: TypeAlias = Mapping[str, Any]
Lines: TypeAlias = tuple[tuple[Line, ...], tuple[Line, ...]]
ByPath: TypeAlias = Mapping[str, tuple[int, int]]

# Beyond about 20,000 patch lines GitHub leaves rows of an answer empty without saying so.
HEAVY = 15_000
HIDDEN = Unknown("diff not fully visible")

_EMPTY_BLOB = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
_CHANGES = {
    "added": Change.ADDED,
    "copied": Change.ADDED,
    "removed": Change.REMOVED,
    "modified": Change.MODIFIED,
    "changed": Change.MODIFIED,
    "unchanged": Change.MODIFIED,
    "renamed": Change.RENAMED,
}


def of_head(rows: Sequence[Row], head: str) -> bool:
    """Whether no row names another commit than `head` as the one it was computed for."""
    for row in rows:
        _, named, ref = (row.get("contents_url") or "").rpartition("?ref=")
        if named and ref != head and row.get("status") != "removed":
            return False
    return True


def suspects(page: Sequence[Row], counts: ByPath | None) -> list[int]:
    """Places in the page of rows that may have lost lines; `counts` None: the sums agree."""
    heavy = sum(row["patch"].count("\n") + 1 for row in page if row.get("patch")) > HEAVY
    found: list[int] = []
    for at, row in enumerate(page):
        has = (row["additions"], row["deletions"])
        strange = counts is not None and counts.get(row["filename"]) != has
        if strange or (heavy and not row.get("patch")):
            found.append(at)
    return found


def file_of_row(row: Row, counts: ByPath | None, lines: Known[Lines] | None) -> ChangedFile:
    """The changed file; `lines` None: they are in the row's patch."""
    if lines is None:
        lines = _lines(row)
    change = _CHANGES[row["status"]]
    removed = change is Change.REMOVED
    has = (row["additions"], row["deletions"])
    additions, deletions = has if counts is None else counts.get(row["filename"], has)
    return ChangedFile(
        path=row["filename"],
        change=change,
        previous_path=row["previous_filename"] if change is Change.RENAMED else None,
        base_blob=row["sha"] if removed else None,
        head_blob=None if removed else row["sha"],
        additions=additions,
        deletions=deletions,
        added=lines if isinstance(lines, Unknown) else lines[0],
        removed=lines if isinstance(lines, Unknown) else lines[1],
    )


def own_diff(base: Known[str], head: Known[str], counts: tuple[int, int] | None) -> Known[Lines]:
    """The lines between two texts by our own comparison, where they fit GitHub's numbers."""
    if isinstance(base, Unknown):
        return Unknown(f"{HIDDEN.reason}: {base.reason}", by_content=base.by_content)
    if isinstance(head, Unknown):
        return Unknown(f"{HIDDEN.reason}: {head.reason}", by_content=head.by_content)
    try:
        added, removed = diff_texts(base, head)
    except ValueError as error:
        return Unknown(f"{HIDDEN.reason}: {error}", by_content=True)
    if counts is None or len(added) - len(removed) != counts[0] - counts[1]:
        return HIDDEN
    return added, removed


def _lines(row: Row) -> Known[Lines]:
    path, patch = row["filename"], row.get("patch")
    if not patch:
        return _without_patch(row)
    try:
        added, removed = parse_patch(patch)
    except ValueError:
        return Unknown(f"GitHub's patch of {path} cannot be read")
    if (len(added), len(removed)) != (row["additions"], row["deletions"]):
        return Unknown(f"GitHub's patch of {path} does not have all of its lines")
    return added, removed


def _without_patch(row: Row) -> Known[Lines]:
    """No patch is right for a mere rename and for an empty file; else content that is not shown:
    binary or too large, both of the pull request's own making."""
    moved = row["status"] in {"renamed", "unchanged"}
    if not _counted(row) and (moved or row["sha"] == _EMPTY_BLOB):
        return (), ()
    return _not_shown(row)


def uncounted(row: Row) -> bool:
    """Whether nothing tells a change of name or mode alone from one of content that is binary."""
    told = row.get("patch") or _counted(row) or row["sha"] in {None, _EMPTY_BLOB}
    return not told and row["status"] in {"renamed", "modified"}


def by_id(row: Row, before: Known[str]) -> Known[Lines]:
    """No lines where the file had the same git id before."""
    if isinstance(before, Unknown):
        return before
    return ((), ()) if before == row["sha"] else _not_shown(row)


def _counted(row: Row) -> bool:
    return bool(row["additions"] or row["deletions"])


def _not_shown(row: Row) -> Unknown:
    return Unknown(f"GitHub shows no patch for {row['filename']}", by_content=True)
