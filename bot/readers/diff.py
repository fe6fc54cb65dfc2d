"""Unified diffs: changed lines with the numbers they have on their own side, in linear time."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import SequenceMatcher
from typing import TypeAlias

from bot.model.facts import Change, ChangedFile, Line
from bot.model.known import Known, Unknown
from bot.model.secret import TEXTS

Lines: TypeAlias = tuple[Line, ...]

_HUNK = re.compile(r"^@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
# Beyond this, comparing two texts line by line may take quadratic time.
_COMPARE_LINES = 20_000
# Lines of the one that are lines of the other: what is looked at grows faster than with their
# square, for 300,000 it takes 20 s.
_PAIRS_AT_MOST = 200_000


def parse_patch(patch: str) -> tuple[Lines, Lines]:
    """Added lines (numbered at the head) and removed lines (numbered at the base) of one file.

    `patch` starts at its first `@@`, as GitHub's files API gives it. Raises ValueError when it is
    malformed or a hunk is shorter or longer than its header says.
    """
    added: list[Line] = []
    removed: list[Line] = []
    old = new = old_left = new_left = 0
    for text in patch.removesuffix("\n").split("\n"):
        if old_left <= 0 and new_left <= 0:
            if text.startswith("\\"):
                continue
            old, old_left, new, new_left = _header(text)
            continue
        mark, rest = text[:1], text[1:]
        if mark == "+":
            added.append(Line(number=new, text=rest))
            new, new_left = new + 1, new_left - 1
        elif mark == "-":
            removed.append(Line(number=old, text=rest))
            old, old_left = old + 1, old_left - 1
        elif mark in {" ", ""}:
            old, new, old_left, new_left = old + 1, new + 1, old_left - 1, new_left - 1
        elif mark != "\\":
            raise ValueError(f"a diff line starts with {mark!r}")
        if old_left < 0 or new_left < 0:
            raise ValueError("a hunk is longer than its header says")
    if old_left or new_left:
        raise ValueError("a hunk is shorter than its header says")
    return tuple(added), tuple(removed)


def diff_texts(base: str, head: str) -> tuple[Lines, Lines]:
    """Added and removed lines between two texts; raises ValueError when they are too long."""
    old, new = _split(base), _split(head)
    if len(old) + len(new) > _COMPARE_LINES:
        raise ValueError(f"too long to compare: {len(old)} and {len(new)} lines")
    start = _alike(old, new)
    end = _alike(old[start:][::-1], new[start:][::-1])
    old, new = old[start : len(old) - end], new[start : len(new) - end]
    times = Counter(new)
    if sum(times[one] for one in old) > _PAIRS_AT_MOST:
        raise ValueError("the same few lines too often to compare")
    added: list[Line] = []
    removed: list[Line] = []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "equal":
            removed += [Line(number=start + at + 1, text=old[at]) for at in range(i1, i2)]
            added += [Line(number=start + at + 1, text=new[at]) for at in range(j1, j2)]
    return tuple(added), tuple(removed)


def _alike(some: list[str], others: list[str]) -> int:
    """How many lines two lists begin with alike."""
    pairs = enumerate(zip(some, others, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(some), len(others)))


def undone(head: str, added: Lines, removed: Lines) -> str | None:
    """The text before the change; None where the lines are not those of this text."""
    lines = head.split("\n")
    for line in added:
        if line.number > len(lines) or lines[line.number - 1] != line.text:
            return None
    gone = {line.number for line in added}
    kept = [text for number, text in enumerate(lines, 1) if number not in gone]
    for line in removed:
        if line.number > len(kept) + 1:
            return None
        kept.insert(line.number - 1, line.text)
    return "\n".join(kept)


def parse_diff(text: str) -> tuple[ChangedFile, ...]:
    """The files of `git diff --raw -p --full-index -M --no-color`, blob ids included.

    Without `--raw` a file whose content is unchanged (renamed, another mode) has no blob ids.
    A binary file, or one whose hunks do not fit, has Unknown lines. Raises ValueError when the text
    is no such diff.
    """
    unchanged: dict[str, str] = {}
    blocks: list[list[str]] = []
    for line in text.removesuffix("\n").split("\n"):
        if line.startswith("diff --git "):
            blocks.append([line])
        elif line.startswith("* Unmerged path "):
            continue
        elif blocks:
            blocks[-1].append(line)
        elif line.startswith(":"):
            fields, *paths = line.split("\t")
            unchanged[_unquoted(paths[-1])] = fields.split(" ")[2]
        elif line.strip():
            raise ValueError("text before the first file of a diff")
    files: list[ChangedFile] = []
    for block in blocks:
        file = _file(block, unchanged)
        if files and files[-1].path == file.path:
            # What becomes a link, or is none any more, stands in a diff as taken away and added.
            file = replace(
                files.pop(),
                change=Change.MODIFIED,
                head_blob=file.head_blob,
                additions=file.additions,
                added=file.added,
            )
        files.append(file)
    return tuple(files)


def lines_of(files: Iterable[ChangedFile]) -> Known[bytes]:
    """JSON of (path, added lines, removed lines) of each text file; Unknown where these are."""
    rows: list[tuple[str, str, str]] = []
    for file in files:
        if isinstance(file.added, Unknown) or isinstance(file.removed, Unknown):
            if file.additions and TEXTS.has(file.path):
                return Unknown(f"the diff of {file.path} is not shown")
        elif TEXTS.has(file.path):
            added, removed = (_text(side) for side in (file.added, file.removed))
            rows.append((file.path, added, removed))
    return json.dumps(rows).encode()


def _text(lines: Lines) -> str:
    return "\n".join(line.text for line in lines)


def parse_raw(text: str) -> tuple[ChangedFile, ...]:
    """The files of `git diff --raw --no-renames --no-abbrev`, their lines and counts unread."""
    files: list[ChangedFile] = []
    for line in text.splitlines():
        fields, quoted = line.split("\t")
        _, _, base, head, status = fields.split(" ")
        path = _unquoted(quoted)
        unread = Unknown(f"can't tell: {path} - its content is not in this clone. Fetch it")
        files.append(
            ChangedFile(
                path=path,
                change={"A": Change.ADDED, "D": Change.REMOVED}.get(status, Change.MODIFIED),
                base_blob=None if status == "A" else base,
                head_blob=None if status == "D" else head,
                added=unread,
                removed=unread,
            )
        )
    return tuple(files)


def _header(text: str) -> tuple[int, int, int, int]:
    found = _HUNK.match(text)
    if found is None:
        raise ValueError(f"expected a hunk header, found {text[:40]!r}")
    old, old_count, new, new_count = found.groups()
    return int(old), int(old_count or 1), int(new), int(new_count or 1)


def _split(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []


def _file(block: list[str], unchanged: Mapping[str, str]) -> ChangedFile:
    head: dict[str, str] = {}
    hunks_at = len(block)
    for at, line in enumerate(block[1:], start=1):
        if line.startswith("@@ "):
            hunks_at = at
            break
        for word in _WORDS:
            if line.startswith(word):
                head[word] = line[len(word) :]
                break
    old, new = _paths(block[0], head)
    base_blob, head_blob = _blobs(head) or (unchanged.get(new), unchanged.get(new))
    change = _change(head)
    added, removed = _lines(block[hunks_at:], binary="Binary files " in head, path=new)
    counts = (
        len(added) if isinstance(added, tuple) else 0,
        len(removed) if isinstance(removed, tuple) else 0,
    )
    return ChangedFile(
        path=old if change is Change.REMOVED else new,
        change=change,
        previous_path=old if change is Change.RENAMED else None,
        base_blob=None if change is Change.ADDED else base_blob,
        head_blob=None if change is Change.REMOVED else head_blob,
        additions=counts[0],
        deletions=counts[1],
        added=added,
        removed=removed,
    )


_WORDS = (
    "index ",
    "new file mode ",
    "deleted file mode ",
    "rename from ",
    "rename to ",
    "copy from ",
    "copy to ",
    "--- ",
    "+++ ",
    "Binary files ",
)


def _change(head: dict[str, str]) -> Change:
    if "new file mode " in head or "copy to " in head:
        return Change.ADDED
    if "deleted file mode " in head:
        return Change.REMOVED
    return Change.RENAMED if "rename to " in head else Change.MODIFIED


def _blobs(head: dict[str, str]) -> tuple[str, str] | None:
    found = re.match(r"([0-9a-f]{40})\.\.([0-9a-f]{40})", head.get("index ", ""))
    return (found.group(1), found.group(2)) if found else None


def _lines(hunks: list[str], *, binary: bool, path: str) -> tuple[Lines | Unknown, Lines | Unknown]:
    if binary:
        why = Unknown(f"can't tell: {path} - it is binary, no line can be read", by_content=True)
        return why, why
    if not hunks:
        return (), ()
    try:
        return parse_patch("\n".join(hunks) + "\n")
    except ValueError as error:
        why = Unknown(f"the diff of {path} cannot be read: {error}", by_content=True)
        return why, why


def _paths(first: str, head: dict[str, str]) -> tuple[str, str]:
    """Old and new path; the first line is ambiguous where paths hold blanks, so it comes last."""
    if "rename from " in head:
        return _unquoted(head["rename from "]), _unquoted(head["rename to "])
    if "copy from " in head:
        return _unquoted(head["copy from "]), _unquoted(head["copy to "])
    old = _unquoted(head.get("--- ", "/dev/null").rstrip("\t"))
    new = _unquoted(head.get("+++ ", "/dev/null").rstrip("\t"))
    if old == new == "/dev/null":
        return _same_path(first.removeprefix("diff --git "))
    old_path, new_path = old.removeprefix("a/"), new.removeprefix("b/")
    return (
        new_path if old == "/dev/null" else old_path,
        old_path if new == "/dev/null" else new_path,
    )


def _same_path(pair: str) -> tuple[str, str]:
    """`a/x b/x`, both sides equal: the middle blank parts them; either side may be quoted."""
    if pair.startswith('"'):
        middle = pair.index('" "') + 1
        path = _unquoted(pair[:middle]).removeprefix("a/")
        return path, path
    half = (len(pair) - 1) // 2
    path = pair[:half].removeprefix("a/")
    return path, path


def _unquoted(path: str) -> str:
    """Undo git's C-style quoting: octal bytes and escapes, UTF-8, bad bytes replaced."""
    if not path.startswith('"') or not path.endswith('"'):
        return path
    out = bytearray()
    for piece in re.finditer(rb"\\([0-7]{3})|\\(.)|([^\\]+)", path[1:-1].encode()):
        octal, escaped, plain = piece.groups()
        if octal:
            out.append(int(octal, 8) & 0xFF)
        elif escaped:
            out += _ESCAPES.get(escaped, escaped)
        else:
            out += plain
    return out.decode("utf-8", "replace")


_ESCAPES = {
    b"n": b"\n",
    b"t": b"\t",
    b"r": b"\r",
    b"a": b"\a",
    b"b": b"\b",
    b"f": b"\f",
    b"v": b"\v",
}
