"""Acts that a loss of data took, read again from the comments that they came from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from bot.judge.hear import hear
from bot.model.act import NOWHERE, Act, ActKind
from bot.model.command import CommandLine
from bot.model.facts import Person
from bot.readers.command_lines import read_commands
from bot.worker.aside import aside
from bot.worker.hearing import SHORTEST_SHA, WINDOW

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.model.arrival import Said
    from bot.model.claim import Claim
    from bot.model.look import Talk
    from bot.model.report import Matter, Report
    from bot.worker.hearing import Hearing
    from bot.worker.ports import Acts, Talks

# About questions, which are put anew: what was said of the old ones may not fit the new ones.
_ASKED = frozenset({"escalate", "ack", "snooze", "decide", "assign"})


def rebuild_asked(claim: Claim) -> bool:
    """Whether the operator asked for it since the claim's work became due."""
    asked = claim.expect.get("rebuild")
    return asked is not None and datetime.fromisoformat(asked) >= claim.first_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilding:
    """Reads them where the store cannot know them all; made in wiring."""

    talks: Talks
    ledger: Acts
    hearing: Hearing

    async def rebuild(
        self, claim: Claim, matter: Matter, report: Report, judge: Callable[[Matter], Report]
    ) -> tuple[Matter, Report]:
        """Both with what was said before the store's time, as far as it can be known; as they are
        where the store saw the pull request being opened. Raises errors.Trouble."""
        since, known, found = await self.ledger.whole_since(), matter.acts, list[Act]()
        if matter.facts.opened_at >= since:
            return matter, report
        verbs = {one.verb for one in self.hearing.commands.values() if not one.view} - {"recheck"}
        talk = await self.talks.talk(claim, matter.facts.head_sha)
        for said in talk.said:
            lines = [one for one in read_commands(said.body) if isinstance(one, CommandLine)]
            acting = [one for one in lines if one.verb in verbs]
            refused = said.key in talk.refused
            if not acting or said.created_at >= since or (refused and len(lines) == 1):
                continue
            own = [one for one in found if one.by.id == said.by_id]
            bare = acting[0].verb == "undo" and not acting[0].words
            if bare and own and own[-1].kind is ActKind.REMARK:
                # An undo of what is lost settles it, and takes nothing else back.
                found, acting = [one for one in found if one is not own[-1]], acting[1:]
            fit = [one for one in acting if one.verb not in _ASKED and not refused]
            court = await self.hearing.court(claim, said, matter, fit, judge)
            heard = await aside(matter.facts, hear, fit, court, matter, report)
            sure = _about_head(said, acting, talk, matter)
            found += [self._rebuilt(act, sure=sure) for act in heard.acts]
            done = [one for one, way in zip(fit, heard.answers, strict=True) if way.done]
            found += [_lost(said, one, matter) for one in acting if one not in done]
            matter = replace(matter, acts=(*known, *found))
            report = await aside(matter.facts, judge, matter)
        return matter, report

    def _rebuilt(self, act: Act, *, sure: bool) -> Act:
        """The act as it may count: about a head only where that one was surely meant."""
        act, command = replace(act, rebuilt=True), self.hearing.commands.get(act.kind.value)
        lost = not sure and command is not None and command.bound
        return replace(act, head_sha=NOWHERE, scopes={}) if lost else act


def _about_head(said: Said, lines: Sequence[CommandLine], talk: Talk, matter: Matter) -> bool:
    """Whether the present head was meant: it is named, or this App's own check stood at it long
    enough before. What is bound by a review is compared as at any time."""
    head, stood = matter.facts.head_sha, talk.judged_since
    words = {word.casefold() for line in lines for word in line.text.split()}
    if said.commit_sha or any(len(one) >= SHORTEST_SHA and head.startswith(one) for one in words):
        return True
    return stood is not None and max(stood, matter.facts.head_since) + WINDOW <= said.created_at


def _lost(said: Said, line: CommandLine, matter: Matter) -> Act:
    return Act(
        key=f"lost:{said.key}:{line.number}",
        kind=ActKind.REMARK,
        by=Person(id=said.by_id, login=said.by_login),
        subjects=(),
        head_sha=NOWHERE,
        said_at=matter.facts.taken_at,
        data={"line": line.text.strip(), "verb": line.verb},
        rebuilt=True,
    )
