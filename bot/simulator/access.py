"""Who is calling and what they may do: App JWTs, installation tokens, permissions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.simulator.answers import Refusal, invalid, not_found, unprocessable
from bot.simulator.things import Installation, Json, Repository
from bot.simulator.world import World

_LEVELS = ("none", "read", "write", "admin")
_ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An installation token; `repositories` None: all that the installation covers."""

    text: str
    installation: Installation
    permissions: Mapping[str, str]
    repositories: frozenset[int] | None
    expires_at: datetime

    def allows(self, permission: str, level: str) -> bool:
        """Whether the token and its installation both grant it."""
        return all(
            _LEVELS.index(one.get(permission, "none")) >= _LEVELS.index(level)
            for one in (self.permissions, self.installation.permissions)
        )


@cache
def _app_key() -> rsa.RSAPrivateKey:
    """One key per process: making one is slow and secret from nobody here."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Access:
    """The App's key, the tokens given out, and who may do what."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tokens: dict[str, Token] = {}
        self._key = _app_key()

    @property
    def private_key_pem(self) -> str:
        """The App's private key, as GitHub hands it out."""
        return self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        ).decode()

    def check_jwt(self, authorization: str) -> None:
        """Accept the App itself. Raises Refusal."""
        text = authorization.partition(" ")[2].strip()
        if text.count(".") != 2 or text.startswith("gh"):
            raise Refusal(401, "A JSON web token could not be decoded")
        options: Any = {"verify_exp": False, "verify_iat": False, "verify_iss": False}
        try:
            claims = jwt.decode(text, self._key.public_key(), algorithms=["RS256"], options=options)
        except jwt.PyJWTError as error:
            raise Refusal(401, "A JSON web token could not be decoded") from error
        self._check_claims(claims)

    def _check_claims(self, claims: Json) -> None:
        now = self.world.clock.now().timestamp()
        if str(claims.get("iss")) not in (str(self.world.app.id), self.world.app.client_id):
            raise Refusal(404, "Integration not found")
        issued, ends = claims.get("iat"), claims.get("exp")
        if not isinstance(issued, int | float) or issued > now + 60:
            message = "'Issued at' claim ('iat') must be an Integer representing the time"
            raise Refusal(401, message + " that the assertion was issued")
        if not isinstance(ends, int | float) or ends > now + self.world.quirks.jwt_minutes * 60:
            raise Refusal(401, "'Expiration time' claim ('exp') is too far in the future")
        if ends < now:
            message = "'Expiration time' claim ('exp') must be a numeric value representing"
            raise Refusal(401, message + " the future time at which the assertion expires")

    def mint(self, installation: Installation, body: Json) -> Token:
        """A token for all that is asked, never for more than is granted. Raises Refusal."""
        if installation.suspended_at:
            raise Refusal(403, "This installation has been suspended")
        asked = body.get("permissions")
        granted = installation.permissions
        for name, level in (asked or {}).items():
            if _LEVELS.index(granted.get(name, "none")) < _LEVELS.index(level):
                raise unprocessable(
                    "The permissions requested are not granted to this installation."
                )
        permissions = dict(granted if asked is None else {"metadata": "read"} | asked)
        token = Token(
            text=self._text(),
            installation=installation,
            permissions=permissions,
            repositories=self._chosen(installation, body),
            expires_at=self.world.now() + timedelta(minutes=self.world.quirks.token_minutes),
        )
        self.tokens[token.text] = token
        return token

    def _chosen(self, installation: Installation, body: Json) -> frozenset[int] | None:
        covered = self.world.covered(installation)
        names, ids = body.get("repositories"), body.get("repository_ids")
        if names is None and ids is None:
            return None
        known = {one.id for one in covered}
        wanted = set(ids or ()) | {one.id for one in covered if one.name in (names or ())}
        if not wanted or wanted - known or len(wanted) > 500:
            raise unprocessable(
                "There is at least one repository that does not exist or is not accessible"
                " to the parent installation."
            )
        return frozenset(wanted)

    def _text(self) -> str:
        size = self.world.quirks.token_length
        head = f"ghs_{self.world.app.id}_" if size > 100 else "ghs_"
        rest = "".join(self.world.random.choices(_ALPHABET, k=max(8, size - len(head))))
        third = len(rest) // 3
        dotted = f"{rest[:third]}.{rest[third + 1 : 2 * third]}.{rest[2 * third + 1 :]}"
        return head + (dotted if size > 100 else rest)

    def token(self, authorization: str) -> Token:
        """The token of a request. Raises Refusal."""
        found = self.tokens.get(authorization.partition(" ")[2].strip())
        expired = found is None or found.expires_at <= self.world.clock.now()
        gone = found is not None and found.installation.id not in self.world.installations
        if found is None or expired or gone:
            raise Refusal(401, "Bad credentials")
        if found.installation.suspended_at:
            raise Refusal(403, "This installation has been suspended")
        return found

    def revoke(self) -> None:
        """Make every token given out so far invalid."""
        self.tokens.clear()

    def covers(self, token: Token, repo: Repository) -> bool:
        """Whether the token reaches the repository."""
        if self.world.installation_of(repo) is not token.installation:
            return False
        return token.repositories is None or repo.id in token.repositories

    def check(self, token: Token, repo: Repository | None, needs: Sequence[str]) -> None:
        """Accept if one of the needs (`pull_requests=write`) is granted. Raises Refusal."""
        if repo is not None and not self.covers(token, repo):
            reading = all(one.endswith("=read") for one in needs)
            if repo.visibility != "public":
                raise not_found()
            if not reading:
                raise self.denied(needs)
            return
        if needs and not any(token.allows(*one.split("=")) for one in needs):
            raise self.denied(needs)

    @staticmethod
    def denied(needs: Sequence[str]) -> Refusal:
        """403 with the permissions that would do."""
        headers = {"X-Accepted-GitHub-Permissions": "; ".join(needs)}
        return Refusal(403, "Resource not accessible by integration", headers=headers)


def known_permissions(body: Json) -> None:
    """Refuse a token request that is no object of permissions. Raises Refusal."""
    asked = body.get("permissions", {})
    if not isinstance(asked, dict) or any(level not in _LEVELS for level in asked.values()):
        raise invalid("Integration", "permissions")
