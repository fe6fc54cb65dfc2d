"""What the description of a pull request says under one heading, for rules that only advise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model.body import BODY_LIMIT, section
from bot.model.known import Known, Unknown
from bot.model.need import Need, Part

if TYPE_CHECKING:
    from bot.model.body import Section
    from bot.model.facts import Changes, Facts

_TOO_LONG = Unknown("the description is too long to read", by_content=True)


def body_needs(options: object, changes: Changes) -> frozenset[Need]:  # noqa: ARG001  as every rule
    """The description."""
    return frozenset({Part.BODY})


def body_of(facts: Facts) -> Known[str]:
    """The description, where it was read and is short enough to look at."""
    if isinstance(facts.body, Unknown) or len(facts.body) <= BODY_LIMIT:
        return facts.body
    return _TOO_LONG


def section_of(facts: Facts, heading: str) -> Known[Section | None]:
    """That section of the description, None where there is none; Unknown where it is not read."""
    body = body_of(facts)
    return body if isinstance(body, Unknown) else section(body, heading)


def lack(facts: Facts, heading: str, *, words: int = 1, none: bool = False) -> Known[str]:
    """What the section lacks, empty where it says enough. `words`: own ones that it needs.

    `none`: "none" is an answer.
    """
    found = section_of(facts, heading)
    if isinstance(found, Unknown):
        return found
    if found is None:
        return f"the description has no section {heading}"[:200]
    if found.own_words >= words or (none and found.says_none):
        return ""
    return f"too little is said in section {heading}"[:200]
