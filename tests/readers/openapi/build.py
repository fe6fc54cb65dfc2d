"""Small contracts from a few words of YAML, and what a comparison says of two of them."""

from __future__ import annotations

from datetime import date

from bot.model.contract import Change, Profile
from bot.readers.openapi.compare import compare
from bot.readers.openapi.side import Contract

TODAY = date(2026, 3, 1)
PLAIN = "{200: {description: ok}}"


def api(paths: str, rest: str = "", version: str = "3.1.0") -> bytes:
    """A contract with these paths, each part in YAML's flow style."""
    return f"openapi: {version}\ninfo: {{version: '1'}}\npaths: {paths}\n{rest}".encode()


def sent(schema: str) -> bytes:
    """A contract whose client sends a value of this schema."""
    body = f"{{content: {{application/json: {{schema: {schema}}}}}}}"
    return api(f"{{/a: {{post: {{requestBody: {body}, responses: {PLAIN}}}}}}}")


def answered(schema: str) -> bytes:
    """A contract whose server answers with a value of this schema."""
    content = f"{{application/json: {{schema: {schema}}}}}"
    return api(f"{{/a: {{get: {{responses: {{200: {{content: {content}}}}}}}}}}}")


def operation(words: str, rest: str = "") -> bytes:
    """A contract with the one operation `POST /a/{id}`."""
    return api(f"{{'/a/{{id}}': {{post: {{responses: {PLAIN}, {words}}}}}}}", rest)


def changes(base: bytes, head: bytes, profile: Profile = Profile.DEFAULT) -> tuple[Change, ...]:
    """Every change; a pair that cannot be compared fails the test."""
    found = compare(Contract(base), Contract(head), profile, TODAY)
    assert isinstance(found, tuple), found
    return found


def said(base: bytes, head: bytes) -> set[str]:
    """The kinds of all changes, each with the first letter of its impact: `type-narrowed B`."""
    return {f"{one.kind} {one.severity[0].upper()}" for one in changes(base, head)}
