"""The policy in force: good copies are kept, broken files never open the gate."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.errors import Denied, Transient, Trouble
from bot.model.facts import ChangedFile
from bot.model.keeping import StoredPolicy
from bot.model.known import Known
from bot.model.look import NO_ORGANISATION_SEEN, PolicyFile
from bot.model.policy import Mode
from bot.wiring.policy import PolicyLoader
from bot.worker.policies import Assembled, Effective, PolicyBook, Texts, misplaced
from tests.support.pulls import changed
from tests.worker.doubles import UNREAD, MemoryLedger, MemorySource, claim

PATH = ".github/handoff.yml"
NONE = PolicyFile(path=PATH)
NO_ORGANISATION = PolicyFile(path="handoff.yml")
ITEM = "checklist: {{ {0}: {{ title: Own, proof: {{ check: {0} }} }} }}\n"
SCOPE = 'applies-to: { repositories: ["*"] }\n'


def mine(name: str, text: str | None = None, blob: str = "") -> PolicyFile:
    """A repository's file with an item of that name, or of that text."""
    written = "version: 1\n" + ITEM.format(name) if text is None else text
    return PolicyFile(path=PATH, blob=blob or name * 5, text=written)


def theirs(name: str, text: str | None = None) -> PolicyFile:
    """An organisation's file with an item of that name, or of that text."""
    written = "version: 1\n" + SCOPE + ITEM.format(name) if text is None else text
    return PolicyFile(path="handoff.yml", blob=name * 5, text=written)


def kept(scope: str, file: PolicyFile) -> StoredPolicy:
    assert file.text is not None
    return StoredPolicy(scope=scope, blob=file.blob, text=file.text)


BROKEN = mine("b", "version: 1\nmode: of\n")
BROKEN_ABOVE = theirs("c", "version: 1\nmode: of\n" + SCOPE)


@dataclass(kw_only=True)
class CountingLoader(PolicyLoader):
    """The real loader, counting what it is asked to assemble."""

    asked: list[Texts] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def by_default(self, preset: str) -> None:
        super().__init__(default_preset=preset)

    def assemble(self, texts: Texts) -> Assembled:
        self.asked.append(texts)
        return super().assemble(texts)


@dataclass(kw_only=True)
class Shelf:
    """A book with all that it reads from."""

    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    source: MemorySource = field(default_factory=MemorySource)
    loader: CountingLoader = field(default_factory=CountingLoader)

    def __post_init__(self) -> None:
        self.book = PolicyBook(self.loader, self.source, self.ledger)

    async def look(
        self,
        repository: Known[PolicyFile] = NONE,
        organisation: Known[PolicyFile] = NO_ORGANISATION,
    ) -> Effective:
        return await self.book.effective(claim(), repository, organisation)


def items(effective: Effective) -> list[str]:
    assert effective.policy is not None
    floor = effective.policy.floor
    return [one.id for one in (*effective.policy.items, *(floor.items if floor else ()))]


def broken(effective: Effective) -> str:
    assert effective.policy is not None
    return effective.policy.origin.broken


# ── which file counts ─────────────────────────────────────────────────────────────────────────


async def test_no_file_at_all_is_silence() -> None:
    effective = await Shelf().look()

    assert effective.policy is None
    assert effective.trouble == ()
    assert effective.keep == ()


async def test_a_good_file_counts_and_its_copy_is_kept() -> None:
    effective = await Shelf().look(mine("a"))

    assert items(effective) == ["a"]
    assert broken(effective) == ""
    assert effective.keep == (kept("repo:7", mine("a")),)


async def test_an_organisation_counts_alone_and_beside() -> None:
    alone = await Shelf().look(NONE, theirs("o"))
    both = await Shelf().look(mine("a"), theirs("o"))

    assert (items(alone), items(both)) == (["o"], ["a", "o"])
    assert alone.keep == (kept("org:acme", theirs("o")),)
    assert both.keep == (kept("org:acme", theirs("o")), kept("repo:7", mine("a")))


async def test_a_broken_file_is_judged_by_its_last_good_copy() -> None:
    ledger = MemoryLedger(good={"repo:7": kept("repo:7", mine("a"))})

    effective = await Shelf(ledger=ledger).look(BROKEN)

    assert items(effective) == ["a"]
    assert broken(effective) == "policy broken in bbbbb (1 error, line 2): judged by aaaaa"


async def test_a_broken_file_without_a_copy_is_judged_by_its_history() -> None:
    worse = mine("d", "version: 1\nchecklist: 1\nmode: of\n")
    source = MemorySource(history=[BROKEN, worse, NONE, mine("h"), mine("i")])

    effective = await Shelf(source=source).look(BROKEN)

    assert items(effective) == ["h"]
    assert effective.keep == (kept("repo:7", mine("h")),)
    assert source.asked == [f"history {PATH}"]


async def test_a_copy_that_this_version_cannot_read_gives_way_to_the_history() -> None:
    ledger = MemoryLedger(good={"repo:7": kept("repo:7", BROKEN)})
    source = MemorySource(history=[mine("h")])

    assert items(await Shelf(ledger=ledger, source=source).look(BROKEN)) == ["h"]


async def test_a_file_that_was_never_good_leaves_the_organisations_alone() -> None:
    effective = await Shelf().look(BROKEN, theirs("o"))

    assert items(effective) == ["o"]
    assert broken(effective) == (
        "policy broken in bbbbb (1 error, line 2): the organisation's alone"
    )


async def test_the_operators_preset_never_stands_in_for_a_broken_file() -> None:
    loader = CountingLoader()
    loader.by_default("docs-only@1")
    shelf = Shelf(loader=loader)
    elsewhere = theirs("o", "version: 1\napplies-to: { repositories: [other] }\n")

    found = [await shelf.look(BROKEN), await shelf.look(BROKEN, elsewhere)]

    assert [one.policy for one in found] == [None, None]
    assert [len(one.trouble) for one in found] == [1, 1]


@pytest.mark.parametrize(
    ("plain", "mode"),
    [
        ("mode: observe\n", Mode.OBSERVE),
        ("mode: advise  # for now\n", Mode.ADVISE),
        ("mode: enforce\n", Mode.ENFORCE),
        ("mode: observe\nmode: advise\n", Mode.ENFORCE),
        ("mode: of\n", Mode.ENFORCE),
        ("", Mode.ENFORCE),
    ],
)
async def test_a_file_that_was_never_good_and_stands_alone_is_trouble(
    plain: str, mode: Mode
) -> None:
    text = f"version: 1\n{plain}moode: x\n"

    effective = await Shelf().look(mine("b", text))

    assert effective.policy is None
    assert effective.relevance.policy
    assert "E201" in [one.code for one in effective.trouble]
    assert effective.trouble_mode is mode


async def test_a_symbolic_link_is_trouble_and_no_silence() -> None:
    link = PolicyFile(path=PATH, blob="link", regular=False)

    effective = await Shelf().look(link)

    assert effective.policy is None
    assert [one.code for one in effective.trouble] == ["E104"]


# ── what cannot be read ───────────────────────────────────────────────────────────────────────


def left_out(effective: Effective) -> list[tuple[str, str]]:
    assert effective.policy is not None
    return [(one.origin, one.why) for one in effective.policy.origin.left_out]


async def test_trouble_in_reading_keeps_the_last_good_copy_and_says_so() -> None:
    good = {"repo:7": kept("repo:7", mine("a")), "org:acme": kept("org:acme", theirs("o"))}

    effective = await Shelf(ledger=MemoryLedger(good=good)).look(UNREAD, UNREAD)

    assert items(effective) == ["a", "o"]
    assert left_out(effective) == [
        ("repository", f"last good copy: {UNREAD.reason}"),
        ("organisation", f"last good copy: {UNREAD.reason}"),
    ]


async def test_an_organisation_that_was_never_read_is_left_out_and_said_to_be() -> None:
    effective = await Shelf().look(mine("a"), UNREAD)

    assert items(effective) == ["a"]
    assert left_out(effective) == [("organisation", UNREAD.reason)]


async def test_an_organisation_of_which_nothing_was_ever_seen_is_nobodys_news() -> None:
    effective = await Shelf().look(mine("a"), NO_ORGANISATION_SEEN)

    assert items(effective) == ["a"]
    assert left_out(effective) == []


async def test_an_organisation_that_can_no_longer_be_seen_stays_in_force() -> None:
    ledger = MemoryLedger(good={"org:acme": kept("org:acme", theirs("o"))})

    effective = await Shelf(ledger=ledger).look(mine("a"), NO_ORGANISATION_SEEN)

    assert items(effective) == ["a", "o"]
    assert left_out(effective) == [
        ("organisation", f"last good copy: {NO_ORGANISATION_SEEN.reason}")
    ]


async def test_a_repository_that_was_never_read_leaves_the_organisations_alone() -> None:
    effective = await Shelf().look(UNREAD, theirs("o"))

    assert items(effective) == ["o"]
    assert left_out(effective) == [("repository", UNREAD.reason)]


async def test_a_broken_organisation_is_judged_by_its_last_good_copy() -> None:
    ledger = MemoryLedger(good={"org:acme": kept("org:acme", theirs("o"))})

    effective = await Shelf(ledger=ledger).look(mine("a"), BROKEN_ABOVE)

    assert items(effective) == ["a", "o"]
    assert broken(effective) == "acme/.github broken (1 error, line 2): judged by ooooo"


async def test_a_first_broken_organisation_stops_no_repository() -> None:
    effective = await Shelf().look(mine("a"), BROKEN_ABOVE)

    assert items(effective) == ["a"]
    assert broken(effective) == "acme/.github is broken (1 error, line 2) and was never good"
    assert effective.keep == (kept("repo:7", mine("a")),)


# ── the cache ─────────────────────────────────────────────────────────────────────────────────


async def test_the_same_files_are_read_once_until_they_are_forgotten() -> None:
    shelf = Shelf()

    first = await shelf.look(mine("a"), theirs("o"))
    again = await shelf.look(mine("a"), theirs("o"))
    once = len(shelf.loader.asked)
    shelf.book.forget()
    await shelf.look(mine("a"), theirs("o"))

    assert again is first
    assert len(shelf.loader.asked) == 2 * once


async def test_a_push_makes_only_what_rests_on_that_repository_be_read_again() -> None:
    source = MemorySource(files={SPEC: SERVICE})
    shelf = Shelf(source=source)
    first = await shelf.look(extending())

    shelf.book.forget("acme/other")
    same = await shelf.look(extending())
    source.files[SPEC] = replace(SERVICE, text="version: 1\n" + ITEM.format("newer"))
    shelf.book.forget("acme/policies")
    pushed = await shelf.look(extending())
    shelf.book.forget("acme/orders")
    own = await shelf.look(extending())

    assert same is first
    assert sorted(items(pushed)) == ["newer", "own"]
    assert own is not pushed


async def test_another_version_of_either_file_is_read_anew() -> None:
    shelf = Shelf()

    looks = [
        await shelf.look(mine("a"), theirs("o")),
        await shelf.look(mine("b"), theirs("o")),
        await shelf.look(mine("b"), theirs("p")),
    ]

    assert [items(one) for one in looks] == [["a", "o"], ["b", "o"], ["b", "p"]]


# ── extends ───────────────────────────────────────────────────────────────────────────────────

SPEC = "acme/policies:service.yml@v3"
SERVICE = PolicyFile(path="service.yml", blob="s", text="version: 1\n" + ITEM.format("shared"))


def extending(spec: str = SPEC) -> PolicyFile:
    return mine("e", f"version: 1\nextends: {spec}\n" + ITEM.format("own"))


async def test_an_extended_file_lies_below() -> None:
    source = MemorySource(files={SPEC: SERVICE})

    assert sorted(items(await Shelf(source=source).look(extending()))) == ["own", "shared"]


async def test_without_a_ref_the_default_branch_is_read() -> None:
    spec = "acme/policies:service.yml"
    source = MemorySource(files={f"{spec}@None": SERVICE})

    effective = await Shelf(source=source).look(extending(spec))

    assert source.asked == [f"{spec}@None"]
    assert "shared" in items(effective)


@pytest.mark.parametrize(
    "files",
    [
        {},
        {SPEC: replace(SERVICE, text=None)},
        {SPEC: Denied("not yours")},
    ],
    ids=["unknown", "no-file", "denied"],
)
async def test_an_extended_file_that_cannot_be_read_is_a_broken_policy(
    files: dict[str, Known[PolicyFile] | Trouble],
) -> None:
    effective = await Shelf(source=MemorySource(files=files)).look(extending())

    assert [one.code for one in effective.trouble] == ["E305"]


async def test_an_extended_file_that_may_be_read_later_is_waited_for() -> None:
    later = Transient("502")
    later.again_after = timedelta(seconds=5)
    source = MemorySource(files={SPEC: later})

    with pytest.raises(Transient):
        await Shelf(source=source).look(extending())


@pytest.mark.parametrize("spec", ["other/policies:service.yml", "acme/policies"])
async def test_nothing_is_asked_of_another_owner_or_without_a_path(spec: str) -> None:
    source = MemorySource()

    effective = await Shelf(source=source).look(extending(spec))

    assert effective.policy is None
    assert [line for line in source.asked if "history" not in line] == []


# ── what a pull request proposes ──────────────────────────────────────────────────────────────


async def proposed(
    file: PolicyFile,
    source: MemorySource | None = None,
    organisation: Known[PolicyFile] = NO_ORGANISATION,
) -> list[str]:
    shelf = Shelf(source=source or MemorySource())
    return [one.code for one in await shelf.book.problems(claim(), file, organisation)]


async def test_a_proposed_file_is_told_what_is_wrong_with_it() -> None:
    good, bad = await proposed(mine("a")), await proposed(BROKEN)
    gone, link = await proposed(NONE), await proposed(replace(NONE, regular=False))

    assert (good, bad, gone, link) == ([], ["E203"], [], ["E104"])


async def test_a_proposed_file_is_read_with_what_it_extends() -> None:
    found = await proposed(extending(), MemorySource(files={SPEC: SERVICE}))
    missing = await proposed(extending())

    assert (found, missing) == ([], ["E305"])


async def test_a_proposed_file_is_told_which_of_its_lines_the_organisation_overrules() -> None:
    loose = mine("a", "version: 1\nmode: observe\n" + ITEM.format("a"))
    strict = theirs("o", "version: 1\nmode: enforce\n" + SCOPE + ITEM.format("o"))

    assert await proposed(loose, organisation=strict) == ["W601"]
    assert await proposed(loose, organisation=UNREAD) == []


async def test_a_proposed_file_is_not_blamed_for_what_is_wrong_with_the_organisations() -> None:
    assert await proposed(mine("a"), organisation=BROKEN_ABOVE) == []
    assert await proposed(BROKEN, organisation=BROKEN_ABOVE) == ["E203"]


async def test_a_proposed_organisations_file_is_read_as_one() -> None:
    assert await proposed(theirs("o")) == []
    assert await proposed(BROKEN_ABOVE) == ["E203"]
    assert await proposed(theirs("o", "version: 1\nextends: a/b:c\n" + SCOPE)) == ["E201"]
    assert await proposed(replace(NO_ORGANISATION, regular=False)) == ["E104"]


def said_of(repo: str, *files: ChangedFile) -> list[tuple[str, str]]:
    return [(one.where.file, one.code) for one in misplaced(repo, files)]


def test_a_file_that_only_looks_like_a_policy_is_named() -> None:
    yaml = changed(".github/handoff.yaml", "", "x: 1\n")
    root = changed("handoff.yml", "", "x: 1\n")

    assert said_of("acme/orders", yaml, root, changed(PATH, "a\n", "b\n")) == [
        (".github/handoff.yaml", "W501"),
        ("handoff.yml", "W501"),
    ]
    assert said_of("acme/.github", root) == []
    assert said_of("acme/orders", replace(root, head_blob=None)) == []
    assert misplaced("acme/orders", UNREAD) == ()


# ── doubt is never taken for silence ──────────────────────────────────────────────────────────

LINK_ABOVE = PolicyFile(path="handoff.yml", blob="link", regular=False)


async def test_a_file_that_github_does_not_show_is_trouble_and_no_silence() -> None:
    effective = await Shelf().look(UNREAD)

    assert effective.policy is None
    assert effective.relevance.policy
    assert [one.what for one in effective.trouble] == [UNREAD.reason]


async def test_an_organisation_that_is_a_symbolic_link_is_said_to_be_broken() -> None:
    ledger = MemoryLedger(good={"org:acme": kept("org:acme", theirs("o"))})

    first = await Shelf().look(mine("a"), LINK_ABOVE)
    later = await Shelf(ledger=ledger).look(mine("a"), LINK_ABOVE)

    assert (items(first), items(later)) == (["a"], ["a", "o"])
    assert broken(first) == "acme/.github is broken (1 error, line 1) and was never good"
    assert broken(later) == "acme/.github broken (1 error, line 1): judged by ooooo"


async def test_an_organisation_whose_last_copy_no_longer_loads_stops_no_repository() -> None:
    ledger = MemoryLedger(good={"org:acme": kept("org:acme", BROKEN_ABOVE)})

    effective = await Shelf(ledger=ledger).look(mine("a"), theirs("d", "version: 9\n" + SCOPE))

    assert items(effective) == ["a"]
    assert broken(effective) == (
        "acme/.github is broken (1 error, line 1), and so is its last copy"
    )


async def test_both_are_named_where_both_are_broken() -> None:
    ledger = MemoryLedger(good={"repo:7": kept("repo:7", mine("a"))})

    effective = await Shelf(ledger=ledger).look(BROKEN, BROKEN_ABOVE)

    assert broken(effective) == (
        "policy broken in bbbbb (1 error, line 2): judged by aaaaa; "
        "acme/.github is broken (1 error, line 2) and was never good"
    )


async def test_an_extended_file_that_could_not_be_read_is_looked_for_again() -> None:
    source = MemorySource()
    shelf = Shelf(source=source)

    first = await shelf.look(extending())
    source.files[SPEC] = SERVICE
    second = await shelf.look(extending())

    assert first.policy is None
    assert sorted(items(second)) == ["own", "shared"]


@pytest.mark.parametrize("good", [{}, {"repo:7": kept("repo:7", mine("a"))}], ids=["no", "copy"])
async def test_an_extended_file_that_was_broken_is_read_again_when_it_is_mended(
    good: dict[str, StoredPolicy],
) -> None:
    source = MemorySource(files={SPEC: replace(SERVICE, text="version: 1\nmode: of\n")})
    shelf = Shelf(source=source, ledger=MemoryLedger(good=good))

    first = await shelf.look(extending())
    source.files[SPEC] = SERVICE
    shelf.book.forget("acme/policies")
    second = await shelf.look(extending())

    assert first.policy is None or items(first) == ["a"]
    assert sorted(items(second)) == ["own", "shared"]


async def test_who_pushes_may_be_named_in_other_letters() -> None:
    spec = "Acme/Policies:service.yml"
    source = MemorySource(files={f"{spec}@None": SERVICE})
    shelf = Shelf(source=source)

    first = await shelf.look(extending(spec))
    shelf.book.forget("acme/policies")

    assert await shelf.look(extending(spec)) is not first


async def test_a_submodule_in_place_of_a_file_is_not_taken_for_its_absence() -> None:
    shelf = Shelf()

    gone = await shelf.look(NONE)
    replaced = await shelf.look(PolicyFile(path=PATH, regular=False))

    assert (gone.trouble, len(replaced.trouble)) == ((), 1)
