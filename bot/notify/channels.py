"""The operator's channels file: where messages may go, under names that policies use.

Every mistake is named at once, with its place and its mend, and never with what stands there: most
of the file is secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.model.problem import Problem, Severity, Where
from bot.readers.yaml_loader import Limits, Node, Scalar, Sequence, read_yaml
from bot.readers.yaml_loader import Mapping as Table
from bot.settings import Secret

FILE = "HANDOFF_CHANNELS"
SLACK_API = "https://slack.com/api"

# What each mapping may have; with a star it must.
_FORMS: Mapping[str, tuple[str, ...]] = {
    "slack": ("token*", "channel", "url"),
    "slack-webhook": ("url*",),
    "teams": ("url*",),
    "mail": ("to",),
    "webhook": ("url*", "secret*", "old-secret"),
}
_SMTP = ("host*", "port", "user", "password", "from*", "tls")
_HOST = re.compile(r"[A-Za-z0-9.:-]+")
_PORT = r"(?:\d{1,4}|[1-5]\d{4}|6[0-4]\d{3})"
# A name, which is looked up and then looked at; addresses in figures have too many forms.
_URL = re.compile(rf"https://(?:[A-Za-z0-9-]+\.)*[A-Za-z][A-Za-z0-9-]*(?::{_PORT})?(?:/[!-~]*)?")
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+@[A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One place to say things; `url`, `room`, `to`, `keys`: as far as its channel has them.

    `keys`: Slack's token, or a webhook's secrets, the present one first.
    """

    alias: str
    channel: str
    url: str
    room: str
    to: tuple[str, ...]
    keys: tuple[Secret, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """The server that takes mails; `insecure`: also without TLS, where it offers none."""

    host: str
    port: int
    sender: str
    user: str
    password: Secret
    insecure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """All that is configured. `slack`, `mail`: what a login, in small letters, or a team is
    called there.

    `secrets`: whatever must never be shown, for redaction.
    """

    targets: Mapping[str, Target] = field(default_factory=dict)
    smtp: Smtp | None = None
    slack: Mapping[str, str] = field(default_factory=dict)
    mail: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()

    @property
    def direct(self) -> Mapping[str, str]:
        """Under which target each person is written to alone: the first of a channel that knows
        them and has no addressee of its own, Slack before mail."""
        found: dict[str, str] = {}
        for channel, people in (("slack", self.slack), ("mail", self.mail)):
            for one in self.targets.values():
                if one.channel == channel and not one.room and not one.to:
                    found = dict.fromkeys(people, one.alias) | found
        return found


def parse(text: Secret | None) -> Channels | tuple[Problem, ...]:
    """The channels of a file (YAML or JSON), or everything that is wrong with it."""
    if text is None:
        return Channels()
    reading = read_yaml(text.reveal().encode(), FILE, Limits(empty_values=True))
    book = _Book()
    for one in reading.problems:
        if one.severity is Severity.ERROR:
            # Its own words may hold what stands there.
            book.say("", f"cannot be read; `handoff explain {one.code}` says more", one.where.line)
    top = book.table(reading.root, "", ("targets", "smtp", "people")) if reading.root else {}
    found = [_target(book, *one) for one in book.named(top, "targets")]
    people = {
        login.lower(): book.fields(node, f"people.{login}", ("slack", "mail"))
        for login, node in book.named(top, "people")
    }
    smtp = _smtp(book, top["smtp"]) if "smtp" in top else None
    if smtp is None and any(one.channel == "mail" for one in found):
        book.say("smtp", "is missing: mail needs a server, smtp: {host: ..., from: ...}", 0)
    if book.problems:
        return tuple(book.problems)
    return Channels(
        targets={one.alias: one for one in found},
        smtp=smtp,
        slack={login: one["slack"][0] for login, one in people.items() if "slack" in one},
        mail={login: one["mail"][0] for login, one in people.items() if "mail" in one},
        secrets=_secrets(found, smtp),
    )


def _secrets(targets: list[Target], smtp: Smtp | None) -> tuple[str, ...]:
    found = [key.reveal() for one in targets for key in one.keys]
    for one in targets:
        if one.channel in {"slack-webhook", "teams"}:
            # Who knows such an address may write there.
            found += [one.url, one.url.partition("://")[2].partition("/")[2]]
    return (*found, smtp.password.reveal()) if smtp is not None else tuple(found)


def _target(book: _Book, alias: str, node: Node) -> Target:
    at = f"targets.{alias}"
    forms = list(book.table(node, at, tuple(_FORMS)).items())
    if len(forms) != 1:
        book.say(at, f"must have one of {', '.join(_FORMS)}", node.place.line)
    channel, below = forms[0] if forms else ("", node)
    had = book.fields(below, f"{at}.{channel}", _FORMS[channel]) if channel else {}
    keys = [had[name][0] for name in ("token", "secret", "old-secret") if name in had]
    return Target(
        alias=alias,
        channel=channel,
        url=_one(had, "url", SLACK_API),
        room=_one(had, "channel"),
        to=had.get("to", ()),
        keys=tuple(Secret(key) for key in keys),
    )


def _smtp(book: _Book, node: Node) -> Smtp:
    had = book.fields(node, "smtp", _SMTP)
    if ("user" in had) != ("password" in had):
        book.say("smtp", "must have both user and password, or none", node.place.line)
    return Smtp(
        host=_one(had, "host"),
        port=int(_one(had, "port", "587")),
        sender=_one(had, "from"),
        user=_one(had, "user"),
        password=Secret(_one(had, "password")),
        insecure=_one(had, "tls") == "offered",
    )


def _one(had: Mapping[str, tuple[str, ...]], name: str, default: str = "") -> str:
    return had.get(name, (default,))[0]


class _Book:
    """Takes a tree apart and remembers what was wrong."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def say(self, key: str, what: str, line: int) -> None:
        where = Where(file=FILE, line=line, key=f"{FILE}: {key}".removesuffix(": "))
        what += f" (line {line})" if line else ""
        self.problems.append(Problem(where=where, what=what))

    def named(self, top: Mapping[str, Node], key: str) -> list[tuple[str, Node]]:
        """What stands under names that the operator gave."""
        node = top.get(key)
        if node is not None and not isinstance(node, Table):
            self.say(key, "must be a mapping of names", node.place.line)
        return list(node.entries.items()) if isinstance(node, Table) else []

    def table(self, node: Node, key: str, form: tuple[str, ...]) -> Mapping[str, Node]:
        """The entries of a mapping; what is missing or unknown is complained of."""
        may = [name.rstrip("*") for name in form]
        had = node.entries if isinstance(node, Table) else {}
        if not isinstance(node, Table) or not had.keys() <= set(may):
            self.say(key, f"must be a mapping with only {', '.join(may)}", node.place.line)
        for name in form:
            if name.endswith("*") and name[:-1] not in had:
                self.say(key, f"lacks {name[:-1]}", node.place.line)
        return {name: one for name, one in had.items() if name in may}

    def fields(self, node: Node, key: str, form: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        """The texts of a mapping, each as a tuple; only `to` may have more than one or none."""
        found: dict[str, tuple[str, ...]] = {}
        for name, one in self.table(node, key, form).items():
            items = one.items if isinstance(one, Sequence) and name == "to" else (one,)
            texts = [item.text for item in items if isinstance(item, Scalar) and item.text]
            is_good, must = _CHECKS.get(name, (str.isprintable, "must be a text"))
            if len(texts) == len(items) and all(is_good(text) for text in texts):
                found[name] = tuple(texts)
            else:
                self.say(f"{key}.{name}", must, one.place.line)
        return found


_CHECKS: Mapping[str, tuple[Callable[[str], object], str]] = {
    "url": (
        _URL.fullmatch,
        "must be https://NAME/PATH, without a user and with no number for a name",
    ),
    "to": (_MAIL.fullmatch, "must be a list of addresses such as qa@acme.example"),
    "from": (_MAIL.fullmatch, "must be an address such as handoff@acme.example"),
    "mail": (_MAIL.fullmatch, "must be an address such as ana@acme.example"),
    "host": (_HOST.fullmatch, "must be the name of a host"),
    "port": (re.compile(_PORT).fullmatch, "must be the number of a port"),
    "tls": (("required", "offered").__contains__, "must be required or offered"),
    "slack": (
        re.compile(r"[UWS][A-Z0-9]{1,30}").fullmatch,
        "must be a member id such as U012ABC, of a team a group id such as S012ABC",
    ),
}
