"""The App proves who it is by a signed JWT and works with short-lived installation tokens.

Keys, JWTs and tokens stay in memory, are never logged and have no `repr`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bot.errors import Gone, Invalid, Trouble, Unauthorized

if TYPE_CHECKING:
    from bot.clock import Clock

_BACKDATED = timedelta(seconds=60)
_LIFE = timedelta(seconds=540)
_REUSED = timedelta(minutes=7)
_RENEWED_BEFORE = timedelta(minutes=5)
_KEPT_AT_LEAST = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
# Token requests of Apps are capped by GitHub; one installation must not use the cap up.
_SCOPES_PER_HOUR = 200
_LEVELS = ("read", "write", "admin")

# Scopes are repository ids, or: reading across repositories (listing, reconcile, teams, the
# organisation's `.github` repository), or everything after too many scopes in one hour.
_READING, _WHOLE = 0, -1


class Auth(Protocol):
    """Where a call's `Authorization` comes from."""

    @property
    def permissions(self) -> Mapping[str, str]:
        """What it permits, as far as known."""
        ...

    async def header(self, repo_id: int | None, /) -> str:
        """The header's value for a call about that repository (None: across all)."""
        ...

    def refused(self, header: str, why: str, /) -> bool:
        """GitHub answered 401 to it; whether another one is worth trying."""
        ...

    def forget(self) -> None:
        """Drop what was given out."""
        ...


def load_key(pem: str) -> RSAPrivateKey:
    """The App's key, parsed once: signing with the text costs a hundred times as much.

    Raises Unauthorized in words that do not repeat the text.
    """
    try:
        key = load_pem_private_key(pem.strip().encode(), password=None)
    except (ValueError, TypeError) as error:
        raise Unauthorized(
            "the App's private key cannot be read: it must be the unencrypted PEM file that GitHub"
            " made, from -----BEGIN to -----END"
        ) from error
    if not isinstance(key, RSAPrivateKey):
        raise Unauthorized("the App's private key is no RSA key: take the file that GitHub made")
    return key


class AppAuth:
    """Signs as the App; with two keys the other one is tried when GitHub refuses the first."""

    def __init__(self, clock: Clock, issuer: str, pems: tuple[str, ...]) -> None:
        self._clock = clock
        self._issuer = issuer
        self._pems = pems
        self._keys: dict[int, RSAPrivateKey] = {}
        self._current = 0
        self._header = ""
        self._renew_at: datetime | None = None

    @property
    def permissions(self) -> Mapping[str, str]:
        """Nothing: the App itself has no permissions, its installations have."""
        return {}

    async def header(self, _repo_id: int | None) -> str:
        """A bearer JWT, at most 7 minutes old. Raises Unauthorized."""
        now = self._clock.now()
        if self._renew_at is None or not now < self._renew_at <= now + _REUSED:
            self._header = "Bearer " + self._sign(now)
            self._renew_at = now + _REUSED
        return self._header

    def refused(self, header: str, why: str) -> bool:
        """Turn to the other key, if there is one and GitHub does not know this one."""
        if header == self._header:
            self._renew_at = None
            if "decoded" in why and len(self._pems) > 1:
                self._current = (self._current + 1) % len(self._pems)
        return "decoded" in why and len(self._pems) > 1

    def forget(self) -> None:
        """Sign anew at the next call."""
        self._renew_at = None

    def _sign(self, now: datetime) -> str:
        if not self._pems:
            raise Unauthorized("the App has no private key: set HANDOFF_PRIVATE_KEY_FILE")
        if self._current not in self._keys:
            self._keys[self._current] = load_key(self._pems[self._current])
        claims = {
            "iat": int((now - _BACKDATED).timestamp()),
            "exp": int((now + _LIFE).timestamp()),
            "iss": self._issuer,
        }
        return jwt.encode(claims, self._keys[self._current], algorithm="RS256")


@dataclass(frozen=True, slots=True, kw_only=True)
class Minted:
    """A token as a header's value, how long it lives from now on, and what it may do."""

    header: str = field(repr=False)
    lives: timedelta
    permissions: Mapping[str, str]


class Mint(Protocol):
    """The App's side of an installation's tokens."""

    async def mint(self, body: Mapping[str, Any]) -> Minted:
        """A token for what the body asks. Raises Trouble; Invalid if more than is granted."""
        ...

    async def granted(self) -> Mapping[str, str]:
        """What the installation grants now. Raises Trouble."""
        ...


@dataclass(frozen=True, slots=True)
class _Held:
    header: str = field(repr=False)
    renew_at: datetime


class InstallationAuth:
    """Tokens of one installation, one per scope: a repository's token cannot reach another one.

    `optional`: permissions that are asked for only where the installation is known to grant them.
    """

    def __init__(
        self, clock: Clock, mint: Mint, wanted: Mapping[str, str], optional: Mapping[str, str]
    ) -> None:
        self._clock = clock
        self._mint = mint
        self._wanted = wanted
        self._optional = optional
        self._granted: Mapping[str, str] | None = None
        self._learnt: Mapping[str, str] = {}
        self._held: dict[int, _Held] = {}
        self._pending: dict[int, asyncio.Future[str]] = {}
        self._hour_began: datetime | None = None
        self._scopes = 0

    @property
    def permissions(self) -> Mapping[str, str]:
        """What the newest token of a repository may do; before it, what is granted, or nothing."""
        return self._learnt or self._granted or {}

    async def header(self, repo_id: int | None) -> str:
        """The token of the scope, minted once however many ask at once. Raises Trouble."""
        scope = repo_id or _READING
        while True:
            held = self._held.get(scope)
            if held is not None and self._clock.now() < held.renew_at:
                return held.header
            if scope > 0 and self._too_many():
                scope = _WHOLE
                continue
            pending = self._pending.get(scope)
            if pending is None:
                return await self._lead(scope)
            await asyncio.wait((pending,))
            if not pending.cancelled():
                return pending.result()

    def refused(self, header: str, _why: str) -> bool:
        """Drop the token that GitHub refused; another one is always worth trying."""
        self._held = {key: one for key, one in self._held.items() if one.header != header}
        return True

    def forget(self) -> None:
        """Drop every token: suspended, deleted, or granted something else."""
        self._held.clear()

    def learn(self, granted: Mapping[str, str]) -> bool:
        """What the installation grants by a newer listing; True if that is news."""
        if granted == self._granted:
            return False
        # A token from before the first listing asked for nothing optional.
        lacked = [one for one in self._optional if self._learnt and one not in self._learnt]
        news = self._granted is not None or any(one in granted for one in lacked)
        # What an older token could do says nothing any more.
        self._granted, self._learnt = dict(granted), {}
        self.forget()
        return news

    async def _lead(self, scope: int) -> str:
        """Mint for all who wait; a leader that is cancelled leaves the lead to another one."""
        pending = self._pending[scope] = asyncio.get_running_loop().create_future()
        try:
            header = await self._minted(scope)
            pending.set_result(header)
            return header
        except Trouble as trouble:
            pending.set_exception(trouble)
            # Read here: nobody may be waiting, and that is no mistake.
            pending.exception()
            raise
        finally:
            del self._pending[scope]
            pending.cancel()

    async def _minted(self, scope: int) -> str:
        self._scopes += scope > 0
        minted, known = await self._asked(scope)
        while self._granted is not known:
            # What is granted was learnt while it was made: it asked for too little, or too much.
            minted, known = await self._asked(scope)
        if scope != _READING:
            self._learnt = minted.permissions
        now = self._clock.now()
        self._held = {key: one for key, one in self._held.items() if now < one.renew_at}
        # By a `Date` that is hours ahead it would be over before its first use.
        kept = max(minted.lives - _RENEWED_BEFORE, _KEPT_AT_LEAST)
        self._held[scope] = _Held(minted.header, now + kept)
        return minted.header

    async def _asked(self, scope: int) -> tuple[Minted, Mapping[str, str] | None]:
        """A token, and what was known to be granted when it was asked for."""
        known = self._granted
        try:
            return await self._mint.mint(self._body(scope)), known
        except Invalid as invalid:
            if "repositor" in invalid.what:
                raise Gone("the installation does not reach the repository") from invalid
            self._granted = known = await self._mint.granted()
            return await self._mint.mint(self._body(scope)), known

    def _too_many(self) -> bool:
        now = self._clock.now()
        if self._hour_began is None or now - self._hour_began >= _HOUR:
            self._hour_began, self._scopes = now, 0
        return self._scopes >= _SCOPES_PER_HOUR

    def _body(self, scope: int) -> dict[str, Any]:
        wanted = self._wanted
        if self._granted is not None:
            wanted = down_scoped({**wanted, **self._optional}, self._granted)
        if scope == _READING:
            wanted = dict.fromkeys(wanted, "read")
        body: dict[str, Any] = {"permissions": dict(wanted)}
        return body | {"repository_ids": [scope]} if scope > 0 else body


def down_scoped(wanted: Mapping[str, str], granted: Mapping[str, str]) -> dict[str, str]:
    """What is both wanted and granted, at the lower of the two levels."""
    return {
        name: min(level, granted[name], key=_LEVELS.index)
        for name, level in wanted.items()
        if granted.get(name) in _LEVELS
    }
