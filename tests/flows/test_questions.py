"""Questions to people, from the webhook to what stands on GitHub."""

from __future__ import annotations

from pathlib import Path

from tests.support.crew import crew

POLICY = """
version: 1
mode: enforce
areas: { code: ["app/**"], docs: ["docs/**"] }
roles:
  architect: { people: [sam], then: lead }
  lead: { people: [maria] }
hours: { days: mon-fri, from: "09:00", to: "17:30", zone: Europe/Berlin }
checklist:
  docs:
    title: Docs
    when: { changed: [code] }
    proof: { changed: { areas: [docs], lines-at-least: 1 } }
lists: { handoff: [docs], quality: [docs] }
escalate:
  ask: architect
  new-dependency: { when: { adds: [service] }, ask: architect, block: until-decided }
"""
REDIS = {
    "compose.yaml": "services:\n  redis:\n    image: redis:7\n",
    "docs/redis.md": "Redis keeps sessions.\n",
}


async def test_a_question_is_put_taken_and_decided(tmp_path: Path) -> None:
    async with crew(tmp_path, POLICY) as acme:
        await acme.opens(REDIS)
        assert acme.title.startswith("0 of 0 · waiting for architect: ")
        assert acme.said == []

        await acme.waits(seconds=61)
        assert acme.title == "0 of 0 · waiting for architect (sam): redis · due Tue 11:01"
        assert acme.said[-1].startswith("@sam: this adds the service redis")
        assert await acme.types("sam", "/handoff ack") == ("+1",)
        assert "taken by `sam` until Tue 11:01" in acme.summary
        assert await acme.types("ana", "/handoff decide approve because it is fine") == (
            "confused",
        )
        assert "a decision is not for the author" in acme.said[-1]
        line = "/handoff decide approve -- one Redis per region, cache only"
        assert await acme.types("sam", line) == ("+1",)
        assert acme.conclusion == "success"


async def test_an_answer_to_a_mistake_is_folded_away_once_it_is_put_right(tmp_path: Path) -> None:
    async with crew(tmp_path, POLICY) as acme:
        await acme.opens(REDIS)
        await acme.waits(seconds=61)
        assert await acme.types("sam", "/handoff akc") == ("confused",)
        (reply,) = [
            one for one in acme.pull.comments if "akc" in one.body and one.user.kind == "Bot"
        ]
        assert reply.hidden is None

        assert await acme.types("sam", "/handoff ack") == ("+1",)
        assert reply.hidden == "resolved"
