from __future__ import annotations

import asyncio
import gzip
from contextvars import copy_context
from typing import Any

import pytest

from bot.errors import (
    Denied,
    Gone,
    Invalid,
    Limited,
    Refused,
    Suspended,
    TooLarge,
    Transient,
)
from bot.github.addresses import api_root, graphql_url, is_enterprise, web_url
from bot.github.client import GitHub, GitHubSettings, GraphAnswer, GraphError
from bot.github.transport import HeavyQuery, route_of
from bot.github.wire import BODIES, BODY_CAP, USER_AGENT
from bot.model.wake import Lane
from tests.github.little import REPO, REPO_ID, Bench, Reply, Seen, door, pem, reply
from tests.support.clock import until

CHECKS = f"{REPO}/check-runs"
COMMENTS = f"{REPO}/issues/5/comments"
QUERY = "query HandoffX { viewer { login } }"
NEVER = "http://elsewhere.invalid/x"
TAG = {"ETag": '"one"'}


async def ask(bench: Bench, query: str = QUERY) -> GraphAnswer:
    return await bench.client.graphql(query, {"a": 1}, repo_id=REPO_ID)


async def write(bench: Bench, path: str = CHECKS, **more: Any) -> Any:
    answer = await bench.client.send("POST", path, {"name": "x"}, repo_id=REPO_ID, **more)
    return answer.data


async def test_every_request_says_who_it_is_what_it_wants_and_in_which_version(
    bench: Bench,
) -> None:
    bench.server.on(f"GET {REPO}", reply(200, {"id": 7}))

    answer = await bench.client.get(REPO, params={"a": "b c"}, repo_id=REPO_ID)

    seen = bench.server.seen[-1]
    assert (answer.status, answer.data, seen.query) == (200, {"id": 7}, "a=b c")
    assert seen.headers["User-Agent"] == USER_AGENT
    assert seen.headers["Accept"] == "application/vnd.github+json"
    assert seen.headers["X-GitHub-Api-Version"] == "2022-11-28"


async def test_metrics_hear_of_routes_and_never_of_names(bench: Bench) -> None:
    bench.server.on(f"GET {REPO}/pulls/5/files", reply(200, []))
    bench.server.on("POST /graphql", reply(200, {"data": {}}))
    await bench.get(f"{REPO}/pulls/5/files")
    await ask(bench)

    assert [one[:2] for one in bench.calls] == [
        ("POST /app/installations/*/access_tokens", 201),
        ("GET /repos/*/*/pulls/*/files", 200),
        ("graphql HandoffX", 200),
    ]


@pytest.mark.parametrize(
    ("url", "route"),
    [
        ("/repos/pulls/files/pulls/9", "/repos/*/*/pulls/*"),
        ("https://h/api/v3/repositories/8/check-runs?page=2", "/repositories/*/check-runs"),
        ("/repos/o/r/contents/a/secret.txt", "/repos/*/*/contents/*/*"),
        ("/", "/*"),
    ],
)
def test_a_route_keeps_only_words_of_the_api(url: str, route: str) -> None:
    assert route_of(url) == route


async def test_reads_are_tried_three_times_more(bench: Bench) -> None:
    bench.server.on(f"GET {REPO}", reply(500), reply(503), Reply(raw=b"{"), reply(200, {"a": 1}))

    assert await bench.get() == {"a": 1}
    assert bench.clock.slept == [0.5, 1.0, 2.0]


async def test_what_was_answered_is_in_no_context_for_later_timers_to_keep(bench: Bench) -> None:
    bench.server.on(f"GET {REPO}", reply(200, {"a": 1}))
    before = dict(copy_context())

    await bench.get()

    assert dict(copy_context()) == before


async def test_then_the_trouble_is_passed_on(bench: Bench) -> None:
    bench.server.on(f"GET {REPO}", reply(500))

    with pytest.raises(Transient, match="GitHub answered 500") as broken:
        await bench.get()

    assert bench.server.lines() == [f"GET {REPO}"] * 4
    assert broken.value.sent is False


async def test_nothing_is_tried_again_after_half_a_minute(bench: Bench) -> None:
    async def slow(seen: Seen) -> Reply:
        bench.clock.advance(15)
        return reply(500)

    bench.server.script[f"GET {REPO}"] = slow
    with pytest.raises(Transient):
        await bench.get()

    assert bench.server.lines() == [f"GET {REPO}"] * 2


@pytest.mark.parametrize(
    "lost", [reply(500), reply(502), Reply(cut=True), Reply(raw=b"<html>"), Reply(raw=b"{")]
)
async def test_a_write_whose_answer_is_lost_is_not_repeated(bench: Bench, lost: Reply) -> None:
    bench.server.on(f"POST {CHECKS}", lost)

    with pytest.raises(Transient) as broken:
        await write(bench)

    assert broken.value.sent is True
    assert bench.server.lines() == [f"POST {CHECKS}"]


async def test_a_write_that_may_be_repeated_is(bench: Bench) -> None:
    bench.server.on(f"POST {CHECKS}", reply(500), reply(201, {"id": 3}))

    assert await write(bench, repeatable=True) == {"id": 3}


async def test_a_server_that_is_not_there_was_not_sent_anything(bench: Bench) -> None:
    gone = GitHubSettings(api_url="http://127.0.0.1:1", app_id="1", private_keys=(pem(),))
    async with GitHub(gone, bench.clock, jitter=lambda: 0.5) as github:
        with pytest.raises(Transient, match="cannot be reached") as broken:
            await github.app().send("POST", "/x", {})

    assert broken.value.sent is False


async def test_html_with_a_good_status_is_no_answer(bench: Bench) -> None:
    page = Reply(raw=b"<html>", headers={"Content-Type": "text/html"})
    bench.server.on(f"GET {REPO}", page, reply(200, {}))

    assert await bench.get() == {}


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (reply(404, {"message": "Not Found"}), Gone),
        (reply(422, {"message": "no"}), Invalid),
        (reply(403, {"message": "Resource not accessible by integration"}), Denied),
        (reply(406, {"message": "too_large"}), TooLarge),
        (reply(403, {"message": "This installation has been suspended"}), Suspended),
        (reply(403, {"message": "secondary rate limit"}), Limited),
    ],
)
async def test_a_refusal_is_told_once_and_with_its_route(
    bench: Bench, answer: Reply, trouble: type[Exception]
) -> None:
    bench.server.on(f"GET {REPO}", answer)

    with pytest.raises(trouble, match=r"GET /repos/\*/\*: "):
        await bench.get()

    assert bench.server.lines() == [f"GET {REPO}"]


async def test_a_denial_names_the_permissions_that_would_do(bench: Bench) -> None:
    denied = reply(403, {"message": "no"}, X_Accepted_GitHub_Permissions="checks=write")
    bench.server.on(f"POST {CHECKS}", denied)

    with pytest.raises(Denied) as refused:
        await write(bench)

    assert refused.value.accepted == "checks=write"


async def test_a_suspension_drops_the_token_and_what_was_read(bench: Bench) -> None:
    words = {"message": "This installation has been suspended"}
    bench.server.on(f"GET {REPO}", Reply(data={}, headers=TAG), reply(403, words), reply(200, {}))
    await bench.get()
    with pytest.raises(Suspended):
        await bench.get()
    await bench.get()

    assert bench.server.minted == 2
    assert "If-None-Match" not in bench.server.seen[-1].headers


async def test_a_body_beyond_the_cap_is_refused_however_it_is_packed(bench: Bench) -> None:
    bomb = gzip.compress(b" " * (BODY_CAP + 1), compresslevel=1)
    packed = Reply(raw=bomb, headers={"Content-Encoding": "gzip"})
    small = Reply(raw=gzip.compress(b'{"a": 1}'), headers={"Content-Encoding": "gzip"})
    bench.server.on(f"GET {REPO}", packed, small)

    with pytest.raises(TooLarge):
        await bench.get()
    assert await bench.get() == {"a": 1}


async def test_an_unchanged_answer_is_taken_from_what_was_read_and_nobody_can_alter_it(
    bench: Bench,
) -> None:
    bench.server.on(f"GET {REPO}", Reply(data={"a": [1]}, headers=TAG), Reply(status=304))
    first = await bench.get()
    first["a"].append(2)

    assert await bench.get() == {"a": [1]}
    assert bench.server.seen[-1].headers["If-None-Match"] == '"one"'


async def test_a_changed_answer_replaces_what_was_read(bench: Bench) -> None:
    new = Reply(data={"a": 2}, headers={"ETag": '"two"'})
    bench.server.on(f"GET {REPO}", Reply(data={"a": 1}, headers=TAG), new, Reply(status=304))

    assert [(await bench.get())["a"] for _ in range(3)] == [1, 2, 2]


async def test_two_installations_never_share_what_was_read(bench: Bench) -> None:
    bench.server.on(f"GET {REPO}", Reply(data={"a": 1}, headers=TAG))
    await bench.get()
    await bench.github.installation(43).get(REPO, repo_id=REPO_ID)

    assert "If-None-Match" not in bench.server.seen[-1].headers


async def test_what_is_kept_of_answers_does_not_grow_with_the_installations(
    bench: Bench,
) -> None:
    text = Reply(raw=b'"' + b"x" * (BODIES // 6) + b'"', headers=TAG)
    bench.server.on(f"GET {REPO}", text)
    for one in range(43, 55):
        await bench.github.installation(one).get(REPO, repo_id=REPO_ID)
    bench.server.on(f"GET {REPO}", Reply(status=304))
    last = await bench.github.installation(54).get(REPO, repo_id=REPO_ID)

    assert len(last.data) == BODIES // 6
    assert 0 < bench.github.wire.bodies.currsize <= BODIES


async def test_an_installation_that_is_gone_leaves_nothing_and_the_others_stay(
    bench: Bench,
) -> None:
    bench.server.on(f"GET {REPO}", Reply(data={"a": 1}, headers=TAG))
    await bench.get()
    bench.github.keep({42, 43})
    bench.github.keep({43})
    left = [*bench.github.wire.bodies]
    await bench.get()

    assert left == []
    assert bench.server.minted == 2
    assert "If-None-Match" not in bench.server.seen[-1].headers


async def test_a_read_follows_one_redirect(bench: Bench) -> None:
    there = bench.server.url + "/repositories/7"
    bench.server.on(f"GET {REPO}", reply(301, {}, Location=there))
    bench.server.on("GET /repositories/7", reply(200, {"id": 7}))

    assert await bench.get() == {"id": 7}

    bench.server.on("GET /repositories/7", reply(302, {}, Location=there))
    with pytest.raises(Refused):
        await bench.get()


async def test_a_redirect_to_another_origin_never_gets_the_token(bench: Bench) -> None:
    for target in (NEVER, bench.server.url + ".evil.invalid/x", "//evil.invalid/x"):
        bench.server.on(f"GET {REPO}", reply(302, {}, Location=target))
        with pytest.raises(Refused):
            await bench.get()


async def test_a_write_reaches_a_renamed_repository_once_and_as_it_was(bench: Bench) -> None:
    moved = bench.server.url + "/repositories/7"
    bench.server.on(f"POST {COMMENTS}", reply(307, {}, Location=moved + "/issues/5/comments"))
    bench.server.on(f"GET {REPO}", reply(301, {}, Location=moved))
    bench.server.on("GET /repositories/7", reply(200, {"id": 7, "full_name": "acme/new"}))
    bench.server.on("POST /repos/acme/new/issues/5/comments", reply(201, {"id": 9}))

    assert await write(bench, COMMENTS, content=True) == {"id": 9}
    assert bench.server.lines() == [
        f"POST {COMMENTS}",
        f"GET {REPO}",
        "GET /repositories/7",
        "POST /repos/acme/new/issues/5/comments",
    ]
    assert bench.server.seen[-1].body == {"name": "x"}


async def test_a_write_is_not_made_in_another_repository_that_took_the_name(bench: Bench) -> None:
    bench.server.on(f"POST {COMMENTS}", reply(301, {}, Location="/x"))
    bench.server.on(f"GET {REPO}", reply(200, {"id": 8, "full_name": "acme/other"}))

    with pytest.raises(Gone, match="another repository"):
        await write(bench, COMMENTS)


async def test_a_write_that_moved_elsewhere_is_not_made(bench: Bench) -> None:
    bench.server.on("POST /orgs/acme/x", reply(307, {}, Location="/y"))

    with pytest.raises(Gone):
        await write(bench, "/orgs/acme/x")


async def test_pages_are_read_to_their_end(bench: Bench) -> None:
    link = f'<{bench.server.url}{REPO}/pulls?page=2>; rel="next", <{NEVER}>; rel="last"'
    bench.server.on(f"GET {REPO}/pulls", reply(200, [1, 2], Link=link), reply(200, [3]))

    assert await bench.client.pages(f"{REPO}/pulls", repo_id=REPO_ID) == ([1, 2, 3], True)
    assert [one.query for one in bench.server.seen[1:]] == ["per_page=100", "page=2"]


@pytest.mark.parametrize(
    ("first", "at_most", "want"),
    [
        ({"total_count": 3, "rows": [1, 2]}, 9, ([1, 2, 3], True)),
        ({"total_count": 4, "rows": [1, 2]}, 9, ([1, 2, 3], False)),
        ({"total_count": 3, "rows": [1, 2]}, 2, ([1, 2], False)),
        ({"total_count": 3, "rows": []}, 2, ([], False)),
    ],
)
async def test_a_list_that_is_not_all_there_says_so(
    bench: Bench, first: Any, at_most: int, want: Any
) -> None:
    line, link = f"{REPO}/x", f'<{bench.server.url}{REPO}/x?page=2>; rel="next"'
    second = {"total_count": first["total_count"], "rows": [3]}
    bench.server.on(f"GET {line}", reply(200, first, Link=link), reply(200, second))

    got = await bench.client.pages(line, key="rows", repo_id=REPO_ID, at_most=at_most)

    assert got == want


async def test_pages_that_lead_back_to_one_that_was_read_are_no_list(bench: Bench) -> None:
    link = f'<{bench.server.url}{REPO}/pulls?page=2>; rel="next"'
    bench.server.on(f"GET {REPO}/pulls", reply(200, [1], Link=link))

    with pytest.raises(Transient, match="no end"):
        await bench.client.pages(f"{REPO}/pulls", repo_id=REPO_ID, at_most=100_000)

    assert len(bench.server.lines()) == 2


async def test_a_next_page_at_another_origin_is_refused(bench: Bench) -> None:
    bench.server.on(f"GET {REPO}/pulls", reply(200, [1], Link=f'<{NEVER}>; rel="next"'))

    with pytest.raises(Refused, match="another server"):
        await bench.client.pages(f"{REPO}/pulls", repo_id=REPO_ID)


async def test_what_is_no_list_is_no_page(bench: Bench) -> None:
    bench.server.on(f"GET {REPO}/pulls", reply(200, {"message": "?"}))

    for key in (None, "rows"):
        with pytest.raises(Transient):
            await bench.client.pages(f"{REPO}/pulls", key=key, repo_id=REPO_ID)


async def test_errors_beside_the_data_are_part_of_the_answer(bench: Bench) -> None:
    errors = [
        {"type": "NOT_FOUND", "path": ["repository", "x", 0], "message": "a\nb"},
        {"extensions": {"code": "undefinedField"}, "message": "a secondary color", "path": ["q"]},
        "odd",
    ]
    bench.server.on("POST /graphql", reply(200, {"data": {"a": 1}, "errors": errors}))

    assert await ask(bench) == GraphAnswer(
        data={"a": 1},
        errors=(
            GraphError(type="NOT_FOUND", path=("repository", "x", 0), message="a b"),
            GraphError(type="undefinedField", path=("q",), message="a secondary color"),
        ),
    )
    assert bench.server.seen[-1].body == {"query": QUERY, "variables": {"a": 1}}


async def test_errors_without_data_are_an_answer_if_they_have_a_type(bench: Bench) -> None:
    error = {"type": "RESOURCE_LIMITS_EXCEEDED", "message": "m"}
    bench.server.on("POST /graphql", reply(200, {"data": None, "errors": [error]}))

    assert await ask(bench) == GraphAnswer(
        data={}, errors=(GraphError(type="RESOURCE_LIMITS_EXCEEDED", path=(), message="m"),)
    )


@pytest.mark.parametrize("body", [[], {}, {"errors": [{"message": "Something went wrong"}]}])
async def test_an_answer_without_data_is_asked_for_again(bench: Bench, body: Any) -> None:
    bench.server.on("POST /graphql", reply(200, body), reply(200, {"data": {}}))

    assert await ask(bench) == GraphAnswer(data={}, errors=())


async def test_a_used_up_graphql_limit_stops_queries_and_leaves_rest_alone(bench: Bench) -> None:
    reset = str(int(bench.clock.now().timestamp()) + 600)
    error = {"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}
    bench.server.on("POST /graphql", reply(200, error, X_RateLimit_Reset=reset))
    bench.server.on(f"GET {REPO}", reply(200, {}))

    for _ in range(2):
        with pytest.raises(Limited) as limited:
            await ask(bench)
        assert limited.value.resource == "graphql"
        assert limited.value.until.timestamp() == int(reset)
    await bench.get()
    assert bench.server.lines() == ["POST /graphql", f"GET {REPO}"]


async def test_a_secondary_limit_told_by_graphql_pauses(bench: Bench) -> None:
    error = {"errors": [{"message": "You have exceeded a secondary rate limit"}]}
    bench.server.on("POST /graphql", reply(200, error, Retry_After="30"))

    with pytest.raises(Limited) as limited:
        await ask(bench)

    assert (limited.value.until - bench.clock.now()).total_seconds() == 30


@pytest.mark.parametrize("status", [502, 504])
async def test_a_query_too_heavy_for_github_is_not_repeated_as_it_is(
    bench: Bench, status: int
) -> None:
    bench.server.on("POST /graphql", Reply(status=status, raw=b"<html>"))

    with pytest.raises(HeavyQuery):
        await ask(bench)

    assert bench.server.lines() == ["POST /graphql"]


async def test_a_mutation_is_not_repeated(bench: Bench) -> None:
    bench.server.on("POST /graphql", reply(502))

    with pytest.raises(Transient) as broken:
        await ask(bench, "mutation M { x }")

    assert broken.value.sent is True
    assert bench.server.lines() == ["POST /graphql"]


async def test_a_secondary_limit_lets_no_write_out_that_waited_for_its_turn(bench: Bench) -> None:
    under_way: list[asyncio.Event] = []

    async def limited(seen: Seen) -> Reply:
        under_way.append(asyncio.Event())
        await under_way[-1].wait()
        return reply(403, {"message": "secondary rate limit"}, Retry_After="60")

    bench.server.script[f"POST {CHECKS}"] = limited
    writes = asyncio.gather(*(write(bench) for _ in range(20)), return_exceptions=True)
    await until(lambda: len(under_way) == 4)
    for one in under_way:
        one.set()
    ends = await writes

    assert [type(one) for one in ends] == [Limited] * 20
    assert len(under_way) == 4
    assert {one.resource for one in ends if isinstance(one, Limited)} == {"write"}


async def test_talk_is_one_by_one_and_nobody_waits_for_the_turn(bench: Bench) -> None:
    go_on = asyncio.Event()

    async def slow(seen: Seen) -> Reply:
        await go_on.wait()
        return reply(201, {"id": 1})

    bench.server.script[f"POST {COMMENTS}"] = slow
    first = asyncio.create_task(write(bench, COMMENTS, content=True))
    await until(lambda: f"POST {COMMENTS}" in bench.server.lines())
    waits = []
    for _ in range(2):
        with pytest.raises(Limited) as limited:
            await write(bench, COMMENTS, content=True)
        waits.append((limited.value.until - bench.clock.now()).total_seconds())
        assert limited.value.resource == "content"
    go_on.set()

    assert await first == {"id": 1}
    assert waits == [1.0, 2.0]


async def test_moments_of_githubs_clock_are_told_by_ours(bench: Bench) -> None:
    bench.server.clock = ahead = type(bench.clock)()
    ahead.jump(300)
    bench.server.on(f"POST {CHECKS}", reply(403, {}, Retry_After="60"))

    with pytest.raises(Limited) as limited:
        await write(bench)

    assert (limited.value.until - bench.clock.now()).total_seconds() == 60


async def test_no_more_calls_are_under_way_than_allowed(bench: Bench) -> None:
    most = now = 0
    go_on = asyncio.Event()

    async def busy(seen: Seen) -> Reply:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await go_on.wait()
        now -= 1
        return reply(200, {})

    bench.server.script[f"GET {REPO}"] = busy
    async with door(bench.server, bench.clock, limits=False, concurrency=35) as github:
        clients = [github.installation(one) for one in (1, 2)]
        calls = [one.get(REPO, repo_id=REPO_ID) for one in clients[:1] * 40 + clients[1:] * 40]
        work = asyncio.gather(*calls)
        await until(lambda: now == 35)
        go_on.set()
        await work

    assert most == 35


async def test_lanes_stop_at_their_floor_by_what_answers_tell(bench: Bench) -> None:
    reset = str(int(bench.clock.now().timestamp()) + 600)
    told = {"X_RateLimit_Limit": "100", "X_RateLimit_Remaining": "12", "X_RateLimit_Reset": reset}
    bench.server.on(f"GET {REPO}", reply(200, {}, **told))
    await bench.get()

    with pytest.raises(Limited):
        await bench.get(lane=Lane.UPDATE)
    await bench.get(lane=Lane.COMMAND)


async def test_the_end_of_a_route_is_remembered(bench: Bench) -> None:
    bench.server.on(f"GET {REPO}", reply(200, {}, Sunset="Sat, 01 Jan 2028 00:00:00 GMT"))
    await bench.get()

    assert bench.github.wire.sunsets == {"GET /repos/*/*": "Sat, 01 Jan 2028 00:00:00 GMT"}


async def test_a_door_that_was_not_entered_says_so(bench: Bench) -> None:
    with pytest.raises(RuntimeError, match="context manager"):
        await door(bench.server, bench.clock).app().get("/app")


@pytest.mark.parametrize(
    ("api", "graphql", "web", "enterprise"),
    [
        ("https://api.github.com/", "https://api.github.com/graphql", "https://github.com", False),
        ("https://api.x.ghe.com", "https://api.x.ghe.com/graphql", "https://x.ghe.com", False),
        ("https://h:8443/api/v3", "https://h:8443/api/graphql", "https://h:8443", True),
        ("http://127.0.0.1:1", "http://127.0.0.1:1/graphql", "http://127.0.0.1:1", False),
    ],
)
def test_all_addresses_follow_from_one(api: str, graphql: str, web: str, enterprise: bool) -> None:
    root = api_root(api)

    assert (graphql_url(root), web_url(root), is_enterprise(root)) == (graphql, web, enterprise)


@pytest.mark.parametrize(
    "bad",
    ["http://api.github.com", "ftp://h", "api.github.com", "https://u:p@h", "https://h?x", ""],
)
def test_an_address_that_would_leak_a_token_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match=r"use https|is no address|must end"):
        api_root(bad)
