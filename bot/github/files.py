"""The changed files of a pull request: whole, of the right head, or Unknown."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cachetools import LRUCache, TTLCache

from bot.errors import Denied, Gone, Invalid, Stale, TooLarge
from bot.github.blobs import base_ids, base_texts, head_texts, merge_base
from bot.github.facts import PULL, Counts, counted, next_cursor, whole
from bot.github.place import together
from bot.github.queries import HEADS, MORE_FILES
from bot.github.rows import (
    HIDDEN,
    ByPath,
    Lines,
    Row,
    by_id,
    file_of_row,
    of_head,
    own_diff,
    suspects,
    uncounted,
)
from bot.model.codec import Decoder
from bot.model.facts import Changes
from bot.model.known import Known, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.github.place import Place
    from bot.model.facts import ChangedFile
    from bot.model.look import PolicyFile
    from bot.model.wake import Subject

FILES_LIMIT = 3_000
PAGE = 100
AT_ONCE = 4
# A page of a hundred asked again by tens and ones; beyond it the rest is compared by content.
ASKED_AGAIN_AT_MOST = 40
OWN_DIFFS_AT_MOST = 50
# Seconds for which a list is believed of which GitHub may show more next time.
UNTOLD_FOR = 600
# Patches of that many characters take long enough to hold up everything else.
_LARGE = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is remembered of one head; `proposed`: its policy file where it changes that."""

    head: str
    base: str
    changes: Changes
    proposed: Known[PolicyFile] | None = None


# Stands for what somebody wants to be asked for anew, wherever it may be known.
FORGOTTEN = Kept(head="", base="", changes=())


class FilesCache:
    """The newest complete file list of each pull request, bounded by changed lines: some 5 MB. What
    is not kept here the store may have. `monotonic`: the seconds of a clock."""

    def __init__(self, monotonic: Callable[[], float], lines: int = 40_000) -> None:
        self._kept: LRUCache[Subject, Kept] = LRUCache(maxsize=lines, getsizeof=_size)
        # Of a large one GitHub never shows all, and to read it at each event takes many calls.
        self._untold: TTLCache[Subject, Kept]
        self._untold = TTLCache(lines, UNTOLD_FOR, monotonic, getsizeof=_size)

    def get(self, subject: Subject) -> Kept | None:
        """What is known of the subject, of whatever head."""
        return self._kept.get(subject) or self._untold.get(subject)

    def put(self, subject: Subject, kept: Kept) -> None:
        """Remember a complete list; others are asked for again next time, and one of which lines
        are missing after some minutes."""
        self._kept.pop(subject, None)
        self._untold.pop(subject, None)
        if not isinstance(kept.changes, Unknown):
            with suppress(ValueError):  # Larger than the whole cache.
                (self._untold if _untold(kept.changes, kept.proposed) else self._kept)[subject] = (
                    kept
                )


def _untold(changes: Sequence[ChangedFile], proposed: Known[PolicyFile] | None) -> bool:
    """Whether GitHub kept something back that it may show next time."""
    lines = (one for file in changes for one in (file.added, file.removed))
    return any(isinstance(one, Unknown) and not one.by_content for one in (proposed, *lines))


def _size(kept: Kept) -> int:
    if isinstance(kept.changes, Unknown):
        return 1
    # A file's own fields take about as much as ten of its lines.
    return 1 + sum(
        10 + sum(len(lines) for lines in (file.added, file.removed) if isinstance(lines, tuple))
        for file in kept.changes
    )


async def files_page(place: Place, page: int, per_page: int = PAGE) -> Known[list[Row]]:
    """One page of rows, Unknown where GitHub will not show them."""
    params = {"per_page": str(per_page), "page": str(page)}
    try:
        answer = await place.get(f"pulls/{place.number}/files", params)
    except (Denied, Gone, Invalid, TooLarge) as refused:
        return Unknown(f"GitHub does not list the changed files: {refused.what}")
    if not isinstance(answer.data, list):
        return Unknown("GitHub does not list the changed files")
    return answer.data


async def stored_files(matter: bytes) -> Kept | None:
    """The list that a stored judgement went by; None where anything in it was not known."""
    return await asyncio.to_thread(_stored, matter) if len(matter) > _LARGE else _stored(matter)


def _stored(matter: bytes) -> Kept | None:
    facts = json.loads(matter)["facts"]
    changes: Changes = Decoder().decode(Changes, facts["changes"])
    if isinstance(changes, Unknown) or any(
        isinstance(lines, Unknown) for file in changes for lines in (file.added, file.removed)
    ):
        return None
    return Kept(head=facts["head_sha"], base=facts["base_sha"], changes=changes)


def _holds(kept: Kept, heads: tuple[str, str], counts: Counts) -> bool:
    """Whether what was stored is of this head and base, and as much as GitHub counts now."""
    files = () if isinstance(kept.changes, Unknown) else kept.changes
    lines = sum(one.additions for one in files), sum(one.deletions for one in files)
    now = (*heads, counts.files, counts.additions, counts.deletions)
    return (kept.head, kept.base, len(files), *lines) == now


async def changes_of(
    place: Place,
    heads: tuple[str, str],
    counts: Counts,
    first: Kept | Known[list[Row]] | None,
) -> Changes:
    """All changed files of this head and base, or Unknown as a whole.

    `first`: page one, or what was stored, had beside the query. Raises Stale where GitHub shows
    another head.
    """
    if isinstance(first, Kept) and _holds(first, heads, counts):
        return first.changes
    if counts.files >= FILES_LIMIT:
        # Nobody knows whether the count ends where the list does.
        return Unknown(f"{counts.files:,} files changed; GitHub lists at most {FILES_LIMIT:,}")
    if first is None or isinstance(first, Kept):
        first = await files_page(place, 1)
    try:
        rows = await _all_rows(place, heads, counts, first)
        if isinstance(rows, Unknown):
            return rows
        return await _Reading(place, heads, counts).files(rows)
    except (KeyError, TypeError, AttributeError):
        return Unknown("GitHub's list of changed files has another form than is known")


async def _all_rows(
    place: Place, heads: tuple[str, str], counts: Counts, first: Known[list[Row]]
) -> Known[list[Row]]:
    if isinstance(first, Unknown):
        return first
    rows = list(first)
    last = -(-counts.files // PAGE)
    for start in range(2, last + 1, AT_ONCE):
        pages = range(start, min(start + AT_ONCE, last + 1))
        for found in await together(*(files_page(place, page) for page in pages)):
            if isinstance(found, Unknown):
                return found
            rows += found
    if not of_head(rows, heads[0]):
        raise Stale("GitHub shows the files of another head")
    if last > 1:
        await _unmoved(place, heads)
    if len(rows) != counts.files or len({row["filename"] for row in rows}) != len(rows):
        return Unknown(f"GitHub lists {len(rows):,} of {counts.files:,} changed files")
    return rows


async def _unmoved(place: Place, heads: tuple[str, str]) -> None:
    """After several pages: head and base must still be those of the query."""
    pull = (await place.ask(HEADS)).must(*PULL)
    if (pull.get("headRefOid"), pull.get("baseRefOid")) != heads:
        raise Stale("the pull request moved while its files were read")


class _Reading:
    """One list of rows made whole: asked again in smaller pages, then compared by content."""

    def __init__(self, place: Place, heads: tuple[str, str], counts: Counts) -> None:
        self._place = place
        self._head, self._base = heads
        self._counts = counts

    async def files(self, rows: list[Row]) -> Changes:
        by_path = await self._by_path(rows)
        if isinstance(by_path, Unknown):
            return by_path
        bad = _suspects(rows, by_path, PAGE)
        for per_page in (10, 1):
            if bad:
                bad = await self._again(rows, bad, by_path, per_page)
        own = await self._by_content(rows, sorted(bad), by_path) if bad else {}
        own |= await self._by_id({at: row for at, row in enumerate(rows) if at not in own})
        if sum(500 + len(row.get("patch") or "") for row in rows) > _LARGE:
            return await asyncio.to_thread(_files, rows, by_path, own)
        return _files(rows, by_path, own)

    async def _by_path(self, rows: list[Row]) -> Known[ByPath | None]:
        """GitHub's other count of each file; None where the sums of more than a page agree."""
        counts = self._counts
        agree = (
            sum(row["additions"] for row in rows) == counts.additions
            and sum(row["deletions"] for row in rows) == counts.deletions
        )
        known = counts.by_path
        if isinstance(known, Unknown):
            return None if agree else HIDDEN
        if counts.files > PAGE:
            if agree:
                return None
            known = await self._more_counts(dict(known))
        if isinstance(known, Unknown) or known.keys() == {row["filename"] for row in rows}:
            return known
        return Unknown("GitHub's two lists of the changed files differ")

    async def _more_counts(self, known: dict[str, tuple[int, int]]) -> Known[ByPath]:
        cursor = self._counts.cursor
        while cursor is not None and len(known) < FILES_LIMIT:
            look = await self._place.ask(MORE_FILES, cursor=cursor)
            connection = look.must(*PULL).get("files") or {}
            more = whole("the changed files", lambda: counted(connection))  # noqa: B023
            if isinstance(more, Unknown):
                return more
            if more.keys() <= known.keys():
                # It would go on for ever.
                return Unknown("GitHub's list of the changed files has no end")
            known |= more
            cursor = next_cursor(connection)
        return known

    async def _again(
        self, rows: list[Row], bad: set[int], by_path: ByPath | None, per_page: int
    ) -> set[int]:
        """The places that stay suspect after their rows were asked for in smaller pages."""
        pages = sorted({at // per_page for at in bad})[:ASKED_AGAIN_AT_MOST]
        for start in range(0, len(pages), AT_ONCE):
            some = pages[start : start + AT_ONCE]
            jobs = (files_page(self._place, page + 1, per_page) for page in some)
            for page, found in zip(some, await together(*jobs), strict=True):
                first = page * per_page
                there = rows[first : first + per_page]
                if isinstance(found, Unknown) or not self._same(found, there):
                    continue
                rows[first : first + per_page] = found
                bad -= set(range(first, first + per_page))
                bad |= {first + at for at in suspects(found, by_path)}
        return bad

    def _same(self, found: list[Row], there: list[Row]) -> bool:
        names = [row["filename"] for row in there]
        return [row["filename"] for row in found] == names and of_head(found, self._head)

    async def _by_content(
        self, rows: list[Row], bad: list[int], by_path: ByPath | None
    ) -> dict[int, Known[Lines]]:
        """Lines by our own comparison of both contents; beyond a bound they stay hidden."""
        own: dict[int, Known[Lines]] = dict.fromkeys(bad, HIDDEN)
        some = [at for at in bad if rows[at]["sha"]][:OWN_DIFFS_AT_MOST]
        base = await merge_base(self._place, self._base, self._head)
        if isinstance(base, Unknown):
            return own
        after = {rows[at]["filename"]: at for at in some if rows[at]["status"] != "removed"}
        before = {_old(rows[at]): at for at in some if rows[at]["status"] not in _NEW}
        heads = {name: rows[at]["sha"] for name, at in after.items()}
        new = await head_texts(self._place, self._head, heads)
        old = await base_texts(self._place, base, list(before))
        for at in some:
            row = rows[at]
            texts = (old.get(_old(row), ""), new.get(row["filename"], ""))
            counts = by_path.get(row["filename"]) if by_path else None
            own[at] = await asyncio.to_thread(own_diff, *texts, counts)
        return own

    async def _by_id(self, rows: dict[int, Row]) -> dict[int, Known[Lines]]:
        """No lines where name or mode alone is another; GitHub shows a changed binary alike."""
        asked = {at: row for at, row in rows.items() if uncounted(row)}
        if not asked:
            return {}
        base = await merge_base(self._place, self._base, self._head)
        if isinstance(base, Unknown):
            return dict.fromkeys(asked, base)
        ids = await base_ids(self._place, base, [_old(row) for row in asked.values()])
        return {at: by_id(row, ids[_old(row)]) for at, row in asked.items()}


_NEW = frozenset({"added", "copied"})


def _old(row: Row) -> str:
    name: str = row.get("previous_filename") or row["filename"]
    return name


def _suspects(rows: list[Row], by_path: ByPath | None, per_page: int) -> set[int]:
    return {
        first + at
        for first in range(0, len(rows), per_page)
        for at in suspects(rows[first : first + per_page], by_path)
    }


def _files(
    rows: list[Row], by_path: ByPath | None, own: dict[int, Known[Lines]]
) -> tuple[ChangedFile, ...]:
    return tuple(file_of_row(row, by_path, own.get(at)) for at, row in enumerate(rows))
