"""What a channel carries to people outside GitHub, before an adapter gives it its form."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message about one pull request, as plain text that nothing has escaped yet.

    `kind`: raised, widened, told, changed, gone, unanswered, taken, answered, digest or alarm.
    `subject`: one line. `lines`: paragraphs in their order. `link`: address of the pull request.
    `thread`: the same for all messages of one pull request, such as `acme/orders#118`. `to`: the
    logins or the team that it is addressed to, looked up among the operator's people and never
    guessed.
    """

    kind: str
    subject: str
    lines: tuple[str, ...]
    link: str
    thread: str
    to: tuple[str, ...] = ()
