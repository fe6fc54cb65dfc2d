"""The App's own next acts, taken until there is nothing left to do, and what they say to whom."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.acts.who import every_role
from bot.errors import Refused, Transient
from bot.judge.follow import Reach, Step, step
from bot.model.act import Act, ActKind
from bot.model.effect import Effect
from bot.model.known import Unknown
from bot.model.report import Matter, Report
from bot.text.decisions import decided_before
from bot.text.edits import edits_of
from bot.text.handover import told_effects
from bot.text.ping import effects_of
from bot.worker.aside import aside

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.model.claim import Claim
    from bot.model.facts import Facts
    from bot.worker.ports import Rosters, Turns

# More than any pull request has questions; a loop that does not end is a bug that must not block.
STEPS_AT_MOST = 40
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """The matter and report with the App's own acts; `again_at`: when time alone leads on."""

    matter: Matter
    report: Report
    acts: tuple[Act, ...] = ()
    effects: tuple[Effect, ...] = ()
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """Takes the steps of `judge.follow`, looking up who is in a role where one depends on it.

    `web`: where people read pull requests, such as `https://github.com`. `direct`: the target under
    which a person is written to alone, by login in small letters.
    """

    people: Rosters
    acts: Turns
    web: str
    direct: Mapping[str, str] = field(default_factory=dict)

    async def follow(
        self,
        claim: Claim,
        matter: Matter,
        report: Report,
        judge: Callable[[Matter], Report],
        heard: Sequence[Act] = (),
    ) -> Followed:
        """Steps until none is left. `heard`: what people have just said."""
        reach, acts = Reach(), list[Act]()
        found = Step()
        for _ in range(STEPS_AT_MOST):
            found = await aside(matter.facts, step, matter, report, reach)
            if found.acts:
                new = [await self._remembered(matter.facts, act) for act in found.acts]
                acts += new
                matter = replace(matter, acts=(*matter.acts, *new))
                report = await aside(matter.facts, judge, matter)
            elif found.wants:
                reach = await self._reached(claim, matter, reach, found.wants)
            else:
                break
        return Followed(
            matter=matter,
            report=report,
            acts=tuple(acts),
            effects=(
                *effects_of(acts, matter, report, self.web, self.direct),
                *told_effects(acts, matter, report, self.web),
                *edits_of((*heard, *acts), matter, report, self.web, self.direct),
            ),
            again_at=found.again_at,
        )

    async def _remembered(self, facts: Facts, act: Act) -> Act:
        """A question with what was decided about the same before; it decides nothing."""
        if act.kind is not ActKind.RAISE:
            return act
        before = decided_before(act, facts.number or 0, await self.acts.decided(facts.repo))
        return replace(act, data={**act.data, "before": before}) if before else act

    async def _reached(
        self, claim: Claim, matter: Matter, reach: Reach, wants: frozenset[str]
    ) -> Reach:
        """The same with the people of these roles, and how often each was asked."""
        rosters, roles = dict(reach.rosters), every_role(matter.policy)
        for name in sorted(wants):
            with suppress(Refused, Transient):
                rosters[name] = await self.people.roster(claim, roles[name], matter.facts)
        logins = [
            person.login
            for some in rosters.values()
            if not isinstance(some, Unknown)
            for person in some
        ]
        fewest = any(roles[name].pick == "fewest-open" for name in wants)
        asked = await self.acts.asked(logins, matter.facts.taken_at - _DAY, counted=fewest)
        unread = reach.unread | (wants - rosters.keys())
        return Reach(rosters=rosters, asked=asked, unread=unread)
