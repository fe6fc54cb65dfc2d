"""Contents at both sides: the base is the head with the change taken back wherever it can be."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from bot.github.blobs import git_id
from bot.github.contents import files_of, texts_of
from bot.github.needs import Trees
from bot.model.area import Area
from bot.model.facts import Change, ChangedFile, Commits, Facts
from bot.model.known import Unknown
from bot.model.reading import Side
from bot.readers.diff import diff_texts
from tests.github.double import BASE, HEAD, OLD, FakeClient, place
from tests.support.pulls import pull

MERGE_BASE = f"GET compare/{BASE}...{HEAD}"
NEW, BEFORE = "one\ntwo\nthree\n", "one\n2\nthree\n"


def file(path: str = "a.py", before: str = BEFORE, after: str = NEW, **known: Any) -> ChangedFile:
    added, removed = diff_texts(before, after)
    one = ChangedFile(
        path=path,
        change=Change.MODIFIED if before and after else Change.ADDED,
        head_blob=git_id(after.encode()) if after else None,
        added=added,
        removed=removed,
    )
    return replace(one, **known)


def facts(*files: ChangedFile) -> Facts:
    return replace(pull(*files), head_sha=HEAD, base_sha=BASE)


def serving(heads: dict[str, str], bases: dict[str, str] | None = None) -> FakeClient:
    def at_head(asked: Any) -> dict[str, Any]:
        wanted = [asked[key] for key in sorted(asked) if key.startswith("p")]
        entries = {f"f{at}": {"object": as_blob(heads[path])} for at, path in enumerate(wanted)}
        commit = {"commit": {"oid": HEAD} | entries}
        return {"repository": {"pullRequest": {"headRefOid": HEAD, "head": {"nodes": [commit]}}}}

    def at_base(asked: Any) -> dict[str, Any]:
        wanted = [asked[key] for key in sorted(asked) if key.startswith("e")]
        known = {f"{OLD}:{path}": text for path, text in (bases or {}).items()}
        return {"repository": {f"f{at}": as_blob(known.get(one)) for at, one in enumerate(wanted)}}

    client = FakeClient()
    client.graph |= {"HeadFiles": at_head, "BaseFiles": at_base}
    client.rest[MERGE_BASE] = {"merge_base_commit": {"sha": OLD}}
    return client


def as_blob(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    body = text.encode()
    return {"oid": git_id(body), "byteSize": len(body), "isBinary": False, "text": text}


async def read(client: FakeClient, known: Facts, *places: tuple[Side, str]) -> list[Any]:
    found = await texts_of(place(client), known, places, Trees(), {})
    return [found[one] for one in places]


async def test_both_sides_of_a_change_cost_one_query() -> None:
    client = serving({"a.py": NEW})

    found = await read(client, facts(file()), (Side.HEAD, "a.py"), (Side.BASE, "a.py"))

    assert found == [NEW.encode(), BEFORE.encode()]
    assert client.calls == ["HeadFiles"]


async def test_the_base_of_a_removed_file_is_read_at_the_merge_base() -> None:
    client = serving({}, {"a.py": BEFORE})
    gone = file(after="", change=Change.REMOVED)

    assert await read(client, facts(gone), (Side.BASE, "a.py")) == [BEFORE.encode()]
    assert client.calls[-1] == "BaseFiles"


async def test_a_diff_that_does_not_fit_is_not_taken_back() -> None:
    client = serving({"a.py": NEW}, {"a.py": BEFORE})
    strange = file(added=file(after="other\n").added)

    assert await read(client, facts(strange), (Side.BASE, "a.py")) == [BEFORE.encode()]
    assert "BaseFiles" in client.calls


async def test_the_old_name_of_a_renamed_file_is_its_base() -> None:
    client = serving({"b.py": NEW})
    renamed = file("b.py", change=Change.RENAMED, previous_path="a.py")

    found = await read(client, facts(renamed), (Side.BASE, "a.py"))

    assert found == [BEFORE.encode()]


async def test_a_base_that_github_does_not_show_is_unknown() -> None:
    client = serving({})
    client.rest.pop(MERGE_BASE)
    gone = file(after="", change=Change.REMOVED)

    (found,) = await read(client, facts(gone), (Side.BASE, "a.py"))

    assert isinstance(found, Unknown)
    assert found.reason.startswith("GitHub does not tell the merge base")


async def test_unchanged_files_are_found_through_the_tree() -> None:
    client = serving({"c.py": "c\n"})
    tree = [
        {"path": "c.py", "type": "blob", "sha": git_id(b"c\n"), "mode": "100644"},
        {"path": "l.py", "type": "blob", "sha": "1", "mode": "120000"},
        {"path": "d.md", "type": "blob", "sha": "2", "mode": "100644"},
    ]
    client.rest[f"GET git/trees/{HEAD}"] = {"truncated": False, "tree": tree}
    python, trees = Area("python", ("*.py",)), Trees()

    listed = await files_of(place(client), facts(file()), python, trees)
    found = await texts_of(place(client), facts(file()), [(Side.HEAD, "c.py")], trees, {})

    assert listed == {"c.py": git_id(b"c\n")}
    assert found == {(Side.HEAD, "c.py"): b"c\n"}
    assert client.calls == [f"GET /repos/acme/orders/git/trees/{HEAD}", "HeadFiles"]


TIP = f"GET compare/main...{HEAD}"


async def test_the_tip_is_the_branch_as_it_is_now_not_the_base_that_is_named() -> None:
    client = serving({}, {"c.py": "c\n"})
    client.rest[TIP] = {"base_commit": {"sha": OLD}}
    tree = [{"path": "c.py", "type": "blob", "sha": git_id(b"c\n"), "mode": "100644"}]
    client.rest[f"GET git/trees/{OLD}"] = {"truncated": False, "tree": tree}
    python, trees = Area("python", ("*.py",)), Trees()

    listed = await files_of(place(client), facts(file()), python, trees, Side.TIP)
    found = await texts_of(place(client), facts(file()), [(Side.TIP, "c.py")], trees, {})

    assert listed == {"c.py": git_id(b"c\n")}
    assert found == {(Side.TIP, "c.py"): b"c\n"}


async def test_a_branch_that_github_does_not_show_is_unknown() -> None:
    client = serving({})

    listed = await files_of(place(client), facts(), Area("all", ("**",)), Trees(), Side.TIP)

    assert isinstance(listed, Unknown)
    assert listed.reason.startswith("GitHub does not tell where main is")


async def test_where_the_files_are_unknown_so_are_their_contents() -> None:
    why = Unknown("too many files")

    assert await read(FakeClient(), replace(facts(), changes=why), (Side.HEAD, "a.py")) == [why]


# ── what single commits changed ───────────────────────────────────────────────────────────────

FIRST, MERGE, WIDE, LOST = "1" * 40, "2" * 40, "3" * 40, "4" * 40
ROW = {"status": "modified", "sha": "5" * 40, "additions": 1, "deletions": 1}
COMMIT_ROWS = [
    {**ROW, "filename": "a.py", "patch": "@@ -1 +1 @@\n-old\n+new"},
    {**ROW, "filename": "logo.png", "additions": 0, "deletions": 0},
    {**ROW, "filename": "go.sum", "additions": 9_000},
]


def with_commits() -> FakeClient:
    client = serving({})
    client.rest |= {
        f"GET commits/{FIRST}": {"parents": [{}], "files": COMMIT_ROWS},
        f"GET commits/{MERGE}": {"parents": [{}, {}], "files": COMMIT_ROWS},
        f"GET commits/{WIDE}": {
            "parents": [{}],
            "files": [{**COMMIT_ROWS[2], "filename": "a.sql"}],
        },
        f"GET commits/{LOST}": {"files": None},
    }
    return client


async def test_the_lines_of_a_commit_are_read_and_a_merge_brings_none() -> None:
    places = [(Side.PAST, sha) for sha in (FIRST, MERGE, WIDE, LOST, "6" * 40)]

    first, merge, *rest = await read(with_commits(), facts(file()), *places)

    assert json.loads(first) == [["a.py", "new", "old"]]
    assert json.loads(merge) == []
    assert all(isinstance(one, Unknown) for one in rest)


async def test_only_several_commits_are_a_past() -> None:
    def listed(commits: Any) -> Any:
        known = replace(facts(file()), commits=commits)
        return files_of(place(FakeClient()), known, Area("all", ("**",)), Trees(), Side.PAST)

    shas = tuple(f"{number:040}" for number in range(60))

    assert await listed(Commits(shas=shas[:1], contributors=frozenset())) == {}
    assert list(await listed(Commits(shas=shas, contributors=frozenset()))) == list(shas[10:])
    assert isinstance(await listed(Unknown("not shown")), Unknown)


async def test_a_content_that_github_does_not_have_is_asked_for_once() -> None:
    client, absent = serving({"a.py": NEW}), dict[tuple[int, str], bool]()
    client.graph["HeadFiles"] = lambda asked: {
        "repository": {
            "pullRequest": {
                "headRefOid": HEAD,
                "head": {"nodes": [{"commit": {"oid": HEAD, "f0": None}}]},
            }
        }
    }
    known = facts(file(change=Change.ADDED))

    twice = [
        await texts_of(place(client), known, [(Side.HEAD, "a.py")], Trees(), absent)
        for _ in range(2)
    ]

    assert twice[0] == twice[1]
    assert isinstance(twice[0][Side.HEAD, "a.py"], Unknown)
    assert client.calls == ["HeadFiles"]
