"""What goes wrong on the way: who is asked again, who never, and who is left alone."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Refused, Transient
from tests.notify.office import Office, channels, send
from tests.support.channel import Channel, Reply, channel, mail_server
from tests.worker.doubles import check, claim

HOOK = send("hook")


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Channel]:
    async with channel(tmp_path) as here:
        yield here


def office(there: Channel, **more: Any) -> Office:
    hook = {"webhook": {"url": f"{there.url}/hook", "secret": "s3cret"}}
    other = {"teams": {"url": f"{there.url}/other"}}
    return Office(channels(targets={"hook": hook, "other": other}), **more)


@pytest.mark.parametrize(
    ("status", "after", "wait"),
    [
        (429, "30", timedelta(seconds=30)),
        (429, "999999999999", timedelta(days=1)),
        (429, "Wed, 21 Oct 2026 07:28:00 GMT", None),
        (429, "", None),
        (408, "", None),
        (503, "7", timedelta(seconds=7)),
    ],
)
async def test_who_cannot_now_is_asked_again(
    there: Channel, status: int, after: str, wait: timedelta | None
) -> None:
    there.replies.append(Reply(status=status, headers={"Retry-After": after} if after else {}))
    trouble = await office(there).trouble(HOOK)

    assert isinstance(trouble, Transient)
    assert trouble.what == f"it answered {status}"
    assert (trouble.again_after, trouble.sent) == (wait, False)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 400, 401, 403, 404, 410, 413])
async def test_who_will_never_is_not_and_no_redirect_is_followed(
    there: Channel, status: int
) -> None:
    there.replies.append(Reply(status=status, headers={"Location": f"{there.url}/elsewhere"}))
    trouble = await office(there).trouble(HOOK)
    more = ": redirects are not followed" if status < 400 else ""

    assert isinstance(trouble, Refused)
    assert trouble.what == f"it answered {status}{more}"
    assert [one.path for one in there.got] == ["/hook"]


@pytest.mark.parametrize("allow", [(), (ip_network("10.0.0.0/8"),)])
async def test_our_own_network_is_not_reached(there: Channel, allow: Any) -> None:
    trouble = await office(there, allow=allow).trouble(HOOK)

    assert isinstance(trouble, Refused)
    assert "HANDOFF_EGRESS_ALLOW" in trouble.what
    assert there.got == []


async def test_who_is_not_there_has_taken_nothing() -> None:
    async with mail_server() as gone:
        pass
    smtp = {"host": "localhost", "port": gone.port, "from": "a@b.example"}
    book = channels(targets={"qa": {"mail": {"to": ["c@d.example"]}}}, smtp=smtp)
    for here, alias in (
        (office(Channel(url=f"https://localhost:{gone.port}")), "hook"),
        (Office(book), "qa"),
    ):
        trouble = await here.trouble(send(alias))
        assert isinstance(trouble, Transient)
        assert not trouble.sent


async def test_who_shows_no_good_certificate_is_told_nothing(there: Channel) -> None:
    trouble = await office(there, tls=ssl.create_default_context()).trouble(HOOK)

    assert isinstance(trouble, Transient)
    assert not trouble.sent
    assert there.got == []


@pytest.mark.parametrize(("status", "seconds"), [(0, 8.0), (-1, 0.2)])
async def test_without_an_answer_it_may_have_arrived(
    there: Channel, status: int, seconds: float
) -> None:
    there.replies.append(Reply(status=status))
    here = office(there, seconds=seconds)
    trouble = await here.trouble(HOOK)

    assert isinstance(trouble, Transient)
    assert trouble.sent
    assert there.got[0].path == "/hook"
    assert here.counted("messages_total") == {
        'channel="webhook",kind="raised",outcome="uncertain"': "1.0"
    }


async def test_an_answer_that_never_ends_is_not_read(there: Channel) -> None:
    there.replies.append(Reply(body="x" * 70_000))

    assert "more than 65536 bytes" in (await office(there).trouble(HOOK)).what


async def test_an_unknown_target_is_refused_with_its_mend(there: Channel) -> None:
    trouble = await office(there).trouble(send("nowhere"))

    assert isinstance(trouble, Refused)
    assert trouble.what == "no target is called nowhere; name it in HANDOFF_CHANNELS_FILE"


async def test_what_is_no_message_is_done_by_github(there: Channel) -> None:
    here = office(there)
    await here.post.publish(claim(), check(), None, "h1")
    await here.post.find(claim(), check(), None, "h1")
    found = await here.post.find(claim(), HOOK, None, "h1")

    assert here.github.asked == [("publish", check().key, "h1"), ("find", check().key, "h1")]
    assert found is None
    assert there.got == []


# ── the breaker ───────────────────────────────────────────────────────────────────────────────


async def test_five_failures_in_a_row_leave_a_target_alone_for_a_quarter_of_an_hour(
    there: Channel,
) -> None:
    here = office(there)
    there.replies += [Reply(status=500)] * 4
    for _ in range(4):
        await here.trouble(HOOK)
    await here.publish(HOOK)
    there.replies += [Reply(status=status) for status in (500, 502, 503, 504, 429)]
    for _ in range(5):
        await here.trouble(HOOK)
    alone = await here.trouble(HOOK)
    here.clock.advance(600)
    still = await here.trouble(HOOK)

    minutes = [one.again_after and one.again_after.seconds // 60 for one in (alone, still)]
    assert isinstance(alone, Transient)
    assert minutes == [15, 5]
    assert len(there.got) == 10
    assert here.counted("channel_breaker_open") == {'target="hook"': "1.0"}
    await here.publish(send("other"))

    here.clock.advance(300)
    there.replies.append(Reply(status=500))
    await here.trouble(HOOK)
    again = await here.trouble(HOOK)
    assert again.again_after == timedelta(minutes=15)
    assert len([one for one in there.got if one.path == "/hook"]) == 11

    here.clock.advance(900)
    await here.publish(HOOK)
    assert here.counted("channel_breaker_open") == {'target="hook"': "0.0", 'target="other"': "0.0"}
    counts = here.counted("messages_total")
    assert counts['channel="webhook",kind="raised",outcome="again"'] == "10.0"
    assert counts['channel="webhook",kind="raised",outcome="sent"'] == "2.0"


@pytest.mark.parametrize(("alias", "asked"), [("hook", 1), ("other", 2)])
async def test_a_webhook_that_is_gone_is_switched_off(
    there: Channel, alias: str, asked: int
) -> None:
    here = office(there)
    there.replies += [Reply(status=410), Reply(status=410)]
    for _ in range(2):
        assert isinstance(await here.trouble(send(alias)), Refused)

    assert len(there.got) == asked


async def test_a_target_hears_no_more_than_three_messages_a_second(there: Channel) -> None:
    here = office(there)
    for _ in range(3):
        await here.publish(HOOK)
    await here.publish(send("other"))

    assert here.clock.slept == [0, pytest.approx(0.35), pytest.approx(0.35), 0]
