"""What notices say of where the work can be looked at, and which addresses that contradicts."""

from __future__ import annotations

import pytest

from bot.model.facts import Deployment
from bot.model.known import Unknown
from bot.model.notice import Field, FieldState
from tests.judge.test_notices import LIVE, composed, shown
from tests.support.pulls import HEAD, NOW

URL = "https://staging.acme.dev/118/"


def deployed(field: str, *states: tuple[str, str | None], said: str | None = None) -> Field:
    """The field where the head was deployed to staging so, oldest first."""
    made = tuple(
        Deployment(environment="staging", sha=HEAD, state=state, url=url, updated_at=NOW)
        for state, url in states
    )
    return composed(field, {}, said, deployments=made)


@pytest.mark.parametrize(
    ("field", "states", "wanted"),
    [
        ("base-url", [("success", URL)], [URL]),
        ("base-url", [("success", "https://old.dev"), ("success", URL)], [URL]),
        ("base-url", [("failure", URL)], None),
        ("base-url", [("success", None)], None),
        ("base-url", [], None),
        ("environment", [("success", URL)], [f"staging: success of 1111111 at {URL}"]),
        ("environment", [("failure", None)], ["staging: failure of 1111111"]),
        ("environment", [], None),
    ],
)
def test_where_it_can_be_looked_at(
    field: str, states: list[tuple[str, str | None]], wanted: list[str] | None
) -> None:
    found = deployed(field, *states)

    if wanted is None:
        assert (found.draft.pieces, found.state) == ((), FieldState.UNKNOWN)
    else:
        assert (shown(found), found.state) == (wanted, FieldState.DRAFTED)


@pytest.mark.parametrize("field", LIVE)
def test_deployments_that_cannot_be_read_leave_the_field_open(field: str) -> None:
    found = composed(field, {}, deployments=Unknown("not visible"))

    assert (shown(found), found.state) == (["? not visible"], FieldState.UNKNOWN)


@pytest.mark.parametrize(
    ("url", "said", "kinds"),
    [
        (URL, URL, []),
        (URL, "<https://staging.acme.dev/118>", []),
        (URL, f"see {URL}, up until Friday", []),
        (URL, "https://other.acme.dev", ["answer-omits-name"]),
        (URL, "none", ["answer-says-none"]),
        (URL, "staging, as always", ["address-unfit", "answer-omits-name"]),
        (URL, "http://localhost:8080", ["address-unfit", "answer-omits-name"]),
        (URL, None, []),
        ("http://10.0.0.7/orders", None, ["address-unfit"]),
        ("http://10.0.0.7/orders", URL, []),
        ("http://10.0.0.7/orders", "none", []),
        (None, "https://api.example.com", ["address-unfit"]),
        (None, f"{URL}, or https://localhost here", []),
        (None, None, []),
    ],
)
def test_an_address_is_contradicted_where_nobody_else_can_open_it(
    url: str | None, said: str | None, kinds: list[str]
) -> None:
    found = deployed("base-url", *([("success", url)] if url else []), said=said)

    assert [one.kind.id for one in found.against] == kinds
    assert (found.state is FieldState.CONTRADICTED) is bool(kinds)
