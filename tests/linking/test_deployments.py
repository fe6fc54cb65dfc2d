"""Where a commit stands, and which addresses others could open."""

from __future__ import annotations

import pytest

from bot.linking.deployments import deployed_to, unfit
from bot.model.facts import Deployment, Facts
from bot.model.known import Known, Unknown
from tests.support.pulls import HEAD, NOW, pull

MERGE, OTHER = "3" * 40, "4" * 40


def stands(**states: str) -> Facts:
    """A merged pull request; the state in staging of its head, its merge and another commit."""
    shas = {"head": HEAD, "merge": MERGE, "other": OTHER}
    made = tuple(
        Deployment(environment="staging", sha=shas[name], state=state, updated_at=NOW)
        for name, state in states.items()
    )
    return pull(deployments=made, merged=True, merge_sha=MERGE)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (stands(head="success"), True),
        (stands(merge="success"), True),
        (stands(head="inactive", merge="success"), True),
        (stands(head="success", merge="failure"), True),
        (stands(head="in_progress"), False),
        (stands(head="inactive"), False),
        (stands(other="success"), False),
        (stands(), False),
        (pull(deployments=Unknown("not visible")), Unknown("not visible")),
    ],
)
def test_a_pull_request_is_deployed_where_its_head_or_its_merge_succeeded(
    facts: Facts, expected: Known[bool]
) -> None:
    assert deployed_to(facts, "Staging") == expected


@pytest.mark.parametrize(
    "url", ["https://staging.acme.dev", "https://8.8.8.8/x", "https://a.b:8443"]
)
def test_an_address_that_others_may_open_is_fit(url: str) -> None:
    assert unfit(url) == ""


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (None, "no address"),
        ("", "no address"),
        ("staging.acme.dev", "no absolute https"),
        ("/orders", "no absolute https"),
        ("http://staging.acme.dev", "no absolute https"),
        ("https://", "no absolute https"),
        ("https://[::1", "no absolute https"),
        ("https://localhost", "private or an example"),
        ("https://LOCALHOST.:8080/", "private or an example"),
        ("https://a.localhost", "private or an example"),
        ("https://printer.local", "private or an example"),
        ("https://127.0.0.1", "private or an example"),
        ("https://10.0.0.7/orders", "private or an example"),
        ("https://[::1]/", "private or an example"),
        ("https://example.com", "private or an example"),
        ("https://api.example.org/v1", "private or an example"),
    ],
)
def test_an_address_that_leads_nowhere_is_not(url: str | None, why: str) -> None:
    assert why in unfit(url)
