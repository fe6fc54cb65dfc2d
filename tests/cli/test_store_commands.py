"""`migrate`, `db downgrade`, `backup` and `restore` as an operator types them."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.cli.main import main
from bot.store.database import Database
from bot.store.schema import HEAD, revision_of

# What is typed in turn, FILE and DATA being paths; the exit code; what is said.
STEPS = [
    ("backup FILE", 3, "no backup was made: there is no store at /"),
    ("db downgrade 0001", 3, "the store is at nothing"),
    ("migrate --check", 1, "store at nothing"),
    ("migrate", 0, f"store at {HEAD}"),
    ("migrate --check", 0, f"store at {HEAD}"),
    ("backup FILE", 0, "bytes, checked"),
    ("backup DATA", 3, "is a folder or a device: name a file"),
    ("backup .", 3, ". is a folder or a device: name a file, such as handoff.sqlite"),
    ("db downgrade 0009", 3, "there is no way back to 0009"),
    ("db downgrade 0001", 0, "store at 0001"),
    ("migrate --check", 1, f"store at 0001, this version has {HEAD}"),
    ("restore FILE", 3, "--force keeps it as handoff.sqlite.replaced"),
    ("restore DATA/nothing --force", 3, "nothing is no backup: there is no such file"),
    ("restore FILE --force", 0, f"store at {HEAD}"),
]


def typed(line: str, folder: Path) -> int:
    words = line.replace("FILE", str(folder / "copy.sqlite")).replace("DATA", str(folder)).split()
    return main([*words, "--data-dir", str(folder / "data")])


def test_the_store_goes_down_up_and_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    got = []
    for line, _, says in STEPS:
        code = typed(line, tmp_path)
        shown = capsys.readouterr()
        got.append((line, code, says if says in shown.out + shown.err else shown))
    data = tmp_path / "data"

    assert got == STEPS
    assert revision_of(data / "handoff.sqlite.before-0001") == HEAD
    assert revision_of(data / "handoff.sqlite.replaced") == "0001"


@pytest.mark.parametrize("line", ["migrate", "migrate --check"])
def test_a_store_of_a_newer_program_is_not_up_to_date(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typed("migrate", tmp_path)
    with closing(sqlite3.connect(tmp_path / "data" / "handoff.sqlite")) as store:
        store.execute("UPDATE alembic_version SET version_num = '9999'")
        store.commit()

    assert typed(line, tmp_path) == 3
    assert "use the newer version" in capsys.readouterr().err


@pytest.mark.parametrize("line", ["migrate", "db downgrade 0001", "restore FILE --force"])
def test_nothing_is_changed_under_a_running_server(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typed("migrate", tmp_path)
    typed("backup FILE", tmp_path)
    store = tmp_path / "data" / "handoff.sqlite"
    before = store.read_bytes()
    database = Database(store)
    database.lock("a server")
    capsys.readouterr()

    code = typed(line, tmp_path)
    database.close()

    assert (code, store.read_bytes()) == (3, before)
    assert "store in use by pid" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "says"), [("backup FILE", "pg_dump"), ("restore FILE", "pg_restore")]
)
def test_postgres_has_tools_of_its_own(
    line: str,
    says: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HANDOFF_DATABASE_URL", "postgresql://handoff@localhost/handoff")

    assert main(line.replace("FILE", str(tmp_path / "copy.sqlite")).split()) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DATABASE_URL", "pgsql://h/db", "DATABASE_URL must be postgresql://USER"),
        ("DATABASE_URL_FILE", "/nowhere/url", "DATABASE_URL_FILE cannot be read"),
    ],
)
@pytest.mark.parametrize("line", ["migrate", "db downgrade 0001", "backup FILE", "restore FILE"])
def test_a_store_that_cannot_be_meant_is_not_made_up_for_by_another(
    line: str,
    name: str,
    value: str,
    says: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"HANDOFF_{name}", value)

    assert main(line.replace("FILE", "copy.sqlite").split()) == 2
    assert says in capsys.readouterr().err
    assert not any(tmp_path.iterdir())


def garbage(path: Path) -> None:
    path.write_bytes(b"no store at all\n" * 100)


def folder(path: Path) -> None:
    path.mkdir()


def others(path: Path) -> None:
    with closing(sqlite3.connect(path)) as store:
        store.execute("CREATE TABLE report (a)")


def below_a_file(path: Path) -> None:
    path.parent.rmdir()
    path.parent.write_text("no folder")


def held(path: Path) -> object:
    """What stands in a file of whatever kind."""
    if not path.is_file() or path.read_bytes()[:6] != b"SQLite":
        return path.is_file() and path.read_bytes()
    with closing(sqlite3.connect(path)) as store:
        return store.execute("SELECT sql FROM sqlite_master").fetchall()


@pytest.mark.parametrize(
    ("line", "spoilt"),
    [
        ("migrate", (garbage, folder, others, below_a_file)),
        ("migrate --check", (garbage, folder)),
        ("db downgrade 0001", (garbage, folder, below_a_file)),
        ("decisions acme/shop", (garbage, folder, others)),
        ("replay acme/shop#1", (garbage, folder, others)),
        ("backup FILE", (garbage, folder, below_a_file)),
    ],
)
def test_what_cannot_be_a_store_is_said_and_left_as_it_is(
    line: str,
    spoilt: tuple[Callable[[Path], None], ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for spoil in spoilt:
        here = tmp_path / spoil.__name__
        store = here / "data" / "handoff.sqlite"
        store.parent.mkdir(parents=True)
        spoil(store)
        before = held(store)

        assert typed(line, here) == 3
        assert "handoff: " in capsys.readouterr().err
        assert held(store) == before


@pytest.mark.parametrize("there", ["HANDOFF_DATABASE_URL", "--to"])
def test_who_lacks_the_extra_is_told_its_name(
    there: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    url = "postgresql://handoff:geheim@localhost/handoff"
    words = ["move", "--to", url]
    if there != "--to":
        words = ["migrate"]
        monkeypatch.setenv(there, url)

    assert main(words) == 2
    said = capsys.readouterr().err
    assert "handoff-bot[postgres]" in said
    assert "geheim" not in said


@pytest.mark.parametrize("line", ["decisions acme/shop", "replay acme/shop#1"])
def test_a_file_that_was_left_behind_by_a_move_is_not_read(
    line: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["migrate"]) == 0
    monkeypatch.setenv("HANDOFF_DATABASE_URL", "postgresql://handoff@localhost/handoff")

    assert main(line.split()) == 3
    assert "no server answers" in capsys.readouterr().err


def test_where_a_store_went_is_said_for_any_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["migrate"]) == 0

    assert main(["move", "--to", "sqlite:///there/it"]) == 0
    assert f"DATABASE_URL=sqlite:///{tmp_path}/there/it\n" in capsys.readouterr().out
