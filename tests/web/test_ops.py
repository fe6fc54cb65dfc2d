"""The operators' page: what it shows, to whom, and what its forms do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import escape
from urllib.parse import quote

import pytest
from aiohttp import ClientSession

from bot.errors import StoreTrouble
from bot.metrics import Metrics
from bot.model.claim import Unsent, Waiting
from bot.model.wake import Subject
from bot.web.app import admin_app
from bot.web.live import Health
from bot.web.ops import Ops
from tests.support.clock import FakeClock
from tests.web.doubles import MemoryInbox, site

HOSTILE = "<script>alert(1)</script> & \"'"
SUBJECT = Subject(7, 41)
FORM = f"/ops/resume/{quote(SUBJECT.key, safe='')}"


@dataclass
class MemoryQueue:
    """One that is parked and due ones, one effect that is given up; remembers what was resumed."""

    clock: FakeClock
    resumed: list[Subject] = field(default_factory=list)
    trouble: bool = False
    more: int = 0

    async def waiting(self) -> list[Waiting]:
        if self.trouble:
            raise StoreTrouble("away")
        long_ago = self.clock.now() - timedelta(minutes=41)
        parked = self._one(SUBJECT, "parked because", HOSTILE)
        many = [self._one(Subject(7, nth + 50), "due", "") for nth in range(self.more)]
        due = [self._one(Subject(7, 5), "due", ""), self._one(Subject(7, 6), "due", "", long_ago)]
        return [*many, *due, parked]

    def _one(self, subject: Subject, word: str, why: str, since: datetime | None = None) -> Waiting:
        return Waiting(
            subject=subject,
            repo="acme/shop",
            word=word,
            since=since,
            until=None,
            why=why,
            attempts=2,
        )

    async def unsent(self) -> list[Unsent]:
        at = self.clock.now()
        return [
            Unsent(Subject(7, 5), "acme/shop", "sticky:7#5", "dead", at, "422"),
            Unsent(Subject(7, 6), "acme/shop", "sticky:7#6", "uncertain", at, "cut off"),
        ]

    async def resume(self, subject: Subject) -> bool:
        if self.trouble:
            raise StoreTrouble("away")
        self.resumed.append(subject)
        return True

    async def rebuild(self, repo: str, number: int) -> bool:
        raise AssertionError((repo, number))

    async def survey(self) -> Mapping[str, list[dict[str, object]]]:
        until = self.clock.now().isoformat()
        return {
            "limits": [{"account": "acme", "what": "core", "until": until, "why": ""}],
            "processes": [],
            "sweeps": [{"sweep": "retention", "at": until, "next": until}],
        }


@dataclass
class Page:
    queue: MemoryQueue
    url: str

    async def got(
        self,
        path: str,
        method: str = "GET",
        token: str = "",
        **headers: str,
    ) -> tuple[int, str, Mapping[str, str]]:
        data = {"token": token} if token else None
        async with (
            ClientSession() as session,
            session.request(
                method, self.url + path, data=data, headers=headers, allow_redirects=False
            ) as answer,
        ):
            return answer.status, await answer.text(), answer.headers

    async def token(self) -> str:
        _, text, _ = await self.got(FORM)
        return text.partition('name="token" value="')[2].partition('"')[0]


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with _page() as one:
        yield one


@asynccontextmanager
async def _page() -> AsyncIterator[Page]:
    clock, metrics = FakeClock(), Metrics()
    queue = MemoryQueue(clock)
    app = admin_app(
        Health(MemoryInbox(), clock, metrics), metrics, {}, ops=Ops(queue, queue.survey, clock)
    )
    async with site(app) as url:
        yield Page(queue, url)


async def test_the_page_says_first_whether_somebody_must_look(page: Page) -> None:
    status, text, headers = await page.got("/ops")

    assert status == 200
    assert "<h1>BEHIND: the oldest due one waits 41 min · PARKED: 1 · NOT SENT: 1</h1>" in text
    assert "<td>acme</td><td>due</td><td>2</td>" in text
    assert "<td>acme</td><td>core</td>" in text
    assert "This process alone: the store is a file." in text
    assert escape(HOSTILE) in text
    assert "<script" not in text
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; form-action 'self'")
    assert headers["Cache-Control"] == "no-store"


async def test_only_what_is_given_up_has_a_way_back(page: Page) -> None:
    _, text, _ = await page.got("/ops")

    assert [line.partition(">")[0] for line in text.split("<a href=")[1:]] == [
        '"/ops/resume/7%2341"',
        '"/ops/resume/7%235"',
    ]
    assert "send again acme/shop#5</a>" in text


async def test_of_very_many_the_page_shows_first_what_somebody_must_do(page: Page) -> None:
    page.queue.more = 600
    _, text, _ = await page.got("/ops")

    assert "Not settled: 603, the first 500 of them; all: handoff queue --json" in text
    assert text.count("<td>due</td><td>") == 500
    assert "resume acme/shop#41</a>" in text


async def test_a_form_tries_again_and_goes_back_to_the_page(page: Page) -> None:
    status, _, headers = await page.got(FORM, "POST", await page.token(), Origin=page.url)

    assert (status, headers["Location"]) == (303, "/ops")
    assert page.queue.resumed == [SUBJECT]


@pytest.mark.parametrize(
    ("token", "headers"),
    [
        ("", {}),
        ("0" * 64, {}),
        ("é", {}),
        ("right", {"Origin": "https://evil.example"}),
        ("right", {"Origin": "null"}),
        ("right", {"Sec-Fetch-Site": "cross-site"}),
        ("0" * 64, {"Content-Type": "application/x-www-form-urlencoded; charset=none"}),
        ("0" * 64, {"Content-Type": "multipart/form-data; boundary=x"}),
    ],
)
async def test_what_another_page_sends_does_nothing(
    page: Page, token: str, headers: dict[str, str]
) -> None:
    sent = await page.token() if token == "right" else token
    status, _, _ = await page.got(FORM, "POST", sent, **{"Origin": page.url} | headers)

    assert (status, page.queue.resumed) == (403, [])


async def test_a_token_is_good_for_one_subject(page: Page) -> None:
    other = "/ops/resume/7%235"
    status, _, _ = await page.got(other, "POST", await page.token(), Origin=page.url)

    assert (status, page.queue.resumed) == (403, [])


@pytest.mark.parametrize("host", ["rebound.example", "localhost:x", "127.0.0.1:65536"])
@pytest.mark.parametrize(("method", "path"), [("GET", "/ops"), ("GET", FORM), ("POST", FORM)])
async def test_a_name_that_somebody_elses_server_gave_is_not_answered(
    page: Page, method: str, path: str, host: str
) -> None:
    status, text, _ = await page.got(path, method, Host=host)

    assert (status, "acme" in text, page.queue.resumed) == (421, False, [])


async def test_no_subject_and_no_store(page: Page) -> None:
    token = await page.token()
    page.queue.trouble = True
    status, _, _ = await page.got(FORM, "POST", token, Origin=page.url)

    assert (status, page.queue.resumed) == (503, [])
    assert [(await page.got(path))[0] for path in ("/ops/resume/x", "/ops")] == [404, 503]
