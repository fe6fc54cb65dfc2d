"""Pull requests of migrations for the rules that look at what these make."""

from __future__ import annotations

from typing import Any

from bot.linking.migrations import MigrationOptions, migration_needs
from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.need import Part
from tests.support.pulls import pull
from tests.support.sources import written

AREA = Area("migrations", ("**/migrations/**", "**/versions/**", "db/**"))
GIVEN: dict[str, Any] = {"migrations": AREA, "generated": Area("generated", ("**/*.gen.*",))}
ALEMBIC, DJANGO = "app/versions/b2_note.py", "shop/migrations/0002_note.py"
RAILS, SQL = "db/migrate/20260101120000_add_thing.rb", "db/migrations/V2__note.sql"


def change(*files: tuple[str, str, str], body: Any = "", **known: Any) -> Facts:
    """A pull request of (path, before, after), its migrations read on both sides."""
    everywhere = {path: (before, after) for path, before, after in files}
    rows = pull(*written(frozenset(), everywhere).changes)  # type: ignore[misc]
    wanted = migration_needs(MigrationOptions(**GIVEN), rows.changes) | {Part.BODY}
    return written(wanted, everywhere, body=body, **known)


def revision(*up: str, down: str = "op.drop_table('x')") -> str:
    """A revision of Alembic."""
    return "\n".join(
        [
            "import sqlalchemy as sa",
            "from alembic import op",
            'revision = "b2"',
            'down_revision = "a1"',
            "def upgrade():",
            *(f"    {one}" for one in up),
            "def downgrade():",
            f"    {down}\n",
        ]
    )


def rails(*body: str) -> str:
    """A migration of Rails."""
    lines = [f"    {one}\n" for one in body]
    return f"class A < ActiveRecord::Migration[7.1]\n  def change\n{''.join(lines)}  end\nend\n"
