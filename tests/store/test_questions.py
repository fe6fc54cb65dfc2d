"""Whatever the store may be asked, both engines understand."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.model.act import ActKind
from bot.model.wake import Subject
from bot.store.claims import Claims
from bot.store.estate import estate
from bot.store.ledger import StoreLedger
from bot.store.sweeps import SweepStore
from tests.store.shop import REPO, Shop, head, judged, shop
from tests.store.test_acts import act

ONE = Subject(REPO, 1)
Question = Callable[[Shop], Awaitable[Any]]
QUESTIONS: dict[str, Question] = {
    "ledger.good_policy": lambda here: here.ledger.good_policy("repo:7"),
    "ledger.newest_matter": lambda here: here.ledger.newest_matter(ONE, "a" * 40),
    "ledger.find": lambda here: here.ledger.find("acme/shop", 1, None),
    "ledger.acts": lambda here: here.ledger.acts(ONE),
    "ledger.decided": lambda here: here.ledger.decided("acme/shop"),
    "ledger.whole_since": lambda here: here.ledger.whole_since(),
    "ledger.heads": lambda here: here.ledger.heads(ONE),
    "ledger.asked": lambda here: here.ledger.asked(["sam"], here.clock.now(), counted=True),
    "ledger.sharing_head": lambda here: here.ledger.sharing_head(REPO, "a" * 40),
    "ledger.newest": lambda here: here.ledger.newest(ONE),
    "sweeps.held": lambda here: here.sweeps.held(["g1", "other"]),
    "sweeps.meta": lambda here: here.sweeps.meta("digest"),
    "sweeps.remember": lambda here: here.sweeps.remember("digest", "now"),
    "sweeps.accept_since": lambda here: here.sweeps.accept_since(),
    "sweeps.recover": lambda here: here.sweeps.recover(),
    "sweeps.resumed": lambda here: here.sweeps.resumed(),
    "sweeps.arm": lambda here: here.sweeps.arm("policy:7", timedelta(seconds=5)),
    "sweeps.began": lambda here: here.sweeps.began("policy:7"),
    "sweeps.ended": lambda here: here.sweeps.ended("policy:7", 0, timedelta(hours=1)),
    "sweeps.repository": lambda here: here.sweeps.repository(REPO),
    "sweeps.due_for_reconcile": lambda here: here.sweeps.due_for_reconcile(),
    "sweeps.later": lambda here: here.sweeps.later(REPO),
    "sweeps.look_at": lambda here: here.sweeps.look_at([(REPO, 5)]),
    "sweeps.look_at_all": lambda here: here.sweeps.look_at_all(),
    "sweeps.wake_all": lambda here: here.sweeps.wake_all(REPO),
    "sweeps.repositories_of": lambda here: here.sweeps.repositories_of(5),
    "sweeps.retain": lambda here: here.sweeps.retain(30, 30),
    "sweeps.look_at_policies": lambda here: here.sweeps.look_at_policies(),
    "sweeps.extending": lambda here: here.sweeps.extending(7, "acme/policies"),
    "sweeps.asked": lambda here: here.sweeps.asked(),
    "sweeps.survey": lambda here: here.sweeps.survey(),
    "claims.recover": lambda here: here.claims.recover(),
    "claims.next_due": lambda here: here.claims.next_due(),
    "claims.fire": lambda here: here.claims.fire(),
    "claims.waiting": lambda here: here.claims.waiting(),
    "claims.unsent": lambda here: here.claims.unsent(),
    "claims.rebuild": lambda here: here.claims.rebuild("acme/shop", 1),
    "claims.resume": lambda here: here.claims.resume(ONE),
    "estate": lambda here: estate(here.database, here.clock.now()),
}
# These walk whole tables.
WHOLE = ("sweeps.asked", "estate", "claims.waiting", "claims.unsent", "ledger.decided")
# These take what an evaluation or GitHub gave: each has tests of its own, on both engines.
GIVEN = {
    "ledger": {"commit", "plan", "published", "first_said", "outbox", "sending", "sent", "unsent"},
    "sweeps": {"compare", "found", "lacking", "listed", "say"},
    "claims": {"take", "finish", "give_back"},
}


@pytest.mark.parametrize("name", QUESTIONS)
async def test_both_engines_understand(name: str, tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver(head=head(here, "a"))
        claim = await here.one()
        await here.ledger.commit(claim, judged(acts=(act(ActKind.ASK, here, "ask:e1:1"),)))

        await QUESTIONS[name](here)


@pytest.mark.parametrize(
    ("part", "kind"), [("ledger", StoreLedger), ("sweeps", SweepStore), ("claims", Claims)]
)
def test_nothing_is_left_unasked(part: str, kind: type) -> None:
    methods = inspect.getmembers(kind, inspect.iscoroutinefunction)
    asked = {name.partition(".")[2] for name in QUESTIONS if name.startswith(part)}

    assert {name for name, _ in methods if not name.startswith("_")} == asked | GIVEN[part]


async def test_a_revert_is_news_where_somebody_was_told_and_once(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        for number, told in ((1, True), (2, False), (3, False)):
            await here.deliver(number)
            acts = (act(ActKind.TELL, here, "tell:qa:1"),) if told else ()
            await here.ledger.commit(await here.one(), judged(acts=acts))
        reverted = {one: act(ActKind.REMARK, here, "remark:reverted:9") for one in (1, 2)}
        await here.deliver(4)
        claim = await here.one()
        await here.ledger.commit(claim, judged(reverted=reverted))
        await here.ledger.commit(claim, judged(reverted=reverted))

        kept = here.rows("SELECT number FROM act WHERE kind = 'remark'")
        assert kept == [(1,)]


async def test_what_could_not_be_sent_is_found_by_its_repository(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        columns = "key, kind, class, installation_id, pr, gen, digest, payload, state, due_at"
        for key, pr in (("a", "7#1"), ("b", f"7@{'c' * 40}"), ("c", "77#1")):
            values = (key, "check", 1, 5, pr, 1, "d", "{}", "dead", 0, 0)
            marks = ", ".join("?" * len(values))
            await here.write(
                f"INSERT INTO outbox ({columns}, planned_at) VALUES ({marks})", *values
            )

        found = [(one.repo, one.subject.key) for one in await here.claims.unsent()]
        assert found == [("acme/shop", "7#1"), ("acme/shop", f"7@{'c' * 40}")]


@pytest.mark.one_file
@pytest.mark.parametrize("name", WHOLE)
async def test_what_walks_whole_tables_does_not_hold_up_the_loop(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop(tmp_path) as here:
        # It runs on the loop itself.
        monkeypatch.setattr(here.database, "read", None)

        await QUESTIONS[name](here)
