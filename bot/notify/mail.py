"""Mail by SMTP: plain text, threaded by pull request, known as automatic by its headers."""

from __future__ import annotations

import asyncio
import smtplib
import socket
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from bot.egress import Internal, Networks, looked_up
from bot.errors import Refused, Transient
from bot.notify.letter import fitting

if TYPE_CHECKING:
    from datetime import datetime

    from _typeshed import ReadableBuffer as Buffer

    from bot.clock import Clock
    from bot.notify.channels import Channels, Smtp
    from bot.notify.letter import Letter
    from bot.notify.wire import Wire

ROOM = 50_000
_SUBMISSIONS = 465


class Mail:
    """Carries letters to the operator's mail server."""

    def __init__(self, wire: Wire, clock: Clock, channels: Channels) -> None:
        self._wire = wire
        self._clock = clock
        self._smtp = channels.smtp
        self._people = channels.mail

    async def carry(self, letter: Letter) -> Mapping[str, str]:
        """Nothing is to be kept."""
        known = [
            self._people[one.lower()] for one in letter.message.to if one.lower() in self._people
        ]
        to = list(dict.fromkeys([*letter.target.to, *known]))
        if self._smtp is None or not to:
            raise Refused("nobody whom it is for has a mail address")
        mail = form(letter, self._smtp.sender, to, self._clock.now())
        await asyncio.to_thread(_send, self._smtp, mail, self._wire)
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
    mail["In-Reply-To"] = thread
    mail["References"] = thread
    mail["Auto-Submitted"] = "auto-generated"
    mail["List-Unsubscribe"] = f"<mailto:{sender}?subject=unsubscribe>"
    if message.to:
        mail["X-Handoff-Attention"] = ", ".join(message.to)
    lines = fitting(message.lines, ROOM)
    mail.set_content("\n\n".join([*lines, message.link]) + "\n", cte="quoted-printable")
    return mail


class _Server(smtplib.SMTP):
    """Connects to the very address that was looked at; knows whether a mail may have arrived."""

    def __init__(self, smtp: Smtp, wire: Wire) -> None:
        self._allow: Networks = wire.allow
        self._tls = wire.tls
        self.may_have = False
        super().__init__(smtp.host, smtp.port, timeout=wire.seconds)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        found = socket.create_connection((looked_up(host, port, self._allow), port), timeout)
        if port != _SUBMISSIONS:
            return found
        return self._tls.wrap_socket(found, server_hostname=host)

    def data(self, msg: Buffer | str) -> tuple[int, bytes]:
        """Send the text; from here on a lost answer says nothing."""
        self.may_have = True
        return super().data(msg)


def _send(smtp: Smtp, mail: EmailMessage, wire: Wire) -> None:
    """Hand the mail over. Raises Refused or Transient."""
    server: _Server | None = None
    try:
        server = _Server(smtp, wire)
        _prepare(server, smtp, wire.tls)
        server.send_message(mail)
    except Internal as error:
        raise Refused("it is inside our own network; HANDOFF_EGRESS_ALLOW can open it") from error
    except smtplib.SMTPRecipientsRefused as error:
        raise _answered(max(code for code, _ in error.recipients.values())) from error
    except smtplib.SMTPResponseException as error:
        raise _answered(error.smtp_code) from error
    except (OSError, smtplib.SMTPException) as error:
        sent = server is not None and server.may_have
        raise Transient(f"no whole answer: {type(error).__name__}", sent=sent) from error
    finally:
        if server is not None:
            server.close()


def _prepare(server: _Server, smtp: Smtp, tls: ssl.SSLContext) -> None:
    server.ehlo_or_helo_if_needed()
    if smtp.port != _SUBMISSIONS:
        if server.has_extn("starttls"):
            server.starttls(context=tls)
        elif not smtp.insecure:
            raise Refused("the server offers no STARTTLS; smtp: {tls: offered} goes on without")
    if smtp.password is not None:
        server.login(smtp.user, smtp.password.reveal())


def _answered(code: int) -> Refused | Transient:
    what = f"the server answered {code}"
    return Refused(what) if 500 <= code < 600 else Transient(what)
