"""The store that a command line is about, of either kind, brought to a revision while nobody uses
it."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from bot.store.port import Tx


class Place(Protocol):
    """A store, wherever it is; every method raises Trouble."""

    def revision(self) -> str | None:
        """Where it stands, None for nothing."""
        ...

    def up(self) -> None:
        """To the newest revision."""
        ...

    def down(self, revision: str) -> None:
        """Back to that one, `base` for nothing."""
        ...

    def taken(self) -> AbstractContextManager[Tx]:
        """The store, brought up, while nobody else uses it."""
        ...

    def identity(self) -> object:
        """Equal where it is the same one by another address."""
        ...

    @property
    def shown(self) -> str:
        """Its address, without a password."""
        ...


def place(data_dir: str | None) -> Place:
    """The store of this environment, or of the named data folder. Raises Trouble."""
    from bot.settings import postgres_from_environment, store_from_environment

    url = postgres_from_environment(data_dir)
    return OnPostgres(url) if url else OneFile(store_from_environment(data_dir))


def file_at_hand(data_dir: str | None) -> Path | None:
    """The file of this environment's store; None where it is not there, or in Postgres, though an
    older one was left behind. Raises Trouble."""
    from bot.settings import postgres_from_environment, store_from_environment

    file = store_from_environment(data_dir)
    return file if file.exists() and not postgres_from_environment(data_dir) else None


def carried_out(where: Place, do: Callable[[], object]) -> int:
    """Do it, and say where the store stands then; the exit code."""
    from bot.cli.parts import COULD_NOT, OK, complain
    from bot.errors import Trouble

    try:
        do()
        print(f"store at {where.revision() or 'nothing'}")
    except Trouble as trouble:
        complain(trouble.what)
        return COULD_NOT
    return OK


def place_of(url: str) -> OneFile | OnPostgres | None:
    """The store at that address, None where it is none."""
    from bot.address import file_of, is_postgres

    path = file_of(url)
    if path is None:
        return OnPostgres(url) if is_postgres(url) else None
    return OneFile(path)


class OneFile:
    """A store of one process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.shown = f"sqlite:///{path.absolute()}"

    @contextmanager
    def taken(self) -> Iterator[Tx]:
        """The store, brought up, while nobody else uses it."""
        from bot.store.database import Database, connect, fit
        from bot.store.schema import upgrade

        database = Database(self._path)
        try:
            database.lock("handoff move", wait=False)
            upgrade(self._path)
            with fit(self._path), closing(connect(self._path)) as connection:
                yield connection
        finally:
            database.close()

    def identity(self) -> object:
        """Its path, whichever way it is written."""
        return self._path.resolve()

    def revision(self) -> str | None:
        """Where it stands."""
        from bot.store.schema import revision_of

        return revision_of(self._path)

    def up(self) -> None:
        """To the newest revision."""
        from bot.store.schema import upgrade

        self.alone(lambda: upgrade(self._path))

    def down(self, revision: str) -> None:
        """Back to that one, after a copy."""
        from bot.store.schema import downgrade

        self.alone(lambda: downgrade(self._path, revision))

    def alone(self, do: Callable[[], object]) -> None:
        """Do it while nobody uses the store."""
        from bot.store.database import Database

        database = Database(self._path)
        try:
            database.lock("handoff, from a command line", wait=False)
            do()
        finally:
            database.close()


class OnPostgres:
    """A store that processes share."""

    def __init__(self, url: str) -> None:
        from bot.address import lacking, shown
        from bot.errors import Misnamed

        if what := lacking():
            raise Misnamed(f"{shown(url)} {what}")
        self._url = url
        self.shown = shown(url)

    @contextmanager
    def taken(self) -> Iterator[Tx]:
        """The store, brought up, while no process works on it."""
        from bot.store.postgres_schema import owned

        self.up()
        with owned(self._url) as tx:
            yield tx

    def identity(self) -> object:
        """Which of its server's databases it is."""
        from bot.store.postgres_schema import identity

        return identity(self._url)

    def revision(self) -> str | None:
        """Where it stands."""
        from bot.store.postgres_schema import revision_of

        return revision_of(self._url)

    def up(self) -> None:
        """To the newest revision: old processes go on beside new ones."""
        from bot.durable.engine import engine_schema
        from bot.store.postgres_schema import upgrade

        upgrade(self._url, engine_schema())

    def down(self, revision: str) -> None:
        """Back to that one; refused while a process works on it."""
        from bot.store.postgres_schema import downgrade

        downgrade(self._url, revision)
