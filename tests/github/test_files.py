"""The changed files: whole, of the right head, or Unknown; never silently less."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from bot.errors import Denied, Gone, Stale, TooLarge
from bot.github.blobs import git_id, head_texts
from bot.github.client import GraphAnswer, HeavyQuery
from bot.github.facts import counts_of
from bot.github.files import UNTOLD_FOR, FilesCache, Kept, changes_of, files_page
from bot.github.place import Look
from bot.model.facts import Change, ChangedFile, Changes, Line
from bot.model.known import Unknown
from bot.model.wake import Subject
from tests.github.double import (
    BASE,
    HEAD,
    NUMBER,
    OLD,
    FakeClient,
    blob,
    connection,
    error,
    paged,
    place,
    pull,
    row,
)
from tests.support.clock import FakeClock

FILES = f"GET pulls/{NUMBER}/files"
HIDDEN = Unknown("diff not fully visible")


async def read(client: FakeClient, rows: list[dict[str, Any]], **changed: Any) -> Changes:
    """The changes when GitHub's query tells the truth about `rows`."""
    counts = counts_of(pull(rows, **changed))
    here = place(client)
    return await changes_of(here, (HEAD, BASE), counts, await files_page(here, 1))


def serving(rows: list[dict[str, Any]], **graph: Any) -> FakeClient:
    return FakeClient(rest={FILES: paged(rows)}, graph=graph)


def silent(one: dict[str, Any]) -> dict[str, Any]:
    """The row as GitHub gives it beyond its silent limit."""
    return {key: value for key, value in one.items() if key != "patch"} | {
        "additions": 0,
        "deletions": 0,
    }


def heads(head: str = HEAD, base: str = BASE) -> dict[str, Any]:
    return {"repository": {"pullRequest": {"headRefOid": head, "baseRefOid": base}}}


def based(rows: list[dict[str, Any]], **ids: str) -> FakeClient:
    """The same, and files that have these ids at the merge base."""
    client = serving(rows, BaseIds={"repository": {at: {"oid": oid} for at, oid in ids.items()}})
    client.rest[f"GET compare/{BASE}...{HEAD}"] = {"merge_base_commit": {"sha": OLD}}
    return client


async def test_rows_become_changed_files_with_numbered_lines() -> None:
    rows = [
        row("a.py", "@@ -1,2 +1,2 @@\n same\n-old\n+new", sha="1" * 40),
        row("new.py", status="added"),
        row("gone.py", "@@ -1 +0,0 @@\n-x", status="removed", contents_url=f"x?ref={OLD}"),
        row("to.py", None, status="renamed", previous_filename="from.py"),
        row("twin.py", status="copied", previous_filename="a.py"),
    ]

    assert await read(based(rows, f0="e" * 40), rows) == (
        ChangedFile(
            path="a.py",
            change=Change.MODIFIED,
            head_blob="1" * 40,
            additions=1,
            deletions=1,
            added=(Line(number=2, text="new"),),
            removed=(Line(number=2, text="old"),),
        ),
        ChangedFile(
            path="new.py",
            change=Change.ADDED,
            head_blob="e" * 40,
            additions=1,
            added=(Line(number=1, text="one"),),
        ),
        ChangedFile(
            path="gone.py",
            change=Change.REMOVED,
            base_blob="e" * 40,
            deletions=1,
            removed=(Line(number=1, text="x"),),
        ),
        ChangedFile(
            path="to.py", change=Change.RENAMED, previous_path="from.py", head_blob="e" * 40
        ),
        ChangedFile(
            path="twin.py",
            change=Change.ADDED,
            head_blob="e" * 40,
            additions=1,
            added=(Line(number=1, text="one"),),
        ),
    )


@pytest.mark.parametrize(
    ("changed", "why", "by_content"),
    [
        ({"patch": None}, "GitHub shows no patch for a.py", True),
        ({"patch": None, "additions": 0}, "GitHub shows no patch for a.py", True),
        ({"additions": 2}, "GitHub's patch of a.py does not have all of its lines", False),
        ({"patch": "+one"}, "GitHub's patch of a.py cannot be read", False),
    ],
)
async def test_lines_that_are_not_whole_are_unknown(
    changed: Any, why: str, by_content: bool
) -> None:
    rows = [row("a.py") | changed]

    found = await read(based(rows, f0="d" * 40), rows)

    assert not isinstance(found, Unknown)
    assert found[0].added == found[0].removed == Unknown(why, by_content=by_content)


@pytest.mark.parametrize(
    "changed", [{"status": "modified"}, {"status": "renamed", "previous_filename": "b.sh"}]
)
@pytest.mark.parametrize(
    ("before", "lines"),
    [("e" * 40, ()), ("d" * 40, Unknown("GitHub shows no patch for a.sh", by_content=True))],
)
async def test_another_name_or_mode_is_told_from_another_content(
    changed: Any, before: str, lines: Any
) -> None:
    rows = [row("a.sh", None, **changed)]

    found = await read(based(rows, f0=before), rows)

    assert not isinstance(found, Unknown)
    assert found[0].added == found[0].removed == lines


@pytest.mark.parametrize("ids", [None, {}])
async def test_what_cannot_be_held_against_the_base_is_not_thought_moved(ids: Any) -> None:
    rows = [row("a.py", None, status="renamed", previous_filename="b.py")]

    found = await read(serving(rows) if ids is None else based(rows, **ids), rows)

    assert not isinstance(found, Unknown)
    assert isinstance(found[0].added, Unknown)
    assert not found[0].added.by_content


async def test_an_empty_file_has_no_lines_and_needs_no_patch() -> None:
    rows = [row("a.py", None, status="added", sha=git_id(b""))]

    found = await read(serving(rows), rows)

    assert not isinstance(found, Unknown)
    assert found[0].added == ()


async def test_a_silent_zero_is_asked_again_in_smaller_pages() -> None:
    rows = [row(f"{at}.py") for at in range(12)]

    def answer(params: Mapping[str, str]) -> list[dict[str, Any]]:
        page = paged(rows)(params)
        if params["per_page"] == "1":
            return page
        return [silent(one) if one["filename"] == "11.py" else one for one in page]

    client = FakeClient(rest={FILES: answer})
    found = await read(client, rows)

    assert not isinstance(found, Unknown)
    assert found[11].added == (Line(number=1, text="one"),)
    assert len(client.calls) == 3


def contents(base: str, head: str, oid: str | None = None, merge_base: str = OLD) -> Any:
    """Answers that tell both contents of one file."""
    entry = {"object": blob(head, oid or git_id(head.encode()))}
    pulled = {
        "headRefOid": HEAD,
        "baseRefOid": BASE,
        "head": {"nodes": [{"commit": {"oid": HEAD, "f0": entry}}]},
    }
    return {
        "HeadFiles": {"repository": {"pullRequest": pulled}},
        "BaseFiles": lambda asked: {
            "repository": {"f0": blob(base, git_id(base.encode()))}
            if asked["e0"] == f"{merge_base}:a.py"
            else {"f0": None}
        },
    }


def stubborn(head: str) -> tuple[FakeClient, list[dict[str, Any]]]:
    """A GitHub that never shows the lines of a.py, and the truth about it."""
    truth = row("a.py", "@@ -1 +1 @@\n-one\n+two", sha=git_id(head.encode()))
    client = serving([silent(truth)])
    client.rest[f"GET compare/{BASE}...{HEAD}"] = {"merge_base_commit": {"sha": OLD}}
    return client, [truth]


async def test_what_stays_hidden_is_compared_by_content() -> None:
    client, truth = stubborn("two\n")
    client.graph = contents("one\n", "two\n")

    found = await read(client, truth)

    assert not isinstance(found, Unknown)
    assert (found[0].added, found[0].removed) == (
        (Line(number=1, text="two"),),
        (Line(number=1, text="one"),),
    )
    assert (found[0].additions, found[0].deletions) == (1, 1)


async def test_contents_that_do_not_fit_githubs_counts_stay_hidden() -> None:
    client, truth = stubborn("two\nthree\n")
    client.graph = contents("one\n", "two\nthree\n")

    found = await read(client, truth)

    assert not isinstance(found, Unknown)
    assert found[0].added == HIDDEN


async def test_without_the_merge_base_the_lines_stay_hidden() -> None:
    client, truth = stubborn("two\n")
    client.rest = {FILES: client.rest[FILES]}

    found = await read(client, truth)

    assert not isinstance(found, Unknown)
    assert (found[0].added, found[0].additions) == (HIDDEN, 1)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"two\n", None),
        (b"other\n", "GitHub does not show all of a.py"),
        (b"\xff\xfe", "a.py is not UTF-8 text"),
    ],
)
async def test_a_cut_blob_is_read_whole_or_not_at_all(raw: bytes, why: str | None) -> None:
    oid = git_id(b"\xff\xfe" if raw == b"\xff\xfe" else b"two\n")
    client, truth = stubborn("two\n")
    truth[0]["sha"] = oid
    client.rest[FILES] = paged([silent(truth[0])])
    client.graph = contents("one\n", "tw", oid)
    client.rest[f"GET git/blobs/{oid}"] = {"content": base64.encodebytes(raw).decode()}

    found = await read(client, truth)

    assert not isinstance(found, Unknown)
    lines = found[0].added
    assert (lines.reason if isinstance(lines, Unknown) else None) == (
        None if why is None else f"diff not fully visible: {why}"
    )


def one_at_most(text: str, how: str) -> Callable[[Any], Any]:
    """A GitHub that finds more than one file at once too much."""

    def answer(asked: Any) -> Any:
        paths = [asked[name] for name in sorted(asked) if name.startswith("p")]
        if len(paths) > 1 or text == "never":
            if how == "502":
                return HeavyQuery("GitHub answered 502")
            return GraphAnswer(data={}, errors=(error("repository", kind=how),))
        nodes = [{"commit": {"oid": HEAD, "f0": {"object": blob(text, git_id(text.encode()))}}}]
        pulled = {"headRefOid": HEAD, "baseRefOid": BASE, "head": {"nodes": nodes}}
        return {"repository": {"pullRequest": pulled}}

    return answer


@pytest.mark.parametrize("how", ["502", "RESOURCE_LIMITS_EXCEEDED"])
async def test_files_that_are_too_much_at_once_are_read_in_halves(how: str) -> None:
    client = FakeClient()
    client.graph["HeadFiles"] = one_at_most("x\n", how)
    names = ["a.py", "b.py", "c.py"]

    found = await head_texts(place(client), HEAD, dict.fromkeys(names, git_id(b"x\n")))

    assert found == dict.fromkeys(names, "x\n")
    assert client.calls == ["HeadFiles"] * 5


async def test_a_single_file_that_is_too_much_is_unknown() -> None:
    client = FakeClient()
    client.graph["HeadFiles"] = one_at_most("never", "502")

    found = await head_texts(place(client), HEAD, {"a.py": "0" * 40})

    assert found == {"a.py": Unknown("a.py: GitHub answered 502")}


@pytest.mark.parametrize("lie", [{"byteSize": 900_000}, {"isBinary": True}, {"oid": "0" * 40}])
async def test_large_binary_or_other_content_keeps_the_lines_unknown(lie: Any) -> None:
    client, truth = stubborn("two\n")
    client.graph = contents("one\n", "two\n")
    pulled = client.graph["HeadFiles"]["repository"]["pullRequest"]
    pulled["head"]["nodes"][0]["commit"]["f0"]["object"] |= lie

    found = await read(client, truth)

    assert not isinstance(found, Unknown)
    assert isinstance(found[0].added, Unknown)


async def test_rows_of_another_head_are_stale() -> None:
    rows = [row("a.py"), row("b.py", contents_url=f"https://api.test/b.py?ref={OLD}")]

    with pytest.raises(Stale, match="another head"):
        await read(serving(rows), rows)


async def test_an_address_that_names_no_commit_is_not_compared() -> None:
    rows = [row("a.py", contents_url="http://127.0.0.1"), row("b.py", contents_url=None)]

    assert not isinstance(await read(serving(rows), rows), Unknown)


@pytest.mark.parametrize(
    ("rows", "count"),
    [([row("a.py")], 2), ([row("a.py"), row("a.py")], 2), ([row("a.py"), row("b.py")], 1)],
)
async def test_another_number_of_files_makes_the_whole_list_unknown(
    rows: list[dict[str, Any]], count: int
) -> None:
    found = await read(serving(rows), rows, changedFiles=count)

    assert found == Unknown(f"GitHub lists {len(rows)} of {count} changed files")


async def test_two_lists_that_name_other_files_make_it_unknown() -> None:
    found = await read(serving([row("a.py")]), [row("b.py")])

    assert found == Unknown("GitHub's two lists of the changed files differ")


async def test_beyond_three_thousand_files_nothing_is_paged() -> None:
    client = serving([row("a.py")])

    found = await read(client, [row("a.py")], changedFiles=3001)

    assert found == Unknown("3,001 files changed; GitHub lists at most 3,000")
    assert len(client.calls) == 1


@pytest.mark.parametrize("trouble", [TooLarge("too_large"), Denied("no"), Gone("404")])
async def test_a_list_that_github_refuses_is_unknown(trouble: Exception) -> None:
    client = FakeClient(rest={FILES: trouble})

    found = await read(client, [row("a.py")])

    assert found == Unknown(f"GitHub does not list the changed files: {trouble}")


@pytest.mark.parametrize(
    "broken", [{"status": "exploded"}, {"filename": None}, {"additions": None}, {"patch": 7}]
)
async def test_a_row_of_another_form_makes_the_list_unknown(broken: Any) -> None:
    found = await read(serving([row("a.py") | broken]), [row("a.py")])

    assert isinstance(found, Unknown)


async def test_several_pages_are_read_and_the_head_is_read_again() -> None:
    rows = [row(f"{at}.py") for at in range(250)]
    client = serving(rows, Heads=heads())

    found = await read(client, rows)

    assert not isinstance(found, Unknown)
    assert [one.path for one in found] == [f"{at}.py" for at in range(250)]
    assert client.calls == [f"GET /repos/acme/orders/pulls/{NUMBER}/files"] * 3 + ["Heads"]


async def test_a_push_between_the_pages_is_stale() -> None:
    rows = [row(f"{at}.py") for at in range(150)]

    with pytest.raises(Stale, match="moved"):
        await read(serving(rows, Heads=heads(base=OLD)), rows)


async def test_sums_that_do_not_fit_lead_to_githubs_count_of_every_file() -> None:
    rows = [row(f"{at}.py") for at in range(102)]

    def answer(params: Mapping[str, str]) -> list[dict[str, Any]]:
        page = paged(rows)(params)
        small = int(params["per_page"]) <= 10
        return [one if small or one is not rows[101] else silent(one) for one in page]

    counts = [{"path": f"{at}.py", "additions": 1, "deletions": 0} for at in range(100, 102)]
    more = {"repository": {"pullRequest": {"files": connection(*counts)}}}
    client = FakeClient(rest={FILES: answer}, graph={"Heads": heads(), "MoreFiles": more})
    first = connection(
        *({"path": f"{at}.py", "additions": 1, "deletions": 0} for at in range(100)), after="c"
    )

    found = await read(client, rows, files=first)

    assert not isinstance(found, Unknown)
    assert found[101].added == (Line(number=1, text="one"),)


async def test_a_count_of_every_file_that_goes_round_and_round_is_unknown() -> None:
    rows = [row(f"{at}.py") for at in range(102)]
    shown = [silent(one) for one in rows]
    counts = [{"path": f"{at}.py", "additions": 1, "deletions": 0} for at in range(100)]
    round_ = connection(*counts, after="c")
    more = {"repository": {"pullRequest": {"files": round_}}}

    found = await read(serving(shown, Heads=heads(), MoreFiles=more), rows, files=round_)

    assert found == Unknown("GitHub's list of the changed files has no end")


async def test_without_githubs_counts_only_sums_that_agree_are_believed() -> None:
    rows = [row("a.py")]

    assert not isinstance(await read(serving(rows), rows, files=None), Unknown)
    assert await read(serving([silent(rows[0])]), rows, files=None) == HIDDEN


async def test_a_page_of_very_many_lines_is_suspect_where_it_has_no_patch() -> None:
    long = row("long.py", "@@ -0,0 +1,15001 @@" + "\n+x" * 15_001)
    rows = [long, row("quiet.py", None, additions=1)]

    def answer(params: Mapping[str, str]) -> list[dict[str, Any]]:
        shown = [long, row("quiet.py")] if params["per_page"] == "1" else rows
        return paged(shown)(params)

    found = await read(FakeClient(rest={FILES: answer}), rows)

    assert not isinstance(found, Unknown)
    assert found[1].added == (Line(number=1, text="one"),)


def test_the_cache_keeps_whole_lists_only_and_is_bounded_by_lines() -> None:
    cache, subject = FilesCache(FakeClock().monotonic, lines=12), Subject(7, 1)
    two = ChangedFile(path="a", change=Change.ADDED, added=(Line(number=1, text="x"),) * 2)
    small = Kept(head=HEAD, base=BASE, changes=())

    cache.put(subject, small)
    assert cache.get(subject) == small
    cache.put(subject, Kept(head=HEAD, base=BASE, changes=(two,)))
    assert cache.get(subject) is None
    cache.put(subject, small)
    cache.put(subject, Kept(head=HEAD, base=BASE, changes=HIDDEN))
    assert cache.get(subject) is None


@pytest.mark.parametrize("by_content", [True, False])
def test_what_github_may_show_next_time_is_kept_for_minutes(by_content: bool) -> None:
    clock, subject = FakeClock(), Subject(7, 1)
    cache = FilesCache(clock.monotonic)
    unknown = Unknown("not now", by_content=by_content)
    file = ChangedFile(path="a", change=Change.MODIFIED, added=unknown, removed=())
    for kept in (
        Kept(head=HEAD, base=BASE, changes=(file,)),
        Kept(head=HEAD, base=BASE, changes=(), proposed=unknown),
    ):
        cache.put(subject, kept)
        assert cache.get(subject) == kept
        clock.advance(UNTOLD_FOR)
        assert (cache.get(subject) == kept) is by_content


def test_an_error_spoils_what_is_at_above_and_below_its_path() -> None:
    look = Look({}, (error("repository", "pullRequest", "files", "nodes", 3),))

    assert look.error("repository", "pullRequest", "files") is not None
    assert look.error("repository") is not None
    assert look.error("repository", "pullRequest", "labels") is None
    assert Look({}, (error(),)).error("organisation") is not None


async def test_a_head_that_is_not_shown_is_asked_for_again() -> None:
    shown = {"repository": {"pullRequest": {"headRefOid": HEAD, "head": {"nodes": [None]}}}}

    with pytest.raises(Stale):
        await head_texts(place(FakeClient(graph={"HeadFiles": shown})), HEAD, {"a": OLD})


async def test_a_blob_in_odd_letters_is_not_known() -> None:
    node = {"oid": OLD, "byteSize": 3, "isBinary": False, "text": None}
    commit = {"oid": HEAD, "f0": {"object": node}}
    head = {"nodes": [{"commit": commit}]}
    shown = {"repository": {"pullRequest": {"headRefOid": HEAD, "head": head}}}
    client = FakeClient(rest={f"GET git/blobs/{OLD}": {"content": "é"}}, graph={"HeadFiles": shown})

    assert isinstance((await head_texts(place(client), HEAD, {"a": OLD}))["a"], Unknown)
