"""A private Postgres server in a temporary folder, for tests and benchmarks of the second store."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.ports import free_port

OWNER = "handoff"
# What the server may take to start or end, in seconds.
PATIENCE = "60"
_FOLLOWER = "follower"


def binary(name: str) -> str | None:
    """Where a program of Postgres is, the newest version first; None where it is not installed."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda one: float(one.parent.name)
    )
    path = os.pathsep.join(str(one) for one in reversed(folders))
    return shutil.which(name, path=path) or shutil.which(name)


def missing() -> str:
    """Why no server can be started here; empty where one can."""
    wanted = [
        name
        for name in ("initdb", "pg_ctl", "psql", "pg_dump", "pg_restore", "pg_basebackup")
        if binary(name) is None
    ]
    return f"Postgres is not installed here: no {', '.join(wanted)}" if wanted else ""


class Postgres:
    """`with Postgres() as server:` a server of its own on 127.0.0.1, gone at the end with its data.

    `settings`: lines for its configuration. It keeps what it commits, as in earnest, in `folder`.
    """

    def __init__(self, **settings: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="handoff-postgres-"))
        self._settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder),
            "port": str(free_port()),
            **settings,
        }

    @property
    def port(self) -> int:
        """Where it listens, also after a restart."""
        return int(self._settings["port"])

    def url(self, database: str = "postgres", *, socket: bool = False) -> str:
        """The address of one of its databases; through its `socket`, which goes without TCP."""
        if socket:
            return f"postgresql://{OWNER}@/{database}?host={self.folder}&port={self.port}"
        return f"postgresql://{OWNER}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, *, socket: bool = False) -> str:
        """Make an empty database; its address."""
        self.ask(f'CREATE DATABASE "{database}"')
        return self.url(database, socket=socket)

    def ask(self, statement: str, database: str = "postgres") -> str:
        """What psql prints for a statement, without any ornament."""
        return self._run("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement, "-d", database)

    def dump(self, database: str) -> str:
        """Write one of its databases into a file of its own folder, while it is at work; its
        path."""
        path = str(self.folder / f"{database}.dump")
        self._run("pg_dump", "-Fc", "-f", path, "-d", database)
        return path

    def put_back(self, dump: str, database: str) -> None:
        """Have the database as the file says, whatever was in it."""
        self.ask(f'DROP DATABASE "{database}" WITH (FORCE)')
        self.create(database)
        self._run("pg_restore", "--exit-on-error", "-d", database, dump)

    def start(self) -> None:
        """Make the cluster if there is none yet, then start it; it answers when this returns."""
        data = self.folder / "data"
        if not data.exists():
            self._own()
            trust = ("-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
            self._run("initdb", "-U", OWNER, *trust, "-D", str(data))
            lines = [f"{name} = '{value}'\n" for name, value in self._settings.items()]
            with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
                file.writelines(lines)
        self._control("start", "-l", str(self.folder / "log"))

    def stop(self, mode: str = "fast") -> None:
        """End it: `smart`, `fast`, or `immediate`, which is a crash to whoever is connected."""
        self._control("stop", "-m", mode)

    def restart_immediate(self) -> None:
        """Crash it and start it again: it recovers what was committed."""
        self._control("restart", "-m", "immediate", "-l", str(self.folder / "log"))

    def follow(self) -> int:
        """Have a second server keep whatever this one commits, before it says so; its port."""
        port, folder = free_port(), self.folder / _FOLLOWER
        # Until it is there nobody waits for it.
        self._run("pg_basebackup", "-D", str(folder), "-R", "-X", "stream", "-c", "fast")
        with (folder / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(f"port = {port}\n")
        self._control("start", "-l", str(self.folder / "log.follower"), data=_FOLLOWER)
        self.ask("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.ask("SELECT pg_reload_conf()")
        return port

    def promote(self) -> None:
        """The second server takes over."""
        self._control("promote", data=_FOLLOWER)

    def freeze(self) -> None:
        """It does nothing more; its connections stay as they are, until it is thawed or ended."""
        self._tell(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on where it was."""
        self._tell(signal.SIGCONT)

    def processes(self) -> list[int]:
        """The server's processes, the first one first."""
        file = self.folder / "data" / "postmaster.pid"
        first = int(file.read_text(encoding="utf-8").split("\n")[0])
        below = Path(f"/proc/{first}/task/{first}/children").read_text(encoding="utf-8")
        return [first, *map(int, below.split())]

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            shutil.rmtree(self.folder)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            for data in (_FOLLOWER, "data"):
                if (self.folder / data / "postmaster.pid").exists():
                    if data == "data":
                        self.thaw()
                    self._control("stop", "-m", "immediate", data=data)
        finally:
            shutil.rmtree(self.folder)

    def _tell(self, what: signal.Signals) -> None:
        for one in self.processes():
            # One that serves a connection may have ended since they were listed.
            with suppress(ProcessLookupError):
                os.kill(one, what)

    def _control(self, *words: str, data: str = "data") -> None:
        self._run("pg_ctl", "-s", "-w", "-t", PATIENCE, "-D", str(self.folder / data), *words)

    def _own(self) -> None:
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)

    def _run(self, name: str, *words: str) -> str:
        """Run one of its programs; as nobody where we are root, whom the server refuses."""
        group = pwd.getpwnam("nobody").pw_gid
        as_nobody = {"user": "nobody", "group": group, "extra_groups": ()}
        # The server keeps what it inherits open: its words go to a file, not into a pipe.
        with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
            done = subprocess.run(
                [binary(name) or name, *words],
                cwd=self.folder,
                env={
                    "PATH": os.environ["PATH"],
                    "PGHOST": "127.0.0.1",
                    "PGPORT": str(self.port),
                    "PGUSER": OWNER,
                },
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                check=False,
                **(as_nobody if os.geteuid() == 0 else {}),  # type: ignore[call-overload]
            )
            said.seek(0)
            text = said.read().strip()
        if done.returncode:
            raise RuntimeError(f"{name} ended with {done.returncode}: {text}")
        return text


if __name__ == "__main__":
    sys.exit(missing() or 0)
