"""The first store: `first.sql`."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

from bot.store.schema import statements_of

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name != 'alembic_version'"


def upgrade() -> None:
    """Make every table."""
    for statement in statements_of("first.sql"):
        op.execute(statement)


def downgrade() -> None:
    """Drop every table."""
    for (name,) in op.get_bind().execute(text(_TABLES)).all():
        op.drop_table(name)
