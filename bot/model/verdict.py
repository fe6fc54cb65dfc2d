"""What one rule says of one pull request, with the evidence it rests on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.model.known import Unknown

# Longer lines wrap in GitHub's check summary table and hide the place that follows them.
SUMMARY_LIMIT = 120
# More places help nobody; the rest is counted.
SHOWN = 20


class Outcome(StrEnum):
    """The five answers of a rule; UNKNOWN never passes, SKIP means nothing here to judge."""

    PASS = "PASS"
    FAIL = "FAIL"
    WAIT = "WAIT"
    UNKNOWN = "UNKNOWN"
    SKIP = "SKIP"


class Tier(StrEnum):
    """How far a kind of finding may be trusted; only `sure` may fail a rule."""

    SURE = "sure"
    LIKELY = "likely"
    HINT = "hint"


class Says(StrEnum):
    """What a finding says of the promise."""

    HOLDS = "holds"
    BROKEN = "broken"
    ABSENT = "absent"
    WORD = "word"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of observation; `because` says why it deserves its tier."""

    id: str
    tier: Tier
    says: Says
    because: str
    withholds: bool = False

    def at(
        self, note: str, file: str | None = None, line: int | None = None, link: str | None = None
    ) -> Evidence:
        """Evidence of this kind at a place; `line` counts from 1 at the head."""
        return Evidence(note=note, file=file, line=line, link=link, kind=self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One observation with its place; `note` is plain text of at most 200 characters."""

    note: str
    kind: Kind
    file: str | None = None
    line: int | None = None
    link: str | None = None

    def __post_init__(self) -> None:
        if self.line is not None and (self.line < 1 or self.file is None):
            raise ValueError("evidence needs a file for its line, and lines count from 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """An outcome that cannot be built without what it must rest on.

    `beyond`: what the rule says where the findings that this outcome rests on do not count; None
    where it cannot say so.
    """

    outcome: Outcome
    summary: str
    evidence: tuple[Evidence, ...] = ()
    advice: tuple[Evidence, ...] = ()
    recheck_at: datetime | None = None
    by_content: bool = False
    beyond: Verdict | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        _check_summary(self.summary)
        sure = any(one.kind.tier is Tier.SURE for one in self.evidence)
        if self.outcome is Outcome.FAIL and not sure:
            raise ValueError("a FAIL needs at least one evidence of a sure kind")
        if self.outcome is Outcome.WAIT and (self.recheck_at is None or not self.evidence):
            raise ValueError("a WAIT names what is awaited and when to look again")
        if self.outcome is not Outcome.WAIT and self.recheck_at is not None:
            raise ValueError("only a WAIT has a moment to look again")


def _check_summary(summary: str) -> None:
    if not summary.strip() or len(summary) > SUMMARY_LIMIT:
        raise ValueError(f"a summary has 1 to {SUMMARY_LIMIT} characters: {summary!r}")
    if "\n" in summary or "\r" in summary or "`" in summary:
        raise ValueError(f"a summary is one line of plain text: {summary!r}")


def clip(text: str, limit: int = SUMMARY_LIMIT) -> str:
    """The text as one plain line of at most `limit` characters, cut with an ellipsis."""
    line = " ".join(text.replace("`", "'").split()) or "(empty)"
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def passed(summary: str, *evidence: Evidence, advice: tuple[Evidence, ...] = ()) -> Verdict:
    """Shown to hold."""
    return Verdict(outcome=Outcome.PASS, summary=clip(summary), evidence=evidence, advice=advice)


def failed(
    summary: str,
    *evidence: Evidence,
    advice: tuple[Evidence, ...] = (),
    beyond: Verdict | None = None,
) -> Verdict:
    """Shown not to hold; raises ValueError without evidence of a sure kind."""
    return Verdict(
        outcome=Outcome.FAIL,
        summary=clip(summary),
        evidence=evidence,
        advice=advice,
        beyond=beyond,
    )


def waiting(summary: str, recheck_at: datetime, *evidence: Evidence) -> Verdict:
    """A machine will still report; look again at `recheck_at`."""
    return Verdict(
        outcome=Outcome.WAIT, summary=clip(summary), evidence=evidence, recheck_at=recheck_at
    )


def undecided(why: Unknown, *evidence: Evidence, beyond: Verdict | None = None) -> Verdict:
    """Could not learn; carries the reason and whether the content itself caused it."""
    return Verdict(
        outcome=Outcome.UNKNOWN,
        summary=clip(why.reason),
        evidence=evidence,
        by_content=why.by_content,
        beyond=beyond,
    )


def skipped(summary: str) -> Verdict:
    """Nothing here to judge, and why."""
    return Verdict(outcome=Outcome.SKIP, summary=clip(summary))
