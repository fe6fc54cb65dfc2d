"""Mails arrive as plain text with headers that nobody can add to; refusals say whether to retry."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Refused, Transient
from tests.notify.office import HERE, MESSAGE, PEOPLE, Office, channels, send
from tests.notify.test_forms import EVIL, PLAIN
from tests.support.channel import MailServer, mail_server, serving

MAIL = send("qa")


@pytest.fixture
async def there() -> AsyncIterator[MailServer]:
    async with mail_server() as here:
        yield here


def office(there: MailServer, *, allow: Any = HERE, **more: Any) -> Office:
    targets = {"qa": {"mail": {"to": ["qa@acme.example"]}}, "people": {"mail": {"to": []}}}
    smtp = {"host": "localhost", "port": there.port, "from": "handoff@acme.example"}
    book = channels(targets=targets, smtp=smtp | {"tls": "offered"} | more, people=PEOPLE)
    return Office(book, allow=allow)


def arrived(there: MailServer) -> EmailMessage:
    mail = message_from_bytes(there.mails[-1].removesuffix(b".\r\n"), policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


async def test_a_mail_says_what_it_is_about_and_that_nobody_wrote_it(there: MailServer) -> None:
    await office(there).publish(MAIL)
    mail = arrived(there)
    ids = {name: mail[name] for name in ("Message-ID", "In-Reply-To", "References")}

    assert all(
        re.fullmatch(r"<[0-9a-f]{32}(\.thread)?@acme\.example>", one) for one in ids.values()
    )
    assert dict(mail.items()) == ids | {
        "From": "handoff@acme.example",
        "To": "qa@acme.example, ana@acme.example",
        "Subject": "architect is asked about acme/orders#118",
        "Date": "Mon, 02 Mar 2026 09:00:00 +0000",
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": "<mailto:handoff@acme.example?subject=unsubscribe>",
        "X-Handoff-Attention": "Ana, ben",
        "MIME-Version": "1.0",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "quoted-printable",
    }
    assert mail.get_content().replace("\r\n", "\n") == (
        "A table is dropped.\n\narchitect on duty · /handoff assign architect @…\n\n"
        "https://github.com/acme/orders/pull/118\n"
    )
    assert there.said[2:4] == ["rcpt TO:<qa@acme.example>", "rcpt TO:<ana@acme.example>"]


async def test_a_repeat_has_the_same_id_and_a_pull_request_one_thread(there: MailServer) -> None:
    elsewhere = send("qa", "else", replace(MESSAGE, thread="acme/orders#119"))
    for effect in (MAIL, MAIL, send("qa", "told"), elsewhere):
        await office(there).publish(effect)
    mails = [message_from_bytes(one, policy=default) for one in there.mails]
    ids, threads = [[one[name] for one in mails] for name in ("Message-ID", "In-Reply-To")]

    assert [ids.index(one) for one in ids] == [0, 0, 2, 3]
    assert [threads.index(one) for one in threads] == [0, 0, 0, 3]


async def test_no_words_add_a_header(there: MailServer) -> None:
    message = replace(MESSAGE, subject=EVIL, lines=(EVIL, ".", "x"), to=("a\r\nBcc: x@y",))
    await office(there).publish(send("qa", message=message))
    mail = arrived(there)

    assert mail["Subject"] == PLAIN
    assert mail["Bcc"] is None
    assert mail["X-Handoff-Attention"] == "a Bcc: x@y"
    assert mail.get_content().split()[:3] == ["a", "Bcc:", "x@y"]


async def test_a_target_may_be_the_people_who_are_addressed(there: MailServer) -> None:
    unmapped = send("people", message=replace(MESSAGE, to=("ben",)))
    refused = await office(there).trouble(unmapped)
    await office(there).publish(send("people"))

    assert isinstance(refused, Refused)
    assert refused.what == "nobody whom it is for has a mail address"
    assert arrived(there)["To"] == "ana@acme.example"


@pytest.mark.parametrize(
    ("answers", "kind", "what", "sent"),
    [
        ({"MAIL": "550 no"}, Refused, "the server answered 550", False),
        ({"RCPT": "550 no"}, Refused, "the server answered 550", False),
        ({"RCPT": "450 later"}, Transient, "the server answered 450", False),
        ({"MAIL": "421 later"}, Transient, "the server answered 421", False),
        ({"DATA": "451 later"}, Transient, "the server answered 451", False),
        ({".": "554 spam"}, Refused, "the server answered 554", False),
        ({".": "452 full"}, Transient, "the server answered 452", False),
        ({"MAIL": ""}, Transient, "no whole answer: SMTPServerDisconnected", False),
        ({".": ""}, Transient, "no whole answer: SMTPServerDisconnected", True),
    ],
)
async def test_what_a_server_says_decides_whether_it_is_asked_again(
    there: MailServer, answers: dict[str, str], kind: type, what: str, sent: bool
) -> None:
    there.answers |= answers
    trouble = await office(there).trouble(MAIL)

    assert (type(trouble), trouble.what) == (kind, what)
    assert getattr(trouble, "sent", False) == sent


async def test_a_server_inside_is_reached_only_where_that_is_allowed(there: MailServer) -> None:
    trouble = await office(there, allow=()).trouble(MAIL)

    assert isinstance(trouble, Refused)
    assert "HANDOFF_EGRESS_ALLOW" in trouble.what
    assert there.said == []


async def test_a_server_without_starttls_gets_no_mail_unless_the_operator_says_so(
    there: MailServer,
) -> None:
    trouble = await office(there, tls="required", user="u", password="hidden").trouble(MAIL)

    assert isinstance(trouble, Refused)
    assert "offers no STARTTLS" in trouble.what
    assert [line.split()[0] for line in there.said] == ["ehlo"]


async def test_the_password_goes_over_tls_where_it_is_offered(
    there: MailServer, tmp_path: Path
) -> None:
    there.tls = serving(tmp_path)
    there.answers["EHLO"] = "250-here\r\n250-AUTH PLAIN\r\n250 STARTTLS"
    await office(there, tls="required", user="u", password="hidden").publish(MAIL)

    assert [line.split()[0] for line in there.said] == [
        *("ehlo", "STARTTLS", "ehlo", "AUTH", "mail", "rcpt", "rcpt", "data")
    ]
    assert len(there.mails) == 1
