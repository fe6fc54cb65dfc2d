"""Every address of a GitHub follows from that of its REST API."""

from __future__ import annotations

from urllib.parse import urlsplit

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_ENTERPRISE = "/api/v3"
_SAAS = "https://api.github.com"


def api_root(api_url: str) -> str:
    """The REST address without a trailing slash; ValueError if a token must not be sent there."""
    parts = urlsplit(api_url)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username:
        raise ValueError(
            f"{api_url!r} is no address of an API: write {_SAAS} or https://HOST/api/v3"
        )
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ValueError(f"{api_url!r} would send tokens in the open: use https")
    if parts.query or parts.fragment:
        raise ValueError(f"{api_url!r} must end with its path")
    return api_url.rstrip("/")


def graphql_url(root: str) -> str:
    """Where queries go: below the REST address, or beside it on an enterprise server."""
    if root.endswith(_ENTERPRISE):
        return root.removesuffix("/v3") + "/graphql"
    return root + "/graphql"


def web_url(root: str) -> str:
    """Where people look at what the API tells of."""
    if root == _SAAS:
        return "https://github.com"
    if root.endswith(_ENTERPRISE):
        return root.removesuffix(_ENTERPRISE)
    parts = urlsplit(root)
    if parts.hostname and parts.hostname.endswith(".ghe.com"):
        return f"https://{parts.hostname.removeprefix('api.')}"
    return root


def is_enterprise(root: str) -> bool:
    """Whether this is an enterprise server with its own, longer delivery log."""
    return root.endswith(_ENTERPRISE)
