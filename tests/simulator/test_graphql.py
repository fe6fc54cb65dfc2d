"""GraphQL: fragments, pages, prices, errors beside data."""

from __future__ import annotations

import pytest

from bot.github.queries import documents, head_files
from bot.simulator.acme import Acme
from bot.simulator.git import Files
from bot.simulator.gql_parse import BadDocument, parse
from bot.simulator.gql_run import Reading, points, price
from bot.simulator.graphql import SCHEMA
from bot.simulator.server import Simulator
from bot.simulator.things import Json, Pull
from tests.simulator.conftest import Hub

PULL = """query($number: Int!) { repository(owner: "acme", name: "orders-api") {
  pullRequest(number: $number) { %s } } }"""


@pytest.fixture
def pull(sim: Simulator, at: Acme) -> Pull:
    body = "Closes #1"
    sim.world.issue(at.repo, "A wish")
    return sim.world.open_pull_request(
        at.repo, at["ana"], body=body, files={"app/x.py": "a\n"}, labels=("api",)
    )


async def of_pull(hub: Hub, pull: Pull, fields: str) -> Json:
    answer = await hub.ask(PULL % fields, number=pull.number)
    assert "errors" not in answer, answer
    found: Json = answer["data"]["repository"]["pullRequest"]
    return found


@pytest.mark.parametrize("text", documents(), ids=lambda text: text.split("(")[0].split()[-1])
async def test_every_document_of_the_bot_is_known_and_cheap(text: str) -> None:
    document = parse(text)
    reading = Reading(SCHEMA, document, {})
    operation = document.operations[0]
    reading.check(operation.kind.title(), operation.inside, [])

    assert reading.errors == []
    assert points(price(reading, operation.inside, 1)[0]) <= 3


async def test_comments_on_lines_are_threads(
    sim: Simulator, at: Acme, hub: Hub, pull: Pull
) -> None:
    first = sim.world.comment_line(pull, at["ben"], "app/x.py", "Why?")
    sim.world.comment_line(pull, at["kim"], "app/x.py", "And here?").resolved = True
    sim.world.comment_line(pull, at["ana"], "app/x.py", "Because.", answers=first)
    found = await of_pull(
        hub,
        pull,
        """reviewThreads(first: 9) { totalCount nodes {
             id isResolved path
             comments(last: 1) { totalCount nodes { author { login } } } } }""",
    )

    nodes = found["reviewThreads"]["nodes"]
    assert [(one["isResolved"], one["path"]) for one in nodes] == [
        (False, "app/x.py"),
        (True, "app/x.py"),
    ]
    assert len({one["id"] for one in nodes}) == 2
    assert [one["comments"] for one in nodes] == [
        {"totalCount": 2, "nodes": [{"author": {"login": "ana"}}]},
        {"totalCount": 1, "nodes": [{"author": {"login": "kim"}}]},
    ]


async def test_people_reviews_and_timeline_are_read(
    sim: Simulator, at: Acme, hub: Hub, pull: Pull
) -> None:
    world = sim.world
    world.review(pull, at["ben"], "approve")
    world.review(pull, at["ben"], "comment", "by the way")
    world.dismiss_review(world.review(pull, at["kim"], "request_changes"), at["maria"])
    world.request_review(pull, at["ana"], at["sam"])
    world.request_review(pull, at["ana"], at.org.teams["qa"])
    world.push(pull, at["ana"], {"app/x.py": "b\n"}, force=True)
    world.edit_body(pull, at["ben"], "Closes #1, edited")
    found = await of_pull(
        hub,
        pull,
        """latestOpinionatedReviews(first: 9) { nodes {
             state author { login } authorCanPushToRepository commit { oid } } }
           reviewRequests(first: 9) { nodes { requestedReviewer {
             __typename ... on User { login } ... on Team { slug } } } }
           timelineItems(last: 9, itemTypes: [HEAD_REF_FORCE_PUSHED_EVENT]) { nodes {
             __typename ... on HeadRefForcePushedEvent { afterCommit { oid } } } }
           userContentEdits(last: 20) { totalCount nodes { editor { login } } }
           closingIssuesReferences(first: 20) { nodes { number title } } reviewDecision""",
    )
    first = world.commits_of(pull, pull.previous_head)[0].sha

    assert found == {
        "latestOpinionatedReviews": {
            "nodes": [
                {
                    "state": "APPROVED",
                    "author": {"login": "ben"},
                    "authorCanPushToRepository": True,
                    "commit": {"oid": first},
                },
                {
                    "state": "DISMISSED",
                    "author": {"login": "kim"},
                    "authorCanPushToRepository": False,
                    "commit": {"oid": first},
                },
            ]
        },
        "reviewRequests": {
            "nodes": [
                {"requestedReviewer": {"__typename": "User", "login": "sam"}},
                {"requestedReviewer": {"__typename": "Team", "slug": "qa"}},
            ]
        },
        "timelineItems": {
            "nodes": [
                {"__typename": "HeadRefForcePushedEvent", "afterCommit": {"oid": pull.head_sha}}
            ]
        },
        "userContentEdits": {
            "totalCount": 2,
            "nodes": [{"editor": {"login": "ben"}}, {"editor": {"login": "ana"}}],
        },
        "closingIssuesReferences": {"nodes": [{"number": 1, "title": "A wish"}]},
        "reviewDecision": "APPROVED",
    }


async def test_pages_follow_their_cursors_both_ways(
    sim: Simulator, at: Acme, hub: Hub, pull: Pull
) -> None:
    for name in ("b", "c"):
        sim.world.push(pull, at["ana"], {name: "1\n"}, message=name)
    fields = "commits(%s) { totalCount pageInfo { hasNextPage endCursor hasPreviousPage } nodes { \
      commit { message } } }"
    first = (await of_pull(hub, pull, fields % "first: 2"))["commits"]
    after = f'first: 2, after: "{first["pageInfo"]["endCursor"]}"'
    second = (await of_pull(hub, pull, fields % after))["commits"]

    assert [len(one["nodes"]) for one in (first, second)] == [2, 1]
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)
    assert second["pageInfo"]["hasPreviousPage"] is True
    assert second["nodes"][0]["commit"]["message"] == "c"


async def test_merge_queue_entries_stand_on_each_other(
    sim: Simulator, at: Acme, hub: Hub, pull: Pull
) -> None:
    other = sim.world.open_pull_request(at.repo, at["ben"], files={"y": "1\n"})
    entry = sim.world.enqueue([pull, other], at["maria"])
    answer = await hub.ask(
        """{ repository(owner: "acme", name: "orders-api") { mergeQueue(branch: "main") {
             entries(first: 9) { nodes { position baseCommit { oid } headCommit { oid }
             pullRequest { number headRefOid } } } } } }"""
    )
    nodes = answer["data"]["repository"]["mergeQueue"]["entries"]["nodes"]

    assert [one["pullRequest"]["number"] for one in nodes] == [pull.number, other.number]
    assert nodes[0]["baseCommit"]["oid"] == at.repo.tip.sha == entry.base_sha
    assert nodes[1]["baseCommit"] == nodes[0]["headCommit"]
    assert nodes[1]["headCommit"]["oid"] == entry.group_sha


async def test_reactions_and_hiding_are_mutations(
    sim: Simulator, at: Acme, hub: Hub, pull: Pull
) -> None:
    said = sim.world.comment(pull, at["ana"], "/handoff ack")
    react = "mutation($id: ID!) { %s(input: {subjectId: $id, content: EYES}) { reaction \
      { content } } }"
    hide = "mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: SPAM}) \
      { minimizedComment { isMinimized minimizedReason } } }"
    for _ in range(2):
        await hub.ask(react % "addReaction", id=said.node_id)
    kept = [one.content for one in said.reactions]
    await hub.ask(react % "removeReaction", id=said.node_id)
    hidden = await hub.ask(hide, id=said.node_id)
    lost = await hub.ask(react % "addReaction", id="IC_none")

    assert (kept, said.reactions) == (["eyes"], [])
    assert hidden["data"]["minimizeComment"]["minimizedComment"] == {
        "isMinimized": True,
        "minimizedReason": "spam",
    }
    assert lost["errors"][0]["type"] == "NOT_FOUND"
    assert lost["data"] == {"addReaction": None}


async def test_blobs_tell_what_cannot_be_shown(
    sim: Simulator, at: Acme, hub: Hub, pull: Pull
) -> None:
    files: Files = {"bin": b"a\0b", "latin": "ä".encode("latin-1"), "big": "x" * 20}
    sim.world.push(pull, at["ana"], files)
    sim.quirks.blob_text_cap = 10
    blob = "object { ... on Blob { isBinary isTruncated text byteSize } }"
    names = ("bin", "latin", "big", "no")
    commit = " ".join(f'{name}: file(path: "{name}") {{ {blob} }}' for name in names)
    found = await of_pull(hub, pull, f"commits(last: 1) {{ nodes {{ commit {{ {commit} }} }} }}")
    at_head = found["commits"]["nodes"][0]["commit"]

    assert {name: one and tuple(one["object"].values()) for name, one in at_head.items()} == {
        "bin": (True, False, None, 3),
        "latin": (None, False, None, 1),
        "big": (False, True, "x" * 10, 20),
        "no": None,
    }


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ viewer { login nme } }", "Field 'nme' doesn't exist on type 'User'"),
        ('{ node(id: "x", z: 1) { id } }', "Field 'node' doesn't accept argument 'z'"),
        ("{ viewer }", "Field must have selections (field 'viewer' returns User but has no"),
        ("{ ...Gone }", "Fragment Gone was used, but not defined"),
        ("{ viewer { ... on Nobody { id } } }", "No such type Nobody, so it can't be a fragment"),
        ("query($a: ID!) { node(id: $a) { id } }", "Variable $a of type ID! was provided invalid"),
        ("{ viewer { login }", "Parse error: unexpected end of file"),
        ("subscription { x }", 'Parse error on "subscription"'),
        ("{ a ? }", 'Parse error on "?"'),
    ],
)
async def test_a_wrong_document_is_refused_as_a_whole(hub: Hub, query: str, message: str) -> None:
    answer = await hub.ask(query)

    assert "data" not in answer
    assert answer["errors"][0]["message"].startswith(message)


async def test_missing_things_are_errors_beside_the_data(hub: Hub) -> None:
    answer = await hub.ask(
        """{ gone: repository(owner: "acme", name: ".github") { id }
             here: repository(owner: "acme", name: "orders-api") { name
               pullRequest(number: 99) { id } labels: pullRequests { nodes { id } }
               pullRequests(first: 101) { nodes { id } } } }"""
    )
    said = {tuple(one["path"]): one["type"] for one in answer["errors"]}

    assert answer["data"]["gone"] is None
    assert answer["data"]["here"]["name"] == "orders-api"
    assert said == {
        ("gone",): "NOT_FOUND",
        ("here", "pullRequest"): "NOT_FOUND",
        ("here", "labels"): "MISSING_PAGINATION_BOUNDARIES",
        ("here", "pullRequests"): "EXCESSIVE_PAGINATION",
    }


async def test_include_skip_aliases_and_typenames_are_understood(hub: Hub) -> None:
    answer = await hub.ask(
        """query($yes: Boolean!) { me: viewer { __typename login @include(if: $yes) ...Id }
             viewer @skip(if: $yes) { login } }
           fragment Id on User { databaseId @skip(if: true) ... { url } }""",
        yes=True,
    )

    assert answer["data"] == {
        "me": {
            "__typename": "User",
            "login": "handoff",
            "url": f"{hub.sim.api_url}/handoff[bot]",
        }
    }


@pytest.mark.parametrize(
    ("query", "requests", "nodes"),
    [
        # The two examples in GitHub's own documentation.
        (
            """{ viewer { repositories(first: 100) { edges { node { id
                 issues(first: 50) { edges { node { id
                   labels(first: 60) { edges { node { id name } } } } } } } } } } }""",
            5101,
            305_100,
        ),
        (
            """{ viewer {
                 repositories(first: 50) { edges { repository: node { name
                   pullRequests(first: 20) { edges { pullRequest: node { title
                     comments(first: 10) { edges { comment: node { bodyHTML } } } } } }
                   issues(first: 20) { totalCount edges { issue: node { title bodyHTML
                     comments(first: 10) { edges { comment: node { bodyHTML } } } } } } } } }
                 followers(first: 10) { edges { follower: node { login } } } } }""",
            2_102,
            22_060,
        ),
    ],
)
def test_prices_follow_the_published_formula(query: str, requests: int, nodes: int) -> None:
    document = parse(query)
    reading = Reading(SCHEMA, document, {})

    assert price(reading, document.operations[0].inside, 1) == (requests, nodes)
    assert points(5101) == 51


def test_strings_numbers_lists_and_objects_are_values() -> None:
    text = '{ a(s: "q\\"\\u0041", b: """x "y" """, n: -1.5, l: [1, X], o: {k: null}, t: true) }'
    field = parse(text).operations[0].inside[0]

    assert getattr(field, "args", None) == {
        "s": 'q"A',
        "b": 'x "y"',
        "n": -1.5,
        "l": [1, "X"],
        "o": {"k": None},
        "t": True,
    }


@pytest.mark.parametrize("text", ["{ }", "{ a(b: ) }", "{ a(b: $) }", '{ a(b: "x) }', "query {"])
def test_what_is_no_graphql_is_refused(text: str) -> None:
    with pytest.raises(BadDocument):
        parse(text)


async def test_fork_files_are_read_through_the_pull_request(
    sim: Simulator, at: Acme, hub: Hub
) -> None:
    pull = sim.world.open_pull_request(at.repo, at["kim"], fork=True, files={"k": "1\n"})
    oid = at.repo.objects.commits[pull.head_sha].files["k"].oid
    through = await hub.ask(
        head_files(1), owner="acme", name="orders-api", number=pull.number, p0="k"
    )
    direct = 'query { repository(owner: "acme", name: "orders-api") { object(oid: "%s") { oid } } }'
    hidden = await hub.ask(direct % oid)
    sim.quirks.fork_objects_hidden = False
    shown = await hub.ask(direct % oid)
    commit = through["data"]["repository"]["pullRequest"]["head"]["nodes"][0]["commit"]

    assert commit["f0"]["oid"] == oid
    assert hidden["data"]["repository"]["object"] is None
    assert shown["data"]["repository"]["object"] == {"oid": oid}
