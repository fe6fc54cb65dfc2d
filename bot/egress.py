"""What leaves for other servers goes to public places, or where the operator allows it."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from socket import AF_INET, SOCK_STREAM, getaddrinfo
from typing import TYPE_CHECKING, TypeAlias

from aiohttp.resolver import ThreadedResolver

from bot.errors import TooLarge

if TYPE_CHECKING:
    from socket import AddressFamily

    import aiohttp
    from aiohttp.abc import ResolveResult

Networks: TypeAlias = tuple[IPv4Network | IPv6Network, ...]

# Addresses that carry another one inside, then what clouds and sites keep to themselves and
# Python 3.11 takes for everybody's.
_CLOSED = tuple(
    ip_network(one)
    for one in (
        *("::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16"),
        *("fec0::/10", "192.0.0.0/24", "168.63.129.16/32"),
    )
)


class Internal(OSError):
    """The name means a machine that nobody outside could reach."""


def is_public(address: str) -> bool:
    """Whether anybody's machine could have that address."""
    found = ip_address(address)
    inner = getattr(found, "ipv4_mapped", None)
    closed = found.is_multicast or any(found in network for network in _CLOSED)
    return inner is None and found.is_global and not closed


def check(host: str, addresses: list[str], allow: Networks = ()) -> None:
    """Raise Internal unless each of the host's addresses is public or allowed."""
    for one in addresses:
        if not is_public(one) and not any(ip_address(one) in network for network in allow):
            raise Internal(f"{host} is no public place")


def looked_up(host: str, port: int, allow: Networks) -> str:
    """One address of the host, to connect to without a second look-up. Raises OSError; blocks."""
    found = [str(one[4][0]) for one in getaddrinfo(host, port, type=SOCK_STREAM)]
    check(host, found, allow)
    return found[0]


class PublicResolver(ThreadedResolver):
    """The connection goes to the very addresses that were looked at: there is no second look-up."""

    def __init__(self, allow: Networks = ()) -> None:
        super().__init__()
        self._allow = allow

    async def resolve(
        self, host: str, port: int = 0, family: AddressFamily = AF_INET
    ) -> list[ResolveResult]:
        """Its addresses; raises Internal where one of them is neither public nor allowed."""
        found = await super().resolve(host, port, family)
        check(host, [one["host"] for one in found], self._allow)
        return found


async def read_capped(answer: aiohttp.ClientResponse, at_most: int) -> bytes:
    """The body, counted while it comes: what is sent packed may unpack to anything."""
    size = answer.content_length
    if size is not None and size <= at_most and "Content-Encoding" not in answer.headers:
        return await answer.read()
    parts: list[bytes] = []
    total = 0
    async for part in answer.content.iter_any():
        total += len(part)
        if total > at_most:
            raise TooLarge(f"an answer of more than {at_most} bytes")
        parts.append(part)
    return b"".join(parts)
