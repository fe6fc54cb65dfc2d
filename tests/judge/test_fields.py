"""Which fields of a notice are filled, and which hold the check."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model.act import Act, ActKind
from bot.model.known import Unknown
from bot.model.notice import FieldState
from tests.support.handed import POLICY, READY, facts_of, matter_of, told_in

# ── fields ────────────────────────────────────────────────────────────────────────────────────


def field_of(body: str, text: str = POLICY, *acts: Act) -> tuple[FieldState, bool, bool]:
    """(state, filled, holds) of operations' rollback."""
    one = told_in(matter_of(facts_of(body=body, text=text), *acts, text=text))["operations"]
    (field,) = one.fields
    return field.state, field.filled, field.holds


def confirming(value: str) -> Act:
    return replace(
        READY, kind=ActKind.CONFIRM, subjects=("operations.rollback",), scopes=_digest(value)
    )


def _digest(value: str) -> dict[str, str]:
    one = told_in(matter_of(facts_of(body=f"## Operations handoff\nRollback: {value}\n")))
    return {"operations.rollback": one["operations"].fields[0].digest}


LEAD = POLICY.replace("rollback: { from: section", "rollback: { from: section, confirmed-by: lead")
OWN = POLICY.replace("rollback: { from: section", "rollback: { from: section, confirmed-by: author")
FREE = POLICY.replace("rollback: { from: section", "rollback: { from: section, required: false")
LATE = POLICY.replace("rollback: { from: section", "rollback: { from: deployment preview")
SAID = "## Operations handoff\nRollback: alembic downgrade\n"
TOKEN = SAID.replace("alembic downgrade", "use ghp_0123456789abcdefghij")


@pytest.mark.parametrize(
    ("body", "text", "acts", "found"),
    [
        ("", POLICY, (), ("missing", False, True)),
        ("", FREE, (), ("missing", True, False)),
        (SAID, POLICY, (), ("answered", True, False)),
        (SAID, OWN, (), ("confirmed", True, False)),
        (SAID, LEAD, (), ("answered", False, True)),
        (SAID, LEAD, (confirming("alembic downgrade"),), ("confirmed", True, False)),
        (SAID, LEAD, (confirming("something else"),), ("answered", False, True)),
        ("", LATE, (), ("unknown", False, False)),
        (TOKEN, POLICY, (), ("unknown", False, True)),
    ],
)
def test_a_field_waits_for_what_the_policy_says(
    body: str, text: str, acts: tuple[Act, ...], found: tuple[str, bool, bool]
) -> None:
    assert field_of(body, text, *acts) == found


def test_what_looks_like_a_credential_is_told_to_nobody() -> None:
    (field,) = told_in(matter_of(facts_of(body=TOKEN)))["operations"].fields

    assert field.value == ""
    assert field.answer == Unknown(
        "it looks like a credential; say where to find it", by_content=True
    )
