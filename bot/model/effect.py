"""Something to do outside, with a key that names the thing and not the attempt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from hashlib import sha256
from typing import TypeAlias

from bot.model.codec import canonical
from bot.model.message import Message

# The reaction that a comment was seen, until it is answered.
SEEN = "eyes"


class EffectClass(IntEnum):
    """Order of sending within a pull request: a verdict is never held up by talk."""

    SEEN = 0
    CHECK = 1
    ANNOTATIONS = 2
    REPLY = 3
    COMMENT = 5
    TALK = 6
    REACTION = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """A remark at a place of the diff; `level`: failure, warning or notice."""

    path: str
    start_line: int
    end_line: int
    level: str
    title: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """An action under the check: label at most 20, description 40, identifier 20 characters."""

    label: str
    description: str
    identifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCheck:
    """The check run `name` on one head; `conclusion` None while CI evidence is awaited."""

    repo_id: int
    head_sha: str
    name: str
    status: str
    conclusion: str | None
    title: str
    summary: str
    text: str
    annotations: tuple[Annotation, ...] = ()
    buttons: tuple[Button, ...] = ()
    details_url: str | None = None
    enforced: bool = True

    @property
    def key(self) -> str:
        """One check per repository, head and name."""
        return f"check:{self.repo_id}:{self.head_sha}:{self.name}"

    @property
    def order(self) -> EffectClass:
        """Checks go first."""
        return EffectClass.CHECK


@dataclass(frozen=True, slots=True, kw_only=True)
class PutComment:
    """The one sticky comment of a pull request; `create` False: only edit one that stands."""

    repo_id: int
    number: int
    body: str
    create: bool

    @property
    def key(self) -> str:
        """One per pull request."""
        return f"sticky:{self.repo_id}#{self.number}"

    @property
    def order(self) -> EffectClass:
        """After the verdict and the replies."""
        return EffectClass.COMMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The one answer to a comment; `in_thread`: id of the line comment to answer under. `anew`: the
    comment was heard again, and an answer that stands says this instead."""

    repo_id: int
    number: int
    comment_key: str
    body: str
    in_thread: int | None = None
    anew: bool = False

    @property
    def key(self) -> str:
        """One per comment that was answered."""
        return f"reply:{self.comment_key}"

    @property
    def order(self) -> EffectClass:
        """People are answered before the sticky comment is brought up to date."""
        return EffectClass.REPLY


@dataclass(frozen=True, slots=True, kw_only=True)
class React:
    """A reaction on a comment or review, by its node id; `content` is GitHub's word. `gone`: it is
    taken away."""

    repo_id: int
    number: int
    node_id: str
    content: str
    gone: bool = False

    @property
    def key(self) -> str:
        """One per comment, reaction and direction."""
        return f"react:{self.node_id}:{self.content}" + (":gone" if self.gone else "")

    @property
    def order(self) -> EffectClass:
        """Last, and dropped first; that a comment was seen goes before all."""
        seen = self.content == SEEN and not self.gone
        return EffectClass.SEEN if seen else EffectClass.REACTION


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """A short comment that speaks to people; made once and never edited into another one.

    `cause` names the moment, such as `raised:e1`; the comment is found again by it.
    """

    repo_id: int
    number: int
    cause: str
    body: str

    @property
    def key(self) -> str:
        """One per pull request and cause."""
        return f"ping:{self.repo_id}#{self.number}:{self.cause}"

    @property
    def order(self) -> EffectClass:
        """After the verdict and the sticky comment."""
        return EffectClass.TALK


@dataclass(frozen=True, slots=True, kw_only=True)
class Hide:
    """Our answer to a mistaken comment folded away, since the same person got it right."""

    repo_id: int
    number: int
    comment_key: str

    @property
    def key(self) -> str:
        """One per answer."""
        return f"hide:{self.comment_key}"

    @property
    def order(self) -> EffectClass:
        """With the reactions: nobody misses it."""
        return EffectClass.REACTION


@dataclass(frozen=True, slots=True, kw_only=True)
class AskReview:
    """A review asked of one person; one bad name would spoil a list of them. `otherwise`: what a
    comment says where GitHub refuses."""

    repo_id: int
    number: int
    cause: str
    login: str
    otherwise: str = ""

    @property
    def key(self) -> str:
        """One per pull request and cause."""
        return f"review:{self.repo_id}#{self.number}:{self.cause}"

    @property
    def order(self) -> EffectClass:
        """With what else is said to people."""
        return EffectClass.TALK


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """A message to a target of the operator's settings; `cause` names the moment, not the try, and
    of a digest or an alarm the day: it speaks of many pull requests, and one of them carries it.

    `edits`: key of the message to which these lines are added where it stands, for nobody in
    particular; nothing is done where a channel cannot.
    """

    repo_id: int
    number: int
    target: str
    cause: str
    message: Message
    edits: str = ""

    @property
    def key(self) -> str:
        """One per target, pull request and cause; of digests and alarms one per target and day."""
        if self.message.kind in {"digest", "alarm"}:
            return f"{self.message.kind}:{self.target}:{self.cause}"
        word = "edit" if self.edits else "message"
        return f"{word}:{self.target}:{self.repo_id}#{self.number}:{self.cause}"

    @property
    def order(self) -> EffectClass:
        """After the verdict and the sticky comment."""
        return EffectClass.TALK


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIssue(Ping):
    """An issue about a pull request, made once; a comment there where issues may not be written."""

    title: str
    assignee: str

    @property
    def key(self) -> str:
        """One per pull request and cause."""
        return f"issue:{self.repo_id}#{self.number}:{self.cause}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLabel:
    """The one label of ours on a pull request, its stage; an empty `stage`: none.

    It is put on when the stage changes: one that a person took off stays off until then.
    """

    repo_id: int
    number: int
    stage: str

    @property
    def key(self) -> str:
        """One per pull request."""
        return f"label:{self.repo_id}#{self.number}"

    @property
    def order(self) -> EffectClass:
        """With the reactions: nobody waits for it."""
        return EffectClass.REACTION


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBoard:
    """The one issue of a repository that lists what waits there; `number`: what carries it. An
    empty one (`create` False) is only for an issue that stands."""

    repo_id: int
    number: int
    body: str
    create: bool = True

    @property
    def key(self) -> str:
        """One per repository."""
        return f"board:{self.repo_id}"

    @property
    def order(self) -> EffectClass:
        """With what else is said to people."""
        return EffectClass.TALK


Effect: TypeAlias = (
    SetCheck
    | PutComment
    | Reply
    | React
    | Ping
    | Hide
    | AskReview
    | Send
    | OpenIssue
    | SetLabel
    | PutBoard
)


def digest_of(effect: Effect) -> str:
    """SHA-256 over the canonical JSON of what would be seen; equal digests are not sent twice."""
    if isinstance(effect, PutComment | PutBoard):
        return sha256(effect.body.encode()).hexdigest()
    return sha256(canonical(effect)).hexdigest()


def external_id_of(gen: int, digest: str) -> str:
    """What our check run carries to be found by, never state: generation and digest."""
    return f"h1.{gen}.{digest[:16]}"


def generation_of(external_id: str) -> int:
    """The generation that one of our check runs carries; 0 where it carries none."""
    version, _, rest = external_id.partition(".")
    gen = rest.partition(".")[0]
    return int(gen) if version == "h1" and gen.isdecimal() and len(gen) < 10 else 0


class TimerKind(StrEnum):
    """Why a moment was set; a timer only wakes."""

    CI_DEADLINE = "ci-deadline"
    GRACE = "grace"
    ENDS = "ends"
    STEP = "step"
    VERIFY = "verify"
    FIND = "find"
    POLICY = "policy"
    RECONCILE = "reconcile"
    REDELIVERY = "redelivery"
    INSTALLATIONS = "installations"
    PEOPLE = "people"
    RETENTION = "retention"
    DIGEST = "digest"
    BACKUP = "backup"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """A moment at which time alone may change something about a pull request."""

    key: str
    kind: TimerKind
    due_at: datetime


class Comment(StrEnum):
    """What should become of the sticky comment."""

    NONE = "none"
    EDIT = "edit"
    CREATE = "create"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What should stand outside, before it is put into words, and when time alone matters."""

    checks: tuple[str, ...] = ()
    comment: Comment = Comment.NONE
    timers: tuple[Timer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What stands outside under one key.

    `state`: live, suppressed (a person removed it: never again), superseded, unsure.
    `detail`: JSON of what the publisher must remember (status, conclusion, annotations sent).
    """

    key: str
    kind: str
    gen: int
    digest: str
    remote_id: int | None = None
    state: str = "live"
    detail: str = "{}"
