"""The operator's channels file: where messages may go, under names that policies use.

Every mistake is named at once, with its place and its mend, and never with what stands there: most
of the file is secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from urllib.parse import urlsplit

from bot.model.problem import Problem, Severity, Where
from bot.readers.yaml_loader import Limits, Node, Scalar, Sequence, read_yaml
from bot.readers.yaml_loader import Mapping as Table
from bot.settings import Secret

FILE = "HANDOFF_CHANNELS"
SLACK_API = "https://slack.com/api"
SMTP_PORT = 587

_ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+@[A-Za-z0-9.-]+")
# Of each channel the fields that it may have; True: it must.
_FORMS: Mapping[str, Mapping[str, bool]] = {
    "slack": {"token": True, "channel": False, "url": False},
    "slack-webhook": {"url": True},
    "teams": {"url": True},
    "mail": {"to": False},
    "webhook": {"url": True, "secret": True, "old-secret": False},
}
_SMTP = {
    "host": True,
    "port": False,
    "user": False,
    "password": False,
    "from": True,
    "tls": False,
}
_PERSON = {"slack": False, "mail": False}
_TOP = {"targets": False, "smtp": False, "people": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One place to say things; `url`, `room`, `to`, `keys`: as far as its channel has them.

    `keys`: Slack's token, or a webhook's secrets, the present one first.
    """

    alias: str
    channel: str
    url: str = ""
    room: str = ""
    to: tuple[str, ...] = ()
    keys: tuple[Secret, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """The server that takes mails; `insecure`: also without TLS, where it offers none."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: Secret | None = None
    insecure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """All that is configured. `slack`, `mail`: what a login, in small letters, is called there.

    `secrets`: whatever must never be shown, for redaction.
    """

    targets: Mapping[str, Target] = field(default_factory=dict)
    smtp: Smtp | None = None
    slack: Mapping[str, str] = field(default_factory=dict)
    mail: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()


def parse(text: str) -> Channels | tuple[Problem, ...]:
    """The channels of a file (YAML or JSON), or everything that is wrong with it."""
    if not text.strip():
        return Channels()
    reading = read_yaml(text.encode(), FILE, Limits(empty_values=True))
    book = _Book([_unread(one) for one in reading.problems if one.severity is Severity.ERROR])
    if reading.root is None:
        return tuple(book.problems)
    top = book.table(reading.root, "", _TOP)
    smtp = _smtp(book, top["smtp"]) if "smtp" in top else None
    found = [_target(book, *one) for one in book.named(top.get("targets"), "targets")]
    people = {
        login.lower(): book.fields(node, f"people.{login}", _PERSON)
        for login, node in book.named(top.get("people"), "people")
    }
    mails = [one.alias for one in found if one.channel == "mail"]
    if mails and smtp is None:
        book.say(f"targets.{mails[0]}.mail", "needs a server: smtp: {host: ..., from: ...}")
    if book.problems:
        return tuple(book.problems)
    return Channels(
        targets={one.alias: one for one in found},
        smtp=smtp,
        slack={login: one["slack"][0] for login, one in people.items() if "slack" in one},
        mail={login: one["mail"][0] for login, one in people.items() if "mail" in one},
        secrets=tuple(secret for secret in _secrets(found, smtp) if secret),
    )


def _secrets(targets: list[Target], smtp: Smtp | None) -> list[str]:
    found = [key.reveal() for one in targets for key in one.keys]
    for one in targets:
        if one.channel in {"slack-webhook", "teams"}:
            # Who knows such an address may write there.
            parts = urlsplit(one.url)
            found += [one.url, f"{parts.path}?{parts.query}".rstrip("?")]
    password = smtp.password if smtp is not None else None
    return [*found, password.reveal()] if password is not None else found


def _target(book: _Book, alias: str, node: Node) -> Target:
    at = f"targets.{alias}"
    forms = book.table(node, at, dict.fromkeys(_FORMS, False))
    if len(forms) != 1:
        book.say(at, f"must have one of {', '.join(_FORMS)}", node)
        return Target(alias=alias, channel="")
    ((channel, below),) = forms.items()
    had = book.fields(below, f"{at}.{channel}", _FORMS[channel])
    keys = [had[name] for name in ("token", "secret", "old-secret") if name in had]
    (url,) = had.get("url", (SLACK_API if channel == "slack" else "",))
    (room,) = had.get("channel", ("",))
    return Target(
        alias=alias,
        channel=channel,
        url=url,
        room=room,
        to=had.get("to", ()),
        keys=tuple(Secret(one) for (one,) in keys),
    )


def _smtp(book: _Book, node: Node) -> Smtp:
    had = book.fields(node, "smtp", _SMTP)
    if ("user" in had) != ("password" in had):
        book.say("smtp", "must have both user and password, or none", node)

    def one(name: str, default: str = "") -> str:
        return had.get(name, (default,))[0]

    port = one("port", str(SMTP_PORT))
    return Smtp(
        host=one("host"),
        port=int(port) if _is_port(port) else 0,
        sender=one("from"),
        user=one("user"),
        password=Secret(one("password")) if "password" in had else None,
        insecure=one("tls") == "offered",
    )


def _unread(problem: Problem) -> Problem:
    """A syntax error without the words that stand there."""
    line, code = problem.where.line, problem.code
    return Problem(
        where=Where(file=FILE, line=line, column=problem.where.column, key=FILE),
        what=f"cannot be read on line {line} (`handoff explain {code}` says what that means)",
    )


class _Book:
    """Takes a tree apart and remembers what was wrong."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems

    def say(self, key: str, what: str, node: Node | None = None) -> None:
        line = node.place.line if node is not None else 0
        where = Where(file=FILE, line=line, key=f"{FILE}: {key}".removesuffix(": "))
        self.problems.append(Problem(where=where, what=what + (f" (line {line})" if line else "")))

    def named(self, node: Node | None, key: str) -> list[tuple[str, Node]]:
        """What stands under names that the operator gave."""
        if node is None:
            return []
        if not isinstance(node, Table):
            self.say(key, "must be a mapping of names", node)
            return []
        for name in node.entries:
            if not _ALIAS.fullmatch(name):
                self.say(key, "has a name with more in it than letters, digits, - . _", node)
        return list(node.entries.items())

    def table(self, node: Node, key: str, form: Mapping[str, bool]) -> Mapping[str, Node]:
        """The known entries of a mapping; others, and missing ones, are complained of."""
        if not isinstance(node, Table):
            self.say(key, f"must be a mapping with {', '.join(form)}", node)
            return {}
        for name in sorted(node.entries.keys() - form):
            near = get_close_matches(name, form, n=1)
            # A name that is like none may be a secret in the wrong place.
            what = f"has {name}, meant as {near[0]}?" if near else "has an unknown key"
            self.say(key, f"{what}; it can have {', '.join(form)}", node)
        for name, must in form.items():
            if must and name not in node.entries:
                self.say(key, f"lacks {name}", node)
        return {name: one for name, one in node.entries.items() if name in form}

    def fields(
        self, node: Node, key: str, form: Mapping[str, bool]
    ) -> Mapping[str, tuple[str, ...]]:
        """The texts of a mapping, each as a tuple; only `to` may have more than one or none."""
        found: dict[str, tuple[str, ...]] = {}
        for name, one in self.table(node, key, form).items():
            items = one.items if isinstance(one, Sequence) and name == "to" else (one,)
            texts = [item.text for item in items if isinstance(item, Scalar) and item.text]
            is_good, must = _CHECKS.get(name, (bool, "must be a text"))
            if len(texts) == len(items) and all(is_good(text) for text in texts):
                found[name] = tuple(texts)
            else:
                self.say(f"{key}.{name}", must, one)
        return found


def _is_https(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    bare = not (parts.username or parts.password or parts.fragment)
    return parts.scheme == "https" and bool(parts.hostname) and bare and text.isprintable()


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text[:6]) < 65_536


def _is_mail(text: str) -> bool:
    return _MAIL.fullmatch(text) is not None


_CHECKS: Mapping[str, tuple[Callable[[str], object], str]] = {
    "url": (_is_https, "must be https://HOST/PATH without a user name"),
    "to": (_is_mail, "must be a list of addresses such as qa@acme.example"),
    "from": (_is_mail, "must be an address such as handoff@acme.example"),
    "mail": (_is_mail, "must be an address such as ana@acme.example"),
    "port": (_is_port, "must be a number from 1 to 65535"),
    "tls": (("required", "offered").__contains__, "must be required or offered"),
    "slack": (re.compile(r"[UW][A-Z0-9]{1,30}").fullmatch, "must be a member id such as U012ABC"),
}
