"""Differences between two trees, as GitHub lists them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import unified_diff

from bot.simulator.git import Entry, Objects, is_binary

_NO_NEWLINE = "\\ No newline at end of file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One changed file; `patch` None for a binary file and one without changed lines."""

    path: str
    status: str
    old: Entry | None
    new: Entry | None
    previous: str | None = None
    additions: int = 0
    deletions: int = 0
    patch: str | None = None


def rows_of(
    objects: Objects, old: Mapping[str, Entry], new: Mapping[str, Entry], *, renames: bool
) -> list[Row]:
    """All changed files in order of their path."""
    gone = {path for path in old if path not in new}
    come = {path for path in new if path not in old}
    pairs = _renamed(objects, (old, gone), (new, come)) if renames else {}
    moved = set(pairs.values())
    rows = [_row(objects, "removed", path, (old[path], None)) for path in gone - moved]
    for path in come:
        source = pairs.get(path)
        if source is None:
            rows.append(_row(objects, "added", path, (None, new[path])))
        else:
            rows.append(_row(objects, "renamed", path, (old[source], new[path]), source))
    rows += [
        _row(objects, "modified", path, (old[path], new[path]))
        for path in new
        if path in old and old[path] != new[path]
    ]
    return sorted(rows, key=lambda row: row.path)


def _row(
    objects: Objects,
    status: str,
    path: str,
    sides: tuple[Entry | None, Entry | None],
    previous: str | None = None,
) -> Row:
    before, after = (_text(objects, side) for side in sides)
    known = before is not None and after is not None
    lines = _patch(before or "", after or "") if known else []
    return Row(
        path=path,
        status=status,
        old=sides[0],
        new=sides[1],
        previous=previous,
        additions=sum(line.startswith("+") for line in lines),
        deletions=sum(line.startswith("-") for line in lines),
        patch="\n".join(lines) if lines else None,
    )


def _text(objects: Objects, entry: Entry | None) -> str | None:
    """The text of one side: empty where there is no file, None where it is no text."""
    if entry is None:
        return ""
    if entry.kind == "commit":
        return f"Subproject commit {entry.oid}\n"
    data = objects.blobs[entry.oid]
    return None if is_binary(data) else data.decode("utf-8", "replace")


def _lines(text: str) -> list[str]:
    """Lines without their end; only the line feed ends a line."""
    if not text:
        return []
    lines = text.split("\n")
    if lines[-1] == "":
        return lines[:-1]
    lines[-1] += "\n" + _NO_NEWLINE
    return lines


def _patch(before: str, after: str) -> list[str]:
    old, new = _lines(before), _lines(after)
    if not old or not new:
        sign, lines = ("+", new) if new else ("-", old)
        if not lines:
            return []
        span = "1" if len(lines) == 1 else f"1,{len(lines)}"
        head = f"@@ -0,0 +{span} @@" if new else f"@@ -{span} +0,0 @@"
        return "\n".join([head, *(sign + line for line in lines)]).split("\n")
    hunks = list(unified_diff(old, new, lineterm=""))[2:]
    return "\n".join(hunks).split("\n") if hunks else []


def _renamed(
    objects: Objects,
    gone: tuple[Mapping[str, Entry], set[str]],
    come: tuple[Mapping[str, Entry], set[str]],
) -> dict[str, str]:
    """New path to old path for files that are at least half alike."""
    left = dict.fromkeys(sorted(gone[1]))
    pairs: dict[str, str] = {}
    for path in sorted(come[1]) if left and len(come[1]) <= 200 else ():
        scored = [(_alike(objects, gone[0][old], come[0][path]), old) for old in left]
        best = max(scored, default=(0.0, ""))
        if best[0] >= 0.5:
            pairs[path] = best[1]
            del left[best[1]]
    return pairs


def _alike(objects: Objects, old: Entry, new: Entry) -> float:
    if old.oid == new.oid:
        return 1.0
    if "commit" in (old.kind, new.kind):
        return 0.0
    before = Counter(objects.blobs[old.oid].split(b"\n"))
    after = Counter(objects.blobs[new.oid].split(b"\n"))
    total = max(before.total(), after.total())
    return (before & after).total() / total if total > 2 else 0.0
