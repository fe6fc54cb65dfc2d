"""Where a pull request is deployed, and whether anybody else could look at it there."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.model.known import Known, Unknown

if TYPE_CHECKING:
    from bot.model.facts import Deployment, Facts

SUCCESS = "success"
# Names that lead nowhere, or only to one's own machine.
_LOCAL = frozenset({"localhost", "local", "test", "invalid", "example"})
_EXAMPLES = ("example.com", "example.net", "example.org")


def deployments_to(facts: Facts, environment: str) -> Known[tuple[Deployment, ...]]:
    """The newest deployment of each commit to the environment, of the merge commit first."""
    if isinstance(facts.deployments, Unknown):
        return facts.deployments
    wanted = environment.casefold()
    newest = {one.sha: one for one in facts.deployments if one.environment.casefold() == wanted}
    commits = (facts.merge_sha or "", facts.head_sha)
    return tuple(newest[sha] for sha in commits if sha in newest)


def deployed_to(facts: Facts, environment: str) -> Known[bool]:
    """Whether the head or, once it is merged, the merge commit stands in the environment."""
    found = deployments_to(facts, environment)
    if isinstance(found, Unknown):
        return found
    return any(one.state == SUCCESS for one in found)


def unfit(url: str | None) -> str:
    """Why nobody else could open the address; empty where they may."""
    if not url:
        return "there is no address"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if not host or parts.scheme != "https":
        return "it is no absolute https address"
    return "it is the address of a private or an example host" if _is_local(host) else ""


def _is_local(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        name = host.rstrip(".")
        ends = tuple(f".{one}" for one in _EXAMPLES)
        return name.rpartition(".")[2] in _LOCAL or name in _EXAMPLES or name.endswith(ends)
