"""What the rules ask for is fetched once, read once, and kept by blob id."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.model.area import Area
from bot.model.claim import Claim
from bot.model.codec import Decoder, canonical
from bot.model.facts import Change, ChangedFile, Facts
from bot.model.known import NOT_ASKED, TIME_USED_UP, Known, Unknown
from bot.model.migration import Migration
from bot.model.reading import BOTH, MIGRATION, TIP_ONLY, Read, Side, told
from bot.worker.desk import FILES_AT_MOST, Desk
from tests.support.pulls import pull

AREA = Area("migrations", ("db/**",))
WANTED = Read(reading="migration", area=AREA, sides=BOTH)


@dataclass(frozen=True)
class Use:
    value: type[Any] = Migration
    version: int = 1
    bytes_at_most: int = 100


@dataclass
class MemoryReaders:
    """Answers with a migration named by the text, and remembers what it read."""

    answers: dict[bytes, Known[Any]] = field(default_factory=dict)
    seen: list[tuple[str, bytes]] = field(default_factory=list)

    def use(self, reading: str) -> Use:
        assert reading == "migration"
        return Use()

    async def read(
        self, jobs: Sequence[tuple[str, str, bytes | None, bytes | None]]
    ) -> Sequence[Known[Any]]:
        self.seen += [(path, head or b"") for _, path, _, head in jobs]
        return [self._answer(base, head or b"") for *_, base, head in jobs]

    def _answer(self, base: bytes | None, head: bytes) -> Known[Any]:
        name = head if base is None else base + b">" + head
        return self.answers.get(head, {"_": "Migration", "tool": name.decode()})


@dataclass
class MemoryContents:
    """Files by side and path."""

    known: dict[tuple[Side, str], Known[bytes]] = field(default_factory=dict)
    listed: Known[Mapping[str, str]] = field(default_factory=dict)
    asked: list[tuple[Side, str]] = field(default_factory=list)
    listings: list[Side] = field(default_factory=list)

    async def texts(
        self, claim: Claim | None, facts: Facts, places: Sequence[tuple[Side, str]]
    ) -> Mapping[tuple[Side, str], Known[bytes]]:
        self.asked += places
        return {place: self.known[place] for place in places if place in self.known}

    async def files(
        self, claim: Claim | None, facts: Facts, area: Area, side: Side
    ) -> Known[Mapping[str, str]]:
        self.listings.append(side)
        return self.listed


@dataclass
class Bench:
    contents: MemoryContents = field(default_factory=MemoryContents)
    readers: MemoryReaders = field(default_factory=MemoryReaders)

    def __post_init__(self) -> None:
        self.desk = Desk(self.readers, self.contents)

    async def fill(self, facts: Facts, *reads: Read) -> Facts:
        return await self.desk.fill(None, facts, frozenset(reads or (WANTED,)))


def file(path: str = "db/1.py", change: Change = Change.MODIFIED, **known: Any) -> ChangedFile:
    ids = {"base_blob": f"base of {path}", "head_blob": f"head of {path}"}
    return ChangedFile(**{"path": path, "change": change, **ids, **known})


def tool(value: Known[Migration]) -> str:
    return value.reason if isinstance(value, Unknown) else value.tool


HEAD, BASE = (Side.HEAD, "db/1.py"), (Side.BASE, "db/1.py")


async def test_both_sides_of_a_changed_file_of_the_area_are_read() -> None:
    bench = Bench(MemoryContents({HEAD: b"new", BASE: b"old"}))

    facts = await bench.fill(pull(file(), file("app/a.py")))

    assert tool(facts.read(MIGRATION, "db/1.py")) == "new"
    assert tool(facts.read(MIGRATION, "db/1.py", Side.BASE)) == "old"
    assert bench.contents.asked == [HEAD, BASE]


@dataclass
class ToldReaders(MemoryReaders):
    """Answers with what it is told."""

    def use(self, reading: str) -> Use:
        return Use()

    async def read(
        self, jobs: Sequence[tuple[str, str, bytes | None, bytes | None]]
    ) -> Sequence[Known[Any]]:
        await super().read(jobs)
        return [{"_": "Migration", "tool": reading.partition(" ")[2]} for reading, *_ in jobs]


async def test_a_file_is_read_once_for_each_thing_that_a_reader_is_told() -> None:
    bench = Bench(MemoryContents({HEAD: b"new"}), ToldReaders())
    readings = [told(MIGRATION, options) for options in ('{"a": 1}', '{"a": 2}')]
    reads = [
        Read(reading=reading.id, area=AREA, options=options)
        for reading, options in zip(readings, ('{"a": 1}', '{"a": 2}'), strict=True)
    ]

    await bench.fill(pull(file()), *reads)
    facts = await bench.fill(pull(file()), *reads)

    assert [tool(facts.read(one, "db/1.py")) for one in readings] == ['{"a": 1}', '{"a": 2}']
    assert len(bench.readers.seen) == 2


async def test_an_added_file_has_no_base_and_a_removed_one_no_head() -> None:
    bench = Bench()

    await bench.fill(pull(file("db/1.py", Change.ADDED), file("db/2.py", Change.REMOVED)))

    assert bench.contents.asked == [HEAD, (Side.BASE, "db/2.py")]


async def test_the_base_of_a_renamed_file_is_read_under_its_old_name() -> None:
    bench = Bench(MemoryContents({(Side.BASE, "app/x.py"): b"old"}))

    facts = await bench.fill(pull(file(change=Change.RENAMED, previous_path="app/x.py")))

    seen = facts.only(frozenset({WANTED}))
    assert tool(seen.read(MIGRATION, "app/x.py", Side.BASE)) == "old"


async def test_a_file_that_left_the_area_is_read_under_its_new_name() -> None:
    bench = Bench(MemoryContents({(Side.HEAD, "app/x.py"): b"new", BASE: b"old"}))
    moved = file("app/x.py", Change.RENAMED, previous_path="db/1.py")

    seen = (await bench.fill(pull(moved))).only(frozenset({WANTED}))

    assert tool(seen.read(MIGRATION, "app/x.py")) == "new"
    assert tool(seen.read(MIGRATION, "db/1.py", Side.BASE)) == "old"


async def test_what_was_read_once_is_neither_fetched_nor_read_again() -> None:
    bench = Bench(MemoryContents({HEAD: b"new"}))
    one = file(change=Change.ADDED, head_blob="3e5126c4e761fd09582fc517918a1601b218dff0")

    await bench.fill(pull(one))
    facts = await bench.fill(pull(one))

    assert tool(facts.read(MIGRATION, "db/1.py")) == "new"
    assert (bench.contents.asked, len(bench.readers.seen)) == ([HEAD], 1)


async def test_a_text_that_was_read_as_the_newest_is_not_read_again_as_that_of_the_base() -> None:
    bench = Bench(MemoryContents({HEAD: b"one", BASE: b"zero"}))
    nameless = file(head_blob=None, base_blob=None)
    await bench.fill(pull(nameless, head_sha="1" * 40))
    bench.contents.known = {HEAD: b"two", BASE: b"one"}

    facts = await bench.fill(pull(nameless, head_sha="2" * 40))

    assert tool(facts.read(MIGRATION, "db/1.py", Side.BASE)) == "one"
    assert [text for _, text in bench.readers.seen] == [b"one", b"zero", b"two"]


async def test_unchanged_files_are_read_where_a_rule_asks_for_them() -> None:
    contents = MemoryContents(
        {HEAD: b"new", (Side.HEAD, "db/0.py"): b"zero"}, listed={"db/0.py": "z", "db/1.py": "y"}
    )
    read = Read(reading="migration", area=AREA, unchanged=True)

    facts = await Bench(contents).fill(pull(file()), read)

    found = facts.read_all(MIGRATION, AREA)
    assert not isinstance(found, Unknown)
    assert {path: tool(one) for path, one in found.items()} == {"db/0.py": "zero", "db/1.py": "new"}


TIP_READ = Read(reading="migration", area=AREA, sides=TIP_ONLY)


async def test_every_file_is_read_at_the_tip_the_changed_ones_too() -> None:
    contents = MemoryContents(
        {(Side.TIP, "db/0.py"): b"zero", (Side.TIP, "db/1.py"): b"one"},
        listed={"db/0.py": "z", "db/1.py": "y"},
    )

    facts = await Bench(contents).fill(pull(file()), TIP_READ)

    found = facts.read_all(MIGRATION, AREA, Side.TIP)
    assert not isinstance(found, Unknown)
    assert {path: tool(one) for path, one in found.items()} == {"db/0.py": "zero", "db/1.py": "one"}
    assert contents.listings == [Side.TIP]


async def test_a_tip_that_is_not_learnt_is_unknown_not_empty() -> None:
    why = Unknown("GitHub does not tell where main is")

    facts = await Bench(MemoryContents(listed=why)).fill(pull(file()), TIP_READ)

    assert facts.read_all(MIGRATION, AREA, Side.TIP) == why


async def test_files_that_cannot_be_listed_are_unknown_not_none() -> None:
    unlisted = Unknown("the tree is too large")
    read = Read(reading="migration", area=AREA, unchanged=True)

    facts = await Bench(MemoryContents(listed=unlisted)).fill(pull(file()), read)

    assert facts.read_all(MIGRATION, AREA) == unlisted
    assert facts.only(frozenset({read})).read_all(MIGRATION, AREA) == unlisted


async def test_a_file_that_is_too_large_is_unknown_by_its_content() -> None:
    bench = Bench(MemoryContents({HEAD: b"x" * 101}))

    facts = await bench.fill(pull(file(change=Change.ADDED)))

    assert facts.read(MIGRATION, "db/1.py") == Unknown("db/1.py is larger than 0 kB", True)
    assert bench.readers.seen == []


async def test_an_answer_of_another_form_is_unknown() -> None:
    bench = Bench(MemoryContents({HEAD: b"odd"}), MemoryReaders({b"odd": {"tool": 7}}))

    facts = await bench.fill(pull(file(change=Change.ADDED)))

    assert tool(facts.read(MIGRATION, "db/1.py")) == "the reader's answer does not fit"


async def test_files_beyond_the_cap_are_unknown_and_the_rest_is_read() -> None:
    files = [file(f"db/{n}.py", Change.ADDED) for n in range(FILES_AT_MOST + 1)]
    known: dict[tuple[Side, str], Known[bytes]] = {(Side.HEAD, one.path): b"x" for one in files}

    facts = await Bench(MemoryContents(known)).fill(pull(*files))

    assert tool(facts.read(MIGRATION, "db/0.py")) == "x"
    assert tool(facts.read(MIGRATION, files[-1].path)).startswith("too many files to read: 401")


async def test_the_same_files_are_beyond_the_cap_whatever_the_order_of_the_needs() -> None:
    bench, names = Bench(), "hcafbgde"
    reads = [Read(reading="migration", area=Area(one, (f"{one}/**",))) for one in names]
    paths = [f"{one}/{n}.py" for one in names for n in range(100)]

    await bench.fill(pull(*(file(path, Change.ADDED) for path in paths)), *reads)

    assert [path[0] for _, path in bench.contents.asked[::100]] == ["a", "b", "c", "d"]


async def test_nothing_is_fetched_that_nobody_asked_for() -> None:
    bench = Bench()

    await bench.desk.fill(None, pull(file()), frozenset())
    unread = await bench.fill(pull(changes=Unknown("too many files")))

    assert bench.contents.asked == []
    assert unread.read(MIGRATION, "db/1.py") == NOT_ASKED


async def test_a_rule_sees_only_the_readings_that_it_declared() -> None:
    facts = await Bench(MemoryContents({HEAD: b"new", BASE: b"old"})).fill(pull(file()))

    seen = facts.only(frozenset({Read(reading="migration", area=AREA)}))

    assert tool(seen.read(MIGRATION, "db/1.py")) == "new"
    assert seen.read(MIGRATION, "db/1.py", Side.BASE) == NOT_ASKED
    elsewhere = Read(reading="migration", area=Area("docs", ("docs/**",)), sides=BOTH)
    assert facts.only(frozenset({elsewhere})).readings == {}


async def test_readings_survive_being_stored() -> None:
    facts = await Bench(MemoryContents({HEAD: b"new"})).fill(pull(file(change=Change.ADDED)))

    assert Decoder().decode(Facts, json.loads(canonical(facts))) == facts


async def test_a_pair_is_read_at_once_under_the_newest_name() -> None:
    pair = Read(reading="migration", area=AREA, pair=True)
    contents = MemoryContents({HEAD: b"new", (Side.BASE, "db/0.py"): b"old"})

    facts = await Bench(contents).fill(
        pull(file(change=Change.RENAMED, previous_path="db/0.py")), pair
    )

    assert tool(facts.read(MIGRATION, "db/1.py")) == "old>new"


async def test_a_pair_can_be_of_another_file_at_the_base() -> None:
    pair = Read(reading="migration", area=AREA, pair=True, against="docs/agreed.sql")
    contents = MemoryContents({HEAD: b"new", (Side.BASE, "docs/agreed.sql"): b"agreed"})

    facts = await Bench(contents).fill(pull(file(base_blob=None)), pair)

    assert tool(facts.read(MIGRATION, "db/1.py")) == "agreed>new"


async def test_a_base_that_was_read_is_not_fetched_again_for_the_same_head() -> None:
    bench = Bench(MemoryContents({HEAD: b"new", BASE: b"old"}))
    one = file(head_blob=None, base_blob=None)

    await bench.fill(pull(one))
    await bench.fill(pull(one))

    assert bench.contents.asked == [HEAD, BASE]


async def test_what_could_not_be_had_is_asked_for_again() -> None:
    bench = Bench(MemoryContents({BASE: Unknown("GitHub does not answer")}))
    gone = pull(file(change=Change.REMOVED))

    await bench.fill(gone)
    await bench.fill(gone)

    assert bench.contents.asked == [BASE, BASE]


async def test_what_there_was_no_time_for_is_read_the_next_time() -> None:
    bench = Bench(MemoryContents({HEAD: b"new"}))
    one = pull(file(change=Change.ADDED, head_blob="3e5126c4e761fd09582fc517918a1601b218dff0"))
    bench.readers.answers[b"new"] = TIME_USED_UP

    before = await bench.fill(one)
    bench.readers.answers.clear()
    after = await bench.fill(one)

    assert before.read(MIGRATION, "db/1.py") == TIME_USED_UP
    assert tool(after.read(MIGRATION, "db/1.py")) == "new"
