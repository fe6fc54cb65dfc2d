"""Once a working day each role's channel hears what waits for an answer, the longest wait first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.acts.answers import CLOSED, OPENED, answer_to, told_last
from bot.acts.force import in_force, in_order
from bot.acts.who import every_role, listed
from bot.judge.episodes import episodes_of, hours_of
from bot.judge.handover import UNDEPLOYED
from bot.judge.hours import after, day_of, digest_at, is_open, worked
from bot.model.act import ActKind
from bot.model.effect import PutBoard, Send
from bot.model.known import Known, Unknown
from bot.model.message import Message
from bot.model.policy import WorkingTime
from bot.model.verdict import clip
from bot.text.escape import plain
from bot.text.ping import question_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import date, datetime

    from bot.model.act import Act
    from bot.model.episode import Episode
    from bot.model.policy import Hours, Policy, Role
    from bot.model.wake import Subject

LINES_AT_MOST = 10
BOARD_LINES_AT_MOST = 20
# Of one question; the rest stands on the pull request.
_LONGEST = 160
# Of the time for an answer.
_SOON = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """A pull request about which people were asked, with all its acts and the policy in force."""

    subject: Subject
    installation_id: int
    repo: str
    policy: Policy
    acts: tuple[Act, ...]
    open: bool = True

    @property
    def name(self) -> str:
        """`acme/orders#118`."""
        return f"{self.repo}#{self.subject.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One answer that a role owes; `channel` empty where it has none. `what` it is about, `who` has
    it, `state`: why it is shown now, in words. `hours`: by which calendar the role lives."""

    pull: Pull
    role: str
    channel: str
    hours: Hours
    since: datetime
    what: str
    who: str
    state: str


def waiting(pull: Pull, now: datetime) -> Iterator[Waiting]:
    """What the roles owe on a pull request: decisions, and answers to notices."""
    if pull.open:
        yield from _questions(pull, now)
    yield from _answers(pull, now)


def digests(
    pulls: Iterable[Pull], since: datetime, now: datetime, targets: Collection[str], web: str
) -> tuple[tuple[Pull, Send], ...]:
    """The digests whose moment came after `since`, each with the pull request that carries it: the
    one that waits longest. A target of several calendars hears at the first of their moments, of
    everything. `web`: where people read pull requests."""
    by_target: dict[str, list[Waiting]] = {}
    for pull in pulls:
        for one in waiting(pull, now):
            if one.channel in targets:
                by_target.setdefault(one.channel, []).append(one)
    found = []
    for target, rows in sorted(by_target.items()):
        rows.sort(key=lambda one: (one.since, one.pull.name, one.what))
        due = next((one.hours for one in rows if _due(one.hours, since, now)), None)
        if due is not None:
            message = _message(rows, web)
            found.append((rows[0].pull, _sent(rows[0].pull, target, message, day_of(now, due))))
    return tuple(found)


def boards(pulls: Iterable[Pull], now: datetime) -> tuple[tuple[Pull, PutBoard], ...]:
    """What the issue of each repository that wants one says, with a pull request that carries it:
    all that roles owe there, whether or not they have a channel."""
    by_repo: dict[int, list[Pull]] = {}
    for pull in pulls:
        if pull.policy.board_issue:
            by_repo.setdefault(pull.subject.repo_id, []).append(pull)
    found = []
    for repo_id, some in by_repo.items():
        rows = sorted(
            (row for pull in some for row in waiting(pull, now)),
            key=lambda one: (one.since, one.pull.name, one.what),
        )
        lines = [f"- {plain(_told(one), 500)}" for one in rows[:BOARD_LINES_AT_MOST]]
        more = len(rows) - len(lines)
        lines += [f"\n… {more} more"] if more else []
        body = "\n".join(lines) or "Nothing waits for an answer."
        put = PutBoard(
            repo_id=repo_id, number=some[0].subject.number, body=body, create=lines != []
        )
        found.append((some[0], put))
    return tuple(found)


def _due(hours: Hours, since: datetime, now: datetime) -> bool:
    """Whether the day's moment came; one that nobody was there for is made up within hours."""
    return since < digest_at(day_of(now, hours), hours) <= now and is_open(now, hours)


def _questions(pull: Pull, now: datetime) -> Iterator[Waiting]:
    force, policy = in_force(pull.acts, ""), pull.policy
    acks = {one.subjects[0] for one in force if one.kind is ActKind.ACK}
    for episode in episodes_of(in_order(pull.acts), force, policy, now, _unseen):
        role, hours = every_role(policy).get(episode.role), hours_of(episode.role, policy)
        state = _state(episode, hours, now, acknowledged=episode.name in acks)
        if role is not None and state:
            yield Waiting(
                pull=pull,
                role=role.name,
                channel=role.channel or "",
                hours=hours,
                since=episode.asked[0].said_at,
                what=f"{episode.name}: {clip(question_of(episode.raised), _LONGEST)}",
                who=f"{role.name} ({episode.person})" if episode.person else role.name,
                state=state,
            )


def _answers(pull: Pull, now: datetime) -> Iterator[Waiting]:
    """Notices whose answer is due soon: when three quarters of the time for it have passed. What
    will not come needs none."""
    force, policy = in_force(pull.acts, ""), pull.policy
    for use in policy.notices:
        role, hours = every_role(policy).get(use.to), hours_of(use.to, policy)
        tell = told_last(use.name, pull.acts)
        if role is None:
            continue
        if tell is None:
            yield from _undeployed(use.name, pull, role, now)
            continue
        if use.answer == "none" or _over(pull, tell):
            continue
        due = after(tell.said_at, use.answer_within, hours)
        passed = worked(tell.said_at, now, hours) >= worked(tell.said_at, due, hours) * _SOON
        if answer_to(tell, force) is None and passed:
            person = tell.data.get("pinged", "")
            yield Waiting(
                pull=pull,
                role=role.name,
                channel=role.channel or "",
                hours=hours,
                since=tell.said_at,
                what=f"{use.name}: told at {tell.head_sha[:7]}, to be accepted or returned",
                who=f"{role.name} ({person})" if person else role.name,
                state=f"{'overdue since' if due <= now else 'due'} {_date(due, hours)}",
            )


def _over(pull: Pull, tell: Act) -> bool:
    """Whether what was told will not come: closed since, and not opened again."""
    since = [act for act in pull.acts if act.subjects == tell.subjects and act.order > tell.order]
    marks = [act.detail for act in since if act.detail in {CLOSED, OPENED, "gone"}]
    return not pull.open and marks[-1:] not in ([], [OPENED])


def _undeployed(notice: str, pull: Pull, role: Role, now: datetime) -> Iterator[Waiting]:
    """What a deployment alone has kept from being told for a working day."""
    marks = [one for one in pull.acts if one.key.startswith(f"{UNDEPLOYED}:{notice}:")]
    if not marks or not marks[-1].data["lacks"] or not (pull.open or marks[-1].data["merged"]):
        return
    hours, lacks = hours_of(role.name, pull.policy), marks[-1].data["lacks"]
    if after(marks[-1].said_at, WorkingTime(days=1), hours) <= now:
        yield Waiting(
            pull=pull,
            role=role.name,
            channel=role.channel or "",
            hours=hours,
            since=marks[-1].said_at,
            what=f"{notice}: not told yet",
            who=role.name,
            state=f"only its {lacks} has not come",
        )


def _unseen(_scope: str) -> Known[str]:
    """No file is looked at for a digest: what a decision rests on is judged elsewhere."""
    return Unknown("not looked at")


def _state(episode: Episode, hours: Hours, now: datetime, *, acknowledged: bool) -> str:
    """Why a question is shown now, empty where it is not: nobody has to be reminded of what rests,
    of what somebody has taken, and of what was asked just now."""
    due, taken = episode.due_at, episode.taken
    if due is None or (taken is not None and taken.detail == "snooze"):
        return ""
    if due <= now:
        return f"overdue since {_date(due, hours)}"
    if taken is not None:
        return ""
    if acknowledged:
        return f"its acknowledgement has run out, due {_date(due, hours)}"
    passed = episode.reminds_at is not None and episode.reminds_at <= now
    return f"due {_date(due, hours)}" if passed else ""


def _message(rows: list[Waiting], web: str) -> Message:
    """Ten lines, how many more there are, and why it came here."""
    first, more = rows[0], len(rows) - LINES_AT_MOST
    lines = [_line(one, web) for one in rows[:LINES_AT_MOST]]
    roles = listed(sorted({one.role for one in rows}))
    why = f"This channel is named by {roles} · answer on the pull request: decide, ack or assign"
    return Message(
        kind="digest",
        subject=f"{len(rows)} waiting for an answer, the longest since {_since(first)}",
        lines=(*lines, *([f"… {more} more"] if more > 0 else []), why),
        link=_link(first, web),
        thread="The one that waits longest",
    )


def _line(one: Waiting, web: str) -> str:
    return f"{_told(one)} · {_link(one, web)}"


def _told(one: Waiting) -> str:
    told = f"{one.who} since {_since(one)}, {one.state}"
    return f"{one.pull.name} {one.what} · {told}"


def _sent(pull: Pull, target: str, message: Message, day: date) -> Send:
    return Send(
        repo_id=pull.subject.repo_id,
        number=pull.subject.number,
        target=target,
        cause=day.isoformat(),
        message=message,
    )


def _link(one: Waiting, web: str) -> str:
    return f"{web}/{one.pull.repo}/pull/{one.pull.subject.number}"


def _since(one: Waiting) -> str:
    return _date(one.since, one.hours)


def _date(moment: datetime, hours: Hours) -> str:
    return f"{moment.astimezone(ZoneInfo(hours.zone)):%a %d %b %H:%M}"
