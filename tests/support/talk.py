"""People who talk on pull requests of a running demo, and what is answered there."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot.model.act import Act, ActKind
from bot.model.wake import Subject
from bot.simulator.things import Pull, Run, Spoken
from bot.text.comment import reply_marker
from bot.wiring.demo import Demo
from tests.support.hurried import hurried, quiet

POLICY = """\
version: 1
mode: enforce
areas: { endpoints: ["app/**"], docs: ["docs/**"], migrations: ["migrations/**"] }
roles:
  architect: { team: acme/architects }
  lead: { people: [maria] }
checklist:
  contract: { title: Contract, when: { changed: [docs] }, proof: { attested-by: reviewer } }
  unit-tests: { title: Units, when: { changed: [migrations] }, proof: { check: ci / unit } }
  deterministic-tests:
    { title: Runs alike, when: { changed: [endpoints] }, proof: { attested-by: reviewer } }
  api-tests:
    { title: Api is tested, when: { changed: [endpoints] }, proof: { attested-by: author } }
  no-hardcoded-values:
    title: No key
    when: { changed: [endpoints] }
    proof: { added-lines: { in: [endpoints], pattern: "sk_live" } }
    waive-by: nobody
  docs:
    title: Docs
    when: { changed: [endpoints] }
    proof: { changed: { areas: [docs], lines-at-least: 1 } }
  no-prints:
    title: No prints
    when: { changed: [endpoints] }
    proof: { added-lines: { in: [endpoints], pattern: "print" } }
  migrations:
    { title: Back, when: { changed: [endpoints] }, proof: { check: ci / migrations } }
  logging: { title: Logs, when: { changed: [endpoints] }, proof: { attested-by: author } }
  conventions: { title: Read, when: { changed: [endpoints] }, proof: { attested-by: reviewer } }
lists:
  handoff: [contract, unit-tests, deterministic-tests, api-tests, no-hardcoded-values, docs,
            no-prints, migrations, logging, conventions]
"""
CODE = {"app/refunds.py": "print('x')\nkey = 'sk_live'\n"}
# So far apart nobody is over the limit of a minute.
APART = timedelta(seconds=11)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What stands below a comment: our reactions, and the visible text of our reply."""

    reactions: tuple[str, ...]
    reply: str


@dataclass(kw_only=True)
class Talk:
    """A running demo under a policy with roles; ben and sam may review, kim is nobody."""

    demo: Demo
    at: int = 200
    apart: timedelta = APART

    async def opened(self, by: str = "ana", **about: object) -> Pull:
        """A new pull request, judged; ben is asked to review it."""
        self.at += 1
        stage = self.demo.stage
        files = about.pop("files", CODE)
        pull = stage.world.open_pull_request(
            stage.repo,
            stage.people[by],
            number=self.at,
            title="Refunds",
            files=dict(files),  # type: ignore[call-overload]  # what the test gave
            **about,  # type: ignore[arg-type]
        )
        stage.pulls[self.at] = pull
        if by != "ben":
            stage.world.request_review(pull, stage.people[by], stage.people["ben"])
        await quiet(self.demo)
        return pull

    async def says(self, pull: Pull, who: str, body: str) -> Answer:
        """Somebody comments; what stands below it when all is quiet."""
        said = self.demo.stage.world.comment(pull, self.demo.stage.people[who], body)
        return await self.answer(said)

    async def answer(self, said: Spoken) -> Answer:
        """What stands below what was said when all is quiet."""
        await quiet(self.demo)
        answer = self.now(said)
        self.demo.clock.forward(self.apart)
        return answer

    def now(self, said: Spoken) -> Answer:
        """What stands below it at this moment."""
        kind = {"Comment": "comment", "Review": "review", "LineComment": "line"}
        mark = reply_marker(f"{kind[type(said).__name__]}:{said.id}")
        pull = said.pull
        replies = [one.body for one in (*pull.comments, *pull.line_comments) if mark in one.body]
        assert len(replies) <= 1
        text = "".join(replies).replace(mark, "").replace("\\", "").strip()
        ours = [one.content for one in said.reactions if one.user.kind == "Bot"]
        return Answer(reactions=tuple(ours), reply=text)

    def run(self, pull: Pull) -> Run:
        """Our check on the head."""
        return self.demo.stage.runs(pull.number)[-1]

    def state(self, pull: Pull, item: str) -> str:
        """The state of an item as the check shows it."""
        text = (self.run(pull).text or "").replace("\\", "")
        found = re.search(rf"^(?:####|-) \d+ {item}: ([a-z-]+)", text, re.MULTILINE)
        return found[1] if found else "not shown"

    async def ledger(self, pull: Pull) -> list[Act]:
        """Every act about the pull request that the store has, refusals left out."""
        subject = Subject(self.demo.stage.repo.id, pull.number)
        acts = await self.demo.bot.ledger.acts(subject)
        return [one for one in acts if one.kind is not ActKind.REFUSE]


@asynccontextmanager
async def talking(folder: Path, policy: str = POLICY) -> AsyncIterator[Talk]:
    """A demo under the policy, with sam the architect in a team and jo who may only read."""
    async with hurried(folder) as demo:
        stage = demo.stage
        world, acme = stage.world, stage.world.organisation("acme")
        for name, role in (("sam", "write"), ("jo", "read")):
            stage.people[name] = world.person(name)
            world.join(acme, stage.people[name])
            world.grant(stage.repo, stage.people[name], role)
        world.team(acme, "architects", [stage.people["sam"]])
        world.push_default(stage.repo, stage.people["maria"], {".github/handoff.yml": policy})
        await quiet(demo)
        yield Talk(demo=demo)
