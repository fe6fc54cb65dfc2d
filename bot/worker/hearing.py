"""What people typed: read, judged by who they are now, answered once."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cachetools import TTLCache

from bot.judge.hear import hear, may_be_heard
from bot.model.command import Asker, Command, CommandLine, Misread
from bot.model.effect import Effect, React, Reply
from bot.model.facts import Person, Standing
from bot.model.known import Known, Unknown
from bot.readers.command_lines import added_commands, read_commands
from bot.text.comment import reply_marker
from bot.text.reply import reply_body
from bot.text.title import title_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.clock import Clock
    from bot.model.arrival import Said
    from bot.model.claim import Claim
    from bot.model.report import Fault, Matter, Report
    from bot.worker.ports import Source

# Command lines per person and repository: enough to ask about each item, too few to flood.
AN_HOUR = timedelta(hours=1)
AUTHORS_PER_HOUR = 30
PER_HOUR = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What the comments of one claim lead to."""

    effects: tuple[Effect, ...] = ()
    recheck: bool = False
    faults: tuple[Fault, ...] = ()


@dataclass(slots=True, kw_only=True)
class Hearing:
    """Hears the comments of a claim in GitHub's order; made in wiring."""

    source: Source
    commands: Mapping[str, Command]
    clock: Clock
    _shown: TTLCache[str, str] = field(init=False)
    _spoke: dict[tuple[int, int], deque[datetime]] = field(default_factory=dict)
    _refused: dict[tuple[int, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._shown = TTLCache(10_000, AN_HOUR.total_seconds(), self.clock.monotonic)

    async def hear(
        self, claim: Claim, matter: Matter, report: Report, *, has_comment: bool
    ) -> Spoken:
        """Replies, reactions and whether to look again.

        `has_comment`: the sticky comment says already what a status would.
        """
        effects: list[Effect] = []
        faults: list[Fault] = []
        recheck = False
        for said in claim.said:
            if not may_be_heard(said):
                continue
            if said.before is None:
                lines = read_commands(said.body)
            else:
                lines = added_commands(said.before, said.body)
            if not lines:
                continue
            over = self._over(claim, said, len(lines), is_author=_is_author(said, matter))
            if over > 0:
                effects += [_reaction(claim, said, "confused")] * (over == 1 and said.node_id != "")
                continue
            asker = await self._asker(claim, said, matter, lines)
            heard = hear(lines, said, asker, (matter, report), self.commands)
            recheck = recheck or heard.recheck
            faults += heard.faults
            if not said.node_id:
                # A button: there is nothing to react to or to answer below.
                continue
            body = reply_body(heard, title_of(report))
            view = heard.show and not heard.refused and heard.alone
            if body and not (view and (has_comment or self._stands(claim, body))):
                effects.append(_reply(claim, said, f"{body}\n\n{reply_marker(said.key)}"))
            effects.append(_reaction(claim, said, "confused" if heard.refused else "+1"))
        return Spoken(effects=tuple(effects), recheck=recheck, faults=tuple(faults))

    def _stands(self, claim: Claim, body: str) -> bool:
        """Whether the newest answer on the pull request says just this: nobody needs it twice."""
        stands = self._shown.get(claim.subject.key) == body
        self._shown[claim.subject.key] = body
        return stands

    async def _asker(
        self, claim: Claim, said: Said, matter: Matter, lines: Sequence[CommandLine | Misread]
    ) -> Asker:
        """Who speaks; what they may do is asked live, and only where a command depends on it."""
        person = Person(id=said.by_id, login=said.by_login)
        author = _is_author(said, matter)
        standing: Known[Standing] = Unknown("not asked for")
        if said.through_app is not None:
            standing = Unknown(f"the App {said.through_app} wrote this comment")
        elif not author and any(self._asks(line) for line in lines):
            standing = await self.source.standing(claim, person)
        return Asker(person=person, standing=standing, is_author=author)

    def _asks(self, line: CommandLine | Misread) -> bool:
        if isinstance(line, Misread):
            return False
        command = self.commands.get(line.verb)
        return command is not None and command.asks_standing

    def _over(self, claim: Claim, said: Said, lines: int, *, is_author: bool) -> int:
        """How many comments over the hourly limit this one is; counted in this process, before
        any request."""
        now = self.clock.now()
        key = (claim.subject.repo_id, said.by_id)
        spoke = self._spoke.setdefault(key, deque())
        while spoke and now - spoke[0] > AN_HOUR:
            spoke.popleft()
        limit = AUTHORS_PER_HOUR if is_author else PER_HOUR
        if len(spoke) < limit:
            spoke.extend([now] * lines)
            self._refused.pop(key, None)
            return 0
        self._refused[key] = self._refused.get(key, 0) + 1
        return self._refused[key]


def _is_author(said: Said, matter: Matter) -> bool:
    return said.by_id == matter.facts.author.id


def _reply(claim: Claim, said: Said, body: str) -> Reply:
    return Reply(
        repo_id=claim.subject.repo_id,
        number=claim.subject.number,
        comment_key=said.key,
        body=body,
        in_thread=said.in_thread,
    )


def _reaction(claim: Claim, said: Said, content: str) -> React:
    return React(
        repo_id=claim.subject.repo_id,
        number=claim.subject.number,
        node_id=said.node_id,
        content=content,
    )
