"""Lines said to a pull request under a policy with roles: what `hear` makes of them, purely."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from bot.judge.evaluate import evaluate
from bot.judge.hear import AllHeard, Court, hear
from bot.model.act import Act
from bot.model.arrival import Said
from bot.model.command import Asker, Stood
from bot.model.facts import Facts, Person, Standing
from bot.model.known import Known, Unknown
from bot.model.report import Matter, Report
from bot.readers.command_lines import added_commands, read_commands
from bot.wiring.catalogue import all_commands, registry
from tests.support.judging import CODE, policy, states
from tests.support.pulls import ANA, BEN, NOW, SAM, changed, pull

POLICY = """
version: 1
areas: { code: ["app/**"], docs: ["docs/**"], odd: ["odd/**"] }
roles: { architect: { people: [sam] }, lead: { people: [maria] } }
checklist:
  tests: { title: Tests, when: { changed: [code] }, proof: { check: { name: ci, if-absent: unsure } }, if-unsure: ask author }
  docs: { title: Docs, when: { changed: [code] }, proof: { changed: { areas: [docs], lines-at-least: 1 } } }
  docker: { title: Image, when: { changed: [docs] }, proof: { check: image } }
  keys:
    title: Keys
    when: { changed: [code, odd] }
    proof: { added-lines: { in: [code, odd], pattern: key } }
    if-unsure: ask author
    waive-by: nobody
  logging: { title: Logs, when: { changed: [code] }, proof: { attested-by: author } }
  conventions: { title: Read, when: { changed: [code] }, proof: { attested-by: reviewer } }
lists: { handoff: [tests, docs, docker, keys, logging, conventions] }
"""  # noqa: E501  read as a table
MARIA, KIM = Person(id=4, login="maria"), Person(id=7, login="kim")
PEOPLE = {one.login: one for one in (ANA, BEN, SAM, MARIA, KIM)}
KEY = changed("app/a.py", "", "key = 1\n")
ODD = replace(changed("odd/a.py", "", "x\n"), added=Unknown("does not parse", by_content=True))
# So late that a check that nobody saw is not waited for.
HERE = pull(CODE, taken_at=NOW + timedelta(hours=9))
DOWN = Unknown("GitHub answered 403")


def asks(login: str, **known: Any) -> Asker:
    """ana wrote it, ben reviews, sam is architect, maria lead, kim nobody."""
    asker = Asker(
        person=PEOPLE[login],
        standing=Standing.READ if login == "kim" else Standing.WRITE,
        is_author=login == "ana",
        is_contributor=login == "ana",
        is_reviewer=login == "ben",
        roles={"architect": login == "sam", "lead": login == "maria"},
    )
    return replace(asker, **known)


def lost(login: str) -> Asker:
    """Somebody of whom GitHub tells nothing."""
    roles: dict[str, Known[bool]] = {"architect": DOWN, "lead": DOWN}
    return asks(login, standing=DOWN, is_reviewer=DOWN, roles=roles)


@dataclass(kw_only=True)
class Room:
    """Where things are said one after another; every line leaves its acts behind."""

    facts: Facts = HERE
    text: str = POLICY
    acts: tuple[Act, ...] = ()
    stood: tuple[Stood, ...] = ()
    heads: tuple[str, ...] = ()
    now: datetime = NOW
    number: int = 0
    last: AllHeard = field(init=False)

    @property
    def matter(self) -> Matter:
        return Matter(facts=self.facts, policy=policy(self.text), acts=self.acts)

    def judged(self) -> Report:
        return evaluate(self.matter, registry(), "1")

    def states(self) -> dict[str, str]:
        return states(self.judged())

    def heard(self, body: str, who: Asker, **known: Any) -> AllHeard:
        """What comes of a comment, a minute after the one before; `known` replaces its fields."""
        self.number += 1
        self.now += timedelta(minutes=1)
        said = Said(
            key=f"comment:{self.number}",
            node_id="n",
            body=body,
            by_id=who.person.id,
            by_login=who.person.login,
            by_type="User",
            created_at=self.now,
            updated_at=self.now,
        )
        said = replace(said, **known)
        court = Court(
            said=said,
            asker=who,
            commands={command.verb: command for command in all_commands()},
            judge=lambda matter: evaluate(matter, registry(), "1"),
            stood=self.stood,
            heads=self.heads,
        )
        before = said.before
        lines = read_commands(body) if before is None else added_commands(before, body)
        self.last = hear(lines, court, self.matter, self.judged())
        self.acts += self.last.acts
        return self.last

    def says(self, login: str, body: str, **known: Any) -> str:
        """What is answered, one line for each line; `done` where nothing needs saying."""
        answers = self.heard(body, asks(login, **known)).answers
        return "\n".join(one.said or ("done" if one.done else "") for one in answers)
