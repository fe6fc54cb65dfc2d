"""What people did, and who was asked when: `people.sql`."""

from __future__ import annotations

from alembic import op

from bot.store.schema import statements_of

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the ledger."""
    for statement in statements_of("people.sql"):
        op.execute(statement)


def downgrade() -> None:
    """Drop it, and every act with it."""
    op.drop_table("asked")
    op.drop_table("act")
