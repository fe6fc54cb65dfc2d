"""Runs the revisions in one transaction of their own."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, NullPool


def _whole(engine: Engine) -> None:
    """The driver would commit before every change of a table; the transaction is ours."""

    @event.listens_for(engine, "connect")
    def plain(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def run() -> None:
    """Run all revisions that are asked for, or none."""
    engine = create_engine(**context.config.attributes["to"], poolclass=NullPool)

    if engine.dialect.name == "sqlite":
        _whole(engine)

    with engine.connect() as connection:
        context.configure(connection=connection, render_as_batch=True, transactional_ddl=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
