"""Ids that sort by the moment at which they were made."""

from __future__ import annotations

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def ulid(ms: int, random: bytes) -> str:
    """26 characters (Crockford's base 32): 48 bits of time, then the ten random bytes."""
    number = (ms << 80) | int.from_bytes(random[:10], "big")
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))
