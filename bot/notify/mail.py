"""Mail by SMTP: plain text, threaded by pull request, known as automatic by its headers."""

from __future__ import annotations

import asyncio
import smtplib
import socket
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from bot.egress import Internal, looked_up
from bot.errors import Refused, Transient
from bot.notify.letter import fitting, mapped
from bot.notify.wire import INSIDE

if TYPE_CHECKING:
    from datetime import datetime

    from _typeshed import ReadableBuffer

    from bot.notify.channels import Smtp
    from bot.notify.letter import Letter, Means
    from bot.notify.wire import Wire

ROOM = 50_000


async def carry(letter: Letter, means: Means) -> Mapping[str, str]:
    """Nothing is to be kept."""
    smtp = means.channels.smtp
    people = mapped(letter.message, means.channels.mail)
    to = list(dict.fromkeys([*letter.target.to, *people]))
    if smtp is None or not to:
        raise Refused("nobody whom it is for has a mail address")
    mail = form(letter, smtp.sender, to, means.clock.now())
    await asyncio.to_thread(_send, smtp, mail, means.wire)
    return {}


def form(letter: Letter, sender: str, to: list[str], now: datetime) -> EmailMessage:
    """The mail; a repeat has the same Message-ID, by which mailboxes know it."""
    message = letter.message
    domain = sender.rpartition("@")[2]
    thread = f"<{sha256(message.thread.encode()).hexdigest()[:32]}.thread@{domain}>"
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = ", ".join(to)
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{letter.delivery}@{domain}>"
    mail["In-Reply-To"] = mail["References"] = thread
    mail["Auto-Submitted"] = "auto-generated"
    mail["List-Unsubscribe"] = f"<mailto:{sender}?subject=unsubscribe>"
    mail["X-Handoff-Attention"] = ", ".join(message.to) or "none"
    text = "\n\n".join([*fitting(message.lines, ROOM), message.link])
    mail.set_content(text + "\n", cte="quoted-printable")
    return mail


class _Server(smtplib.SMTP):
    """Connects to the very address that was looked at; knows whether a mail may have arrived."""

    def __init__(self, smtp: Smtp, wire: Wire) -> None:
        self._wire = wire
        self.may_have = False
        super().__init__(smtp.host, smtp.port, timeout=wire.seconds)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        address = looked_up(host, port, self._wire.allow)
        return socket.create_connection((address, port), timeout)

    def prepare(self, smtp: Smtp) -> None:
        """Speak TLS where it is wanted, and say who we are."""
        self.ehlo_or_helo_if_needed()
        if self.has_extn("starttls"):
            self.starttls(context=self._wire.tls)
        elif not smtp.insecure:
            raise Refused("the server offers no STARTTLS; smtp: {tls: offered} does without")
        if smtp.user:
            self.login(smtp.user, smtp.password.reveal())

    def data(self, msg: ReadableBuffer | str) -> tuple[int, bytes]:
        """Send the text; from here on a lost answer says nothing."""
        self.may_have = True
        return super().data(msg)


def _send(smtp: Smtp, mail: EmailMessage, wire: Wire) -> None:
    """Hand the mail over. Raises Refused or Transient."""
    server: _Server | None = None
    try:
        server = _Server(smtp, wire)
        server.prepare(smtp)
        server.send_message(mail)
    except Internal as error:
        raise Refused(INSIDE) from error
    except smtplib.SMTPRecipientsRefused as error:
        raise _answered(min(code for code, _ in error.recipients.values())) from error
    except smtplib.SMTPResponseException as error:
        raise _answered(error.smtp_code) from error
    except (OSError, smtplib.SMTPException) as error:
        sent = server is not None and server.may_have
        raise Transient(f"no whole answer: {type(error).__name__}", sent=sent) from error
    finally:
        if server is not None:
            server.close()


def _answered(code: int) -> Refused | Transient:
    what = f"the server answered {code}"
    return Refused(what) if 500 <= code < 600 else Transient(what)
