"""Real servers on loopback that channels speak to: HTTPS with its own certificate, and SMTP."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.support.clock import START


class Got(NamedTuple):
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(kw_only=True)
class Reply:
    """`status` 0: the line is cut after the request was read; -1: no answer comes."""

    status: int = 200
    body: str = '{"ok": true, "ts": "1700.5"}'
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Channel:
    got: list[Got] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    url: str = "https://localhost"
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.BaseRequest) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.got.append(Got(request.path_qs, headers, await request.read()))
        reply = self.replies.pop(0) if self.replies else Reply()
        if reply.status == 0:
            assert request.transport is not None
            request.transport.close()
        if reply.status < 0:
            await self.over.wait()
        return web.Response(status=reply.status or 200, text=reply.body, headers=reply.headers)


@cache
def _certificate() -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(START - timedelta(days=3650))
        .not_valid_after(START + timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made.public_bytes(Encoding.PEM), secret


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cadata=_certificate()[0].decode())


def serving(folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    path = folder / "server.pem"
    path.write_bytes(b"".join(_certificate()))
    context.load_cert_chain(path)
    return context


@asynccontextmanager
async def channel(folder: Path) -> AsyncIterator[Channel]:
    here = Channel()
    runner = web.ServerRunner(web.Server(here.answer))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=serving(folder)).start()
        here.url += f":{runner.addresses[0][1]}"
        yield here
    finally:
        here.over.set()
        await runner.cleanup()


@dataclass
class MailServer:
    """A small SMTP server. `answers`: what it says to a verb instead of 250; "" cuts the line."""

    answers: dict[str, str] = field(default_factory=dict)
    mails: list[bytes] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    tls: ssl.SSLContext | None = None
    port: int = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := (await reader.readline()).decode().strip():
            verb = line.split(" ")[0].upper()
            self.said.append(line)
            text = self._to(verb)
            if verb == "DATA" and text.startswith("3"):
                writer.write(f"{text}\r\n".encode())
                self.mails.append(await reader.readuntil(b"\r\n.\r\n"))
                text = self.answers.get(".", "250 taken")
            if not text:
                break
            writer.write(f"{text}\r\n".encode())
            if verb == "STARTTLS" and self.tls is not None:
                await writer.start_tls(self.tls)
        writer.close()

    def _to(self, verb: str) -> str:
        usual = {"DATA": "354 go on", "STARTTLS": "220 go on", "AUTH": "235 welcome"}
        return self.answers.get(verb, usual.get(verb, "250 good"))


@asynccontextmanager
async def mail_server() -> AsyncIterator[MailServer]:
    here = MailServer()
    server = await asyncio.start_server(here.talk, "127.0.0.1", 0)
    here.port = server.sockets[0].getsockname()[1]
    try:
        yield here
    finally:
        server.close()
