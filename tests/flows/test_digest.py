"""A digest from the question to the mailbox, over a restart, and on no timeline."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from bot.wiring.server import Bot
from tests.flows.test_deployments import allow
from tests.flows.test_handed_over import BODY, FILES
from tests.flows.test_handed_over import POLICY as TOLD
from tests.flows.test_questions import POLICY, REDIS
from tests.notify.office import HERE, channels
from tests.support.channel import MailServer, mail_server
from tests.support.crew import Crew, crew

WITH_CHANNEL = POLICY.replace("then: lead }", "then: lead, channel: design }")


async def restarted(acme: Crew, stack: AsyncExitStack, there: MailServer) -> None:
    """The same store under a new process, whose operator has set a channel up."""
    demo = acme.demo
    await demo.bot.__aexit__(None, None, None)
    smtp = {"host": "127.0.0.1", "port": there.port, "from": "h@acme.example", "tls": "offered"}
    made = channels(targets={"design": {"mail": {"to": ["design@acme.example"]}}}, smtp=smtp)
    settings = replace(demo.bot.settings, egress_allow=HERE)
    demo.bot = await stack.enter_async_context(Bot(settings, demo.clock, channels=made))
    demo.simulator.hook_url = f"{demo.bot.url}/webhook"


async def arrives(acme: Crew, there: MailServer, count: int) -> None:
    """Sweeps are not waited for by `waits`, and one that ran while time leapt comes in a quarter of
    an hour again: until so many mails are there, or too long."""
    for _ in range(200):
        if len(there.mails) >= count:
            return
        await acme.demo.clock.sleep(10)


async def test_who_has_not_answered_by_nine_is_in_the_digest_and_whoever_has_is_not(
    tmp_path: Path,
) -> None:
    async with (
        crew(tmp_path, WITH_CHANNEL) as acme,
        mail_server() as there,
        AsyncExitStack() as stack,
    ):
        await restarted(acme, stack, there)
        await acme.opens(REDIS)
        await acme.waits(seconds=61)
        said = acme.said
        await acme.waits(hours=22)
        await arrives(acme, there, 1)
        (mail,) = there.mails
        await restarted(acme, stack, there)
        await acme.waits(minutes=16)

        assert b"Subject: 1 waiting for an answer, the longest since Mon 23 Nov 11:01" in mail
        text = mail.decode().replace("=\r\n", "")
        assert "acme/orders-api#118 e1: this adds the service redis" in text
        assert "architect (sam) since Mon 23 Nov 11:01, due Tue 24 Nov 11:01" in text
        assert acme.said == said
        assert await acme.types("sam", "/handoff decide approve because cache only") == ("+1",)
        await acme.waits(days=1)
        assert there.mails == [mail]


async def test_who_was_told_after_the_merge_is_in_the_digest_until_they_answer(
    tmp_path: Path,
) -> None:
    policy = TOLD.replace("qa: { people: [li] }", "qa: { people: [li], channel: design }")
    policy = policy.replace("after: [list handoff]", "after: [list handoff, merged]")
    policy = policy.replace("answer: before-merge", "answer: expected")
    async with crew(tmp_path, policy) as acme, mail_server() as there, AsyncExitStack() as stack:
        await restarted(acme, stack, there)
        await acme.opens(FILES, BODY)
        acme.world.merge(acme.pull, acme.demo.stage.people["maria"])
        await acme.waits(seconds=61)
        (told,) = there.mails
        assert b"QA, Refunds" in told
        await acme.waits(hours=22)
        await arrives(acme, there, 2)
        mail = there.mails[-1].decode().replace("=\r\n", "")
        assert "1 waiting for an answer" in mail
        assert "acme/orders-api#118 qa: told at " in mail
        assert await acme.types("li", "/handoff accept") == ("+1",)
        many = len(there.mails)
        await acme.waits(days=1)
        assert len(there.mails) == many


async def test_what_a_deployment_alone_keeps_back_for_a_day_is_in_the_digest(
    tmp_path: Path,
) -> None:
    policy = TOLD.replace("qa: { people: [li] }", "qa: { people: [li], channel: design }")
    policy = policy.replace("after: [list handoff]", "after: [list handoff, deployed-to staging]")
    policy = policy.replace("answer: before-merge", "answer: expected")
    async with crew(tmp_path, policy) as acme, mail_server() as there, AsyncExitStack() as stack:
        allow(acme.demo)
        await restarted(acme, stack, there)
        await acme.opens(FILES, BODY)
        await acme.waits(seconds=61)
        await acme.waits(hours=22)
        await acme.waits(minutes=16)
        assert there.mails == []
        await acme.waits(hours=24)
        await arrives(acme, there, 1)
        text = there.mails[0].decode().replace("=\r\n", "")
        assert "acme/orders-api#118 qa: not told yet" in text
        assert "qa since Mon 23 Nov 11:0" in text
        assert "only its deployment to staging has not come" in text

        acme.world.deploy(acme.pull, "staging", "success", "https://staging.acme.dev/")
        await acme.waits(minutes=2)
        await arrives(acme, there, 2)
        assert "is ready for you" in there.mails[1].decode()
        many = len(there.mails)
        await acme.waits(hours=20)
        assert not any("not told yet" in one.decode() for one in there.mails[many:])
