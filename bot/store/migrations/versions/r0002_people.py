"""What people did, and who was asked when: `people.sql`."""

from __future__ import annotations

from alembic import op

from bot.store.migrations.steps import run_file

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the ledger."""
    run_file("people.sql")


def downgrade() -> None:
    """Drop it, and every act with it."""
    op.drop_table("asked")
    op.drop_table("act")
