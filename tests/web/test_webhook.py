"""Every row of the order of checks, over real HTTP."""

from __future__ import annotations

import asyncio
import json
from asyncio import StreamReader
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from io import BytesIO
from typing import Any

import pytest
from aiohttp import ClientSession

from bot.model.arrival import Arrival, Stored
from bot.model.wake import Lane, Subject
from bot.readers.events import arrive
from bot.web.webhook import MIB, Hook, Limits
from tests.support.clock import START, until
from tests.web.doubles import OLD, PAYLOAD, SECRET, Served, as_body, serving, signed

BODY = as_body()


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with serving() as one:
        yield one


async def post(
    served: Served, body: Any = BODY, headers: Mapping[str, str] | None = None
) -> tuple[int, dict[str, str]]:
    async with (
        ClientSession() as session,
        session.post(
            served.url + "/webhook",
            data=BytesIO(body) if isinstance(body, bytes) else body,
            headers=signed(BODY) if headers is None else headers,
            skip_auto_headers=("Content-Type",),
        ) as answer,
    ):
        return answer.status, json.loads(await answer.read())


async def test_a_delivery_is_stored_answered_and_woken(served: Served) -> None:
    answer = await post(served)

    assert answer == (202, {"delivery": "g-1", "state": "stored"})
    assert served.inbox.arrivals == [
        arrive("pull_request", PAYLOAD, guid="g-1", received_at=START, app_id=77)
    ]
    assert served.runner.woken == [Subject(7, 118)]
    assert served.counted('handoff_deliveries_total{event="pull_request",outcome="woke"} 1.0')


async def test_a_second_arrival_is_a_duplicate_that_wakes_nothing(served: Served) -> None:
    await post(served)

    answer = await post(served)

    assert answer == (202, {"delivery": "g-1", "state": "duplicate"})
    assert served.runner.woken == [Subject(7, 118)]


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Stored.CONTROL, "stored"),
        (Stored.IRRELEVANT, "ignored"),
        (Stored.OWN, "ignored"),
        (Stored.NO_POLICY, "ignored"),
        (Stored.UNROUTED, "ignored"),
    ],
)
async def test_what_became_of_a_delivery_is_answered(
    served: Served, outcome: Stored, state: str
) -> None:
    served.inbox.outcome = outcome

    assert await post(served) == (202, {"delivery": "g-1", "state": state})
    assert served.runner.woken == []


async def test_a_ping_is_answered_and_not_stored(served: Served) -> None:
    answer = await post(served, headers=signed(BODY, event="ping"))

    assert answer == (200, {"delivery": "g-1", "state": "ignored"})
    assert served.inbox.arrivals == []


async def test_an_unknown_event_is_taken_and_counted_as_other(served: Served) -> None:
    status, _ = await post(served, headers=signed(BODY, event="never_heard_of"))

    assert status == 202
    assert served.counted('handoff_deliveries_total{event="other",outcome="woke"} 1.0')


async def test_only_post_is_allowed(served: Served) -> None:
    async with ClientSession() as session, session.get(served.url + "/webhook") as answer:
        assert answer.status == 405


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", ""])
async def test_another_content_type_is_refused(served: Served, kind: str) -> None:
    status, _ = await post(served, headers=signed(BODY) | {"Content-Type": kind})

    assert status == 415
    assert served.counted('handoff_webhook_rejected_total{reason="type"} 1.0')


async def test_a_content_type_may_name_its_charset(served: Served) -> None:
    headers = signed(BODY) | {"Content-Type": "Application/JSON; charset=utf-8"}

    assert (await post(served, headers=headers))[0] == 202


# ── size and time ─────────────────────────────────────────────────────────────────────────────


def padded(size: int) -> bytes:
    start = as_body(PAYLOAD | {"padding": ""})[:-2]
    return start + b"x" * (size - len(start) - 2) + b'"}'


async def test_the_largest_delivery_that_github_sends_is_stored(served: Served) -> None:
    body = padded(25 * MIB)

    assert (await post(served, body, signed(body)))[0] == 202
    assert len(served.inbox.arrivals) == 1


async def test_a_body_beyond_the_cap_is_refused(served: Served) -> None:
    status, _ = await post(served, bytes(27 * MIB))

    assert status == 413
    assert served.counted('handoff_webhook_rejected_total{reason="size"} 1.0')


async def in_chunks(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), MIB):
        yield body[start : start + MIB]


async def test_a_body_that_does_not_say_its_length_is_counted_while_it_arrives() -> None:
    body = padded(3 * MIB)
    async with serving(Limits(body=2 * MIB)) as served:
        refused, _ = await post(served, in_chunks(body), signed(body))
    async with serving() as served:
        taken, _ = await post(served, in_chunks(body), signed(body))

    assert (refused, taken) == (413, 202)


@asynccontextmanager
async def half_sent(served: Served, length: int) -> AsyncIterator[StreamReader]:
    """A sender that announced a body, sent ten bytes of it and waits; in the end it hangs up."""
    port = int(served.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n"
    lines = "".join(f"{name}: {value}\r\n" for name, value in signed(BODY).items())
    writer.write(f"{head}{lines}\r\n0123456789".encode())
    await writer.drain()
    # Whoever asks later is answered later: the server has met this one by then.
    await post(served, headers={})
    try:
        yield reader
    finally:
        writer.transport.abort()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def test_a_body_that_does_not_arrive_in_time_is_given_up() -> None:
    async with (
        serving(Limits(arrive_seconds=0.05)) as served,
        half_sent(served, 1000) as reader,
    ):
        status = await reader.readline()

    assert status == b"HTTP/1.1 408 Request Timeout\r\n"
    assert served.counted('handoff_webhook_rejected_total{reason="slow"} 1.0')


async def test_waiting_for_a_place_counts_as_arriving() -> None:
    body = padded(MIB)
    async with serving(Limits(in_flight=0, arrive_seconds=0.05)) as served:
        assert (await post(served, body, signed(body)))[0] == 408


async def test_a_body_stays_unread_until_another_sender_has_gone() -> None:
    body = padded(MIB)
    async with serving(Limits(in_flight=1)) as served:
        async with half_sent(served, 1000):
            waiting = asyncio.ensure_future(post(served, body, signed(body)))
            await post(served, headers={})
            stored_meanwhile = len(served.inbox.arrivals)
        status, _ = await waiting

    assert (stored_meanwhile, status) == (0, 202)


async def test_large_bodies_have_fewer_places_than_small_ones() -> None:
    large, small = padded(3 * MIB), padded(MIB)
    async with serving(Limits(large_in_flight=1)) as served:
        async with half_sent(served, 2 * MIB):
            waiting = asyncio.ensure_future(post(served, large, signed(large, guid="large")))
            await post(served, small, signed(small, guid="small"))
            stored_meanwhile = [one.guid for one in served.inbox.arrivals]
        status, _ = await waiting

    assert (stored_meanwhile, status) == (["small"], 202)


# ── who sent it, and for whom ─────────────────────────────────────────────────────────────────


async def test_the_old_secret_counts_while_rotating(served: Served) -> None:
    status, _ = await post(served, headers=signed(BODY, OLD))

    assert status == 202
    line = next(one for one in served.lines() if 'which="webhook_old"' in one)
    assert float(line.split()[-1]) == START.timestamp()


async def test_the_present_secret_does_not_count_as_a_use_of_the_old_one(served: Served) -> None:
    await post(served)

    assert [one for one in served.lines() if "webhook_old" in one] == []


GOOD = signed(BODY)["X-Hub-Signature-256"]


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        GOOD[:-1],
        GOOD + "0",
        GOOD.removeprefix("sha256="),
        "sha256=" + "0" * 64,
        "sha256=" + "é" * 64,
        "sha256=" + "\u0660" * 64,
        signed(BODY, "another secret")["X-Hub-Signature-256"],
        signed(BODY + b" ")["X-Hub-Signature-256"],
        "sha1=" + "0" * 64,
    ],
)
async def test_a_wrong_signature_is_refused_before_anything_is_parsed(
    served: Served, signature: str | None
) -> None:
    headers = {**signed(BODY), "X-GitHub-Event": "NOT AN EVENT"}
    del headers["X-Hub-Signature-256"]
    if signature is not None:
        headers["X-Hub-Signature-256"] = signature

    status, _ = await post(served, headers=headers)

    assert status == 401
    assert served.inbox.arrivals == []
    assert served.counted('handoff_webhook_rejected_total{reason="signature"} 1.0')


async def test_a_signature_by_sha1_alone_is_refused(served: Served) -> None:
    headers = signed(BODY)
    del headers["X-Hub-Signature-256"]

    assert (await post(served, headers=headers))[0] == 401


def test_an_empty_secret_is_refused_at_start() -> None:
    with pytest.raises(ValueError, match="from anybody"):
        Hook(app_id=77, secrets=(SECRET, ""))


def test_a_hook_never_shows_its_secrets() -> None:
    assert SECRET not in repr(Hook(app_id=77, secrets=(SECRET,)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-GitHub-Hook-Installation-Target-ID", "78"),
        ("X-GitHub-Hook-Installation-Target-Type", "repository"),
        ("X-GitHub-Enterprise-Host", "github.other.example"),
    ],
)
async def test_a_delivery_for_another_app_or_server_is_refused(
    served: Served, name: str, value: str
) -> None:
    status, _ = await post(served, headers=signed(BODY) | {name: value})

    assert status == 403
    assert served.counted('handoff_webhook_rejected_total{reason="target"} 1.0')


async def test_a_delivery_that_names_no_target_is_taken(served: Served) -> None:
    headers = {name: value for name, value in signed(BODY).items() if "Target" not in name}

    assert (await post(served, headers=headers))[0] == 202


async def test_an_enterprise_server_may_name_itself() -> None:
    async with serving(host="GitHub.acme.example") as served:
        headers = signed(BODY) | {"X-GitHub-Enterprise-Host": "github.acme.example"}

        assert (await post(served, headers=headers))[0] == 202


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-GitHub-Delivery", ""),
        ("X-GitHub-Delivery", "a" * 65),
        ("X-GitHub-Delivery", 'x","state":"stored'),
        ("X-GitHub-Event", ""),
        ("X-GitHub-Event", "Pull-Request"),
        ("X-GitHub-Event", "a" * 65),
    ],
)
async def test_a_malformed_header_is_refused(served: Served, name: str, value: str) -> None:
    assert (await post(served, headers=signed(BODY) | {name: value}))[0] == 400
    assert served.counted('handoff_webhook_rejected_total{reason="malformed"} 1.0')


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"7" * 5000,
        b"\xff\xfe\x00",
        b'{"a":' * 100_000,
        b"[" * 100_000,
        b" " * (MIB + 1),
    ],
)
async def test_a_body_that_is_no_json_object_is_refused(served: Served, body: bytes) -> None:
    assert (await post(served, body, signed(body)))[0] == 400
    assert served.inbox.arrivals == []


async def test_the_signature_is_over_the_bytes_as_they_were_sent(served: Served) -> None:
    headers = signed(BODY) | {"Content-Encoding": "gzip"}

    assert (await post(served, headers=headers))[0] == 202


# ── the store ─────────────────────────────────────────────────────────────────────────────────


async def test_a_store_in_trouble_is_the_one_case_of_503(served: Served) -> None:
    served.inbox.trouble = True
    async with (
        ClientSession() as session,
        session.post(served.url + "/webhook", data=BODY, headers=signed(BODY)) as answer,
    ):
        assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
    assert served.runner.woken == []


async def test_a_commit_that_takes_too_long_is_given_up() -> None:
    async with serving(Limits(commit_seconds=0.02)) as served:
        served.inbox.hangs = True

        assert (await post(served))[0] == 503


async def test_many_at_once_are_all_stored(served: Served) -> None:
    bodies = {f"g-{n}": padded(2000 * n + 200) for n in range(40)}

    answers = await asyncio.gather(
        *(post(served, body, signed(body, guid=guid)) for guid, body in bodies.items())
    )

    assert {status for status, _ in answers} == {202}
    stored: list[Arrival] = sorted(served.inbox.arrivals, key=lambda one: int(one.guid[2:]))
    assert [one.guid for one in stored] == list(bodies)
    assert {one.lane for one in stored} == {Lane.VERDICT}


async def test_what_judges_is_told_of_a_delivery_until_it_is_answered() -> None:
    async with serving(Limits(commit_seconds=0.2)) as served:
        served.inbox.hangs = True
        answers = asyncio.gather(post(served), post(served, b"{}", signed(b"{}", "wrong")))
        await until(lambda: served.runner.waiting == 1)

        assert [status for status, _ in await answers] == [503, 401]
        assert served.runner.waiting == 0
