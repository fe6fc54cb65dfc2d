"""Readings of the files that the rules asked for: fetched once, read once, kept by blob id."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from cachetools import LRUCache

from bot.model.codec import Decoder
from bot.model.known import TIME_USED_UP, Known, Unknown
from bot.model.reading import EVERY, LISTED, Read, Side, reading_key
from bot.worker.aside import aside

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.model.claim import Claim
    from bot.model.facts import ChangedFile, Facts
    from bot.model.need import Need
    from bot.worker.ports import Contents, Reader, Readers
    from bot.worker.reports import ReportDesk

# Of one pull request; beyond, the rest is not known.
FILES_AT_MOST, BYTES_AT_MOST = 400, 8_000_000
# Of all files of some repositories, and of changed files at the heads that were judged last.
KEPT, SEEN = 20_000, 5_000

Place: TypeAlias = "tuple[Side, str]"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """One reading of one file; `blob`: the file's git id where it is known beforehand.

    `before`, `after`: where the texts of a pair are, None where a side has no file.
    """

    reading: str
    side: Side
    path: str
    blob: str | None = None
    pair: bool = False
    before: str | None = None
    after: str | None = None
    options: str = ""

    @property
    def places(self) -> list[Place]:
        """What has to be fetched."""
        if not self.pair:
            return [(self.side, self.path)]
        sides = ((Side.BASE, self.before), (Side.HEAD, self.after))
        return [(side, path) for side, path in sides if path is not None]

    @property
    def asked(self) -> str:
        return f"{self.reading} {self.options}".rstrip()

    @property
    def key(self) -> str:
        return reading_key(self.reading, self.side, self.path)


class Desk:
    """Fills the facts with what readers make of files and, by `reports`, of artifacts."""

    def __init__(
        self, readers: Readers, contents: Contents, reports: ReportDesk | None = None
    ) -> None:
        self._reports = reports
        self._readers = readers
        self._contents = contents
        self._decoder = Decoder()
        self._kept: LRUCache[tuple[str, int, str, str], Known[Any]] = LRUCache(KEPT)
        self._seen: LRUCache[tuple[int, str, str, str], Known[Any]] = LRUCache(SEEN)

    async def fill(self, claim: Claim | None, facts: Facts, needs: frozenset[Need]) -> Facts:
        """The facts with every reading that `needs` names; raises what the source raises."""
        if self._reports is not None:
            facts = await self._reports.fill(claim, facts, needs)
        asked = [need for need in needs if isinstance(need, Read)]
        reads = sorted(asked, key=_order)
        if not reads or isinstance(facts.changes, Unknown):
            return facts
        wishes = await aside(facts, _wishes, facts, reads)
        # In the order in which it was asked for, whatever of it was read before.
        found: dict[str, Known[Any] | None] = dict.fromkeys(wishes)
        unlisted: dict[str, Known[Any]] = {}
        for read, side in _whole(reads):
            listed = await self._contents.files(claim, facts, read.area, side)
            if isinstance(listed, Unknown):
                unlisted[reading_key(read.reading, side, EVERY)] = listed
            else:
                self._add(read, side, _others(side, listed, facts), found, wishes)
        found |= await self._found(claim, facts, wishes)
        there = {key: value for key, value in found.items() if value is not None}
        return replace(facts, readings={**facts.readings, **there, **unlisted})

    def _add(
        self,
        read: Read,
        side: Side,
        blobs: Mapping[str, str],
        found: dict[str, Known[Any] | None],
        wishes: dict[str, _Wish],
    ) -> None:
        """What is known of unchanged files, of which there may be thousands; else a wish."""
        version, start = (
            self._readers.use(read.reading).version,
            reading_key(read.reading, side, ""),
        )
        for path, blob in blobs.items():
            key = start + path
            known = found[key] = self._kept.get((read.reading, version, path, blob))
            if known is None:
                wishes[key] = _Wish(
                    reading=read.reading, side=side, path=path, blob=blob, options=read.options
                )

    async def _found(
        self, claim: Claim | None, facts: Facts, wishes: Mapping[str, _Wish]
    ) -> dict[str, Known[Any]]:
        found = {key: self._known(facts, key, wish) for key, wish in wishes.items()}
        missing = [key for key, value in found.items() if value is None]
        too_many = Unknown(f"too many files to read: {len(missing)} of at most {FILES_AT_MOST}")
        found |= dict.fromkeys(missing[FILES_AT_MOST:], too_many)
        open_ = [wishes[key] for key in missing[:FILES_AT_MOST]]
        places = list(dict.fromkeys(place for wish in open_ for place in wish.places))
        texts = await self._contents.texts(claim, facts, places) if places else {}
        read = await self._read(facts, open_, texts)
        for wish in open_:
            if wish.side is not Side.TIP and _lasts(read[wish.key]):
                self._seen[_moment(facts, wish.key)] = read[wish.key]
        found |= read
        return {key: value for key, value in found.items() if value is not None}

    def _known(self, facts: Facts, key: str, wish: _Wish) -> Known[Any] | None:
        known = self._seen.get(_moment(facts, key))
        if known is None and wish.blob is not None:
            known = self._kept.get(self._cache_key(wish, wish.blob))
        return known

    async def _read(
        self, facts: Facts, wishes: Sequence[_Wish], texts: Mapping[Place, Known[bytes]]
    ) -> dict[str, Known[Any]]:
        found: dict[str, Known[Any]] = {}
        jobs: list[tuple[_Wish, tuple[bytes | None, bytes | None]]] = []
        keys: dict[str, tuple[str, int, str, str]] = {}
        git_id = cache(_git_id)
        for wish in wishes:
            given = self._given(wish, texts)
            if isinstance(given, Unknown):
                found[wish.key] = given
                continue
            if not wish.pair and given[1] is not None:
                # GitHub names no blob of the base: only its text tells that it was read before.
                key = keys[wish.key] = self._cache_key(wish, wish.blob or git_id(given[1]))
                if key in self._kept:
                    found[wish.key] = self._kept[key]
                    continue
            jobs.append((wish, given))
        answers = await self._readers.read([(one.asked, one.path, *of) for one, of in jobs])
        asked = [wish for wish, _ in jobs]
        values = await aside(facts, self._values, asked, answers, more=len(asked))
        for wish, value in zip(asked, values, strict=True):
            found[wish.key] = value
            if wish.key in keys and value != TIME_USED_UP:
                self._kept[keys[wish.key]] = value
        return found

    def _given(
        self, wish: _Wish, texts: Mapping[Place, Known[bytes]]
    ) -> Known[tuple[bytes | None, bytes | None]]:
        """What the reader is given as base and head; one text by itself is the head's."""
        given: dict[Side, bytes] = {}
        use = self._readers.use(wish.reading)
        for side, path in wish.places:
            text = texts.get((side, path), Unknown(f"{path} was not found"))
            if isinstance(text, Unknown):
                return text
            if len(text) > use.bytes_at_most:
                why = f"{path} is larger than {use.bytes_at_most // 1000} kB"
                return Unknown(why, by_content=True)
            given[side if wish.pair else Side.HEAD] = text
        return given.get(Side.BASE), given.get(Side.HEAD)

    def _values(self, wishes: list[_Wish], answers: Sequence[Known[Any]]) -> list[Known[Any]]:
        """Each answer as its reading's own type."""
        uses = [self._readers.use(wish.reading) for wish in wishes]
        return [self._value(*pair) for pair in zip(uses, answers, strict=True)]

    def _value(self, use: Reader, answer: Known[Any]) -> Known[Any]:
        if isinstance(answer, Unknown):
            return answer
        try:
            return self._decoder.decode(use.value, answer)
        except ValueError:
            return Unknown("the reader's answer does not fit", by_content=True)

    def _cache_key(self, wish: _Wish, blob: str) -> tuple[str, int, str, str]:
        return (wish.reading, self._readers.use(wish.reading).version, wish.path, blob)


def _order(read: Read) -> tuple[str, str, tuple[str, ...], list[str], bool, bool]:
    """A set has no order of its own: the same files shall be beyond the cap every time."""
    area = read.area
    return (read.reading, area.name, area.globs, sorted(read.sides), read.unchanged, read.pair)


def _wishes(facts: Facts, reads: Iterable[Read]) -> dict[str, _Wish]:
    """What is wanted of the changed files, once each."""
    wishes: dict[str, _Wish] = {}
    assert not isinstance(facts.changes, Unknown)  # noqa: S101  the caller has looked
    for read in reads:
        for file in facts.changes:
            if any(read.area.has(path) for path in file.paths):
                for wish in _of_file(read, file):
                    wishes[wish.key] = wish
    return wishes


def _of_file(read: Read, file: ChangedFile) -> list[_Wish]:
    if read.pair:
        return [_pair(read, file)]
    sides = []
    if Side.HEAD in read.sides and file.change != "removed":
        sides.append((Side.HEAD, file.path, file.head_blob))
    if Side.BASE in read.sides and file.change != "added":
        sides.append((Side.BASE, file.previous_path or file.path, file.base_blob))
    return [
        _Wish(reading=read.reading, side=side, path=path, blob=blob, options=read.options)
        for side, path, blob in sides
    ]


def _pair(read: Read, file: ChangedFile) -> _Wish:
    return _Wish(
        reading=read.reading,
        side=Side.HEAD,
        path=file.path,
        pair=True,
        before=read.against or _path_before(file),
        after=None if file.change == "removed" else file.path,
        options=read.options,
    )


def _path_before(file: ChangedFile) -> str | None:
    return None if file.change == "added" else file.previous_path or file.path


def _lasts(value: Known[Any]) -> bool:
    """Whether the same file will give it again: what was not to be had may be had next time."""
    return not isinstance(value, Unknown) or (value.by_content and value != TIME_USED_UP)


def _moment(facts: Facts, key: str) -> tuple[int, str, str, str]:
    return (facts.repo_id, facts.base_sha, facts.head_sha, key)


def _whole(reads: Iterable[Read]) -> list[tuple[Read, Side]]:
    """Where an area is wanted with all of its files, and all commits are."""
    found = [(one, side) for one in reads for side in LISTED if side in one.sides]
    # Last, so that the many files around a change take no room from what it needs itself.
    return found + [(one, Side.HEAD) for one in reads if one.unchanged]


def _others(side: Side, listed: Mapping[str, str], facts: Facts) -> Mapping[str, str]:
    """All that is listed; at the head without files that are changed, which have their wishes."""
    assert not isinstance(facts.changes, Unknown)  # noqa: S101  the caller has looked
    touched = {path for file in facts.changes for path in file.paths}
    if side is not Side.HEAD or touched.isdisjoint(listed):
        return listed
    return {path: blob for path, blob in listed.items() if path not in touched}


def _git_id(body: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(body) + body, usedforsecurity=False).hexdigest()
