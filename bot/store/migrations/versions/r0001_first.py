"""The first store: `first.sql`, which a test compares with `bot.store.tables`."""

from __future__ import annotations

from alembic import op

from bot.store.schema import first_statements
from bot.store.tables import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table."""
    for statement in first_statements():
        op.execute(statement)


def downgrade() -> None:
    """Drop every table."""
    metadata.drop_all(op.get_bind())
