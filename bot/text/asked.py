"""One line about a question: who has it, since when, until when, and what was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model.episode import Raised
from bot.text.clock import moment_of
from bot.text.escape import code, plain

if TYPE_CHECKING:
    from bot.model.episode import Episode


def asked_line(episode: Episode, zone: str) -> str:
    """Markdown of one line, without a mention."""
    about = code(", ".join(episode.subjects)) if episode.subjects else plain(episode.raised.reason)
    head = f"**Asked:** {episode.name} {episode.trigger} {about} → {plain(episode.turn)}"
    before = plain(episode.raised.data.get("before", ""))
    parts = (f"{head}{_whom(episode)}", *_states(episode, zone), before)
    return ", ".join(part for part in parts if part)


def answer_of(episode: Episode, zone: str) -> str:
    """What became of a question by now, in plain words."""
    decision, taken = episode.decision, episode.taken
    if decision is not None:
        return f"{decision.detail} by {decision.by.login}: {decision.reason}"
    if taken is not None and episode.taken_until is not None:
        return f"taken by {taken.by.login} until {moment_of(episode.taken_until, zone)}"
    return "nobody has answered yet" if episode.open else "withdrawn: nobody has to answer any more"


def _whom(episode: Episode) -> str:
    return f" {code(episode.person)}" if episode.person else ""


def _states(episode: Episode, zone: str) -> list[str]:
    decision = episode.decision
    if decision is not None:
        by = code(decision.speaker)
        return [f"{decision.detail} by {by}: {plain(decision.reason)}"]
    if not episode.asked:
        return ["not asked yet"]
    said = [f"since {moment_of(episode.asked[0].said_at, zone)}"]
    last = episode.asked[-1].data
    # Each step that led to nobody says why, those that somebody was asked after as well.
    found = [plain(one.data["nobody"]) for one in episode.asked if "nobody" in one.data]
    nobody = "; ".join(dict.fromkeys(found))
    if nobody and episode.person:
        said.append(f"before that nobody could be asked ({nobody})")
    elif nobody:
        said = [f"nobody could be asked ({nobody})"]
    if "refused" in last:
        said.append(plain(last["refused"]))
    if episode.state is Raised.ACKNOWLEDGED and episode.taken and episode.taken_until:
        until = moment_of(episode.taken_until, zone)
        said.append(f"taken by {code(episode.taken.speaker)} until {until}")
    if episode.due_at is not None:
        said.append(f"due {moment_of(episode.due_at, zone)}")
    return said
