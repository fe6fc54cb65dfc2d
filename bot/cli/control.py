"""Asking a running server over the socket in its data folder."""

from __future__ import annotations

import http.client
import json
import socket
from typing import TYPE_CHECKING, Any

from bot.cli.parts import COULD_NOT, complain
from bot.errors import Trouble

if TYPE_CHECKING:
    from pathlib import Path

ANSWER_WITHIN = 10.0


class NotRunning(Trouble):
    """No server answers there."""


def unanswered(trouble: Trouble) -> int:
    """Say why nothing is known or done; the exit code."""
    complain(trouble.what, "start it: handoff serve" if isinstance(trouble, NotRunning) else "")
    return COULD_NOT


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=ANSWER_WITHIN)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket instead of an address."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(ANSWER_WITHIN)
        self.sock.connect(str(self._path))


def ask(folder: Path, method: str, path: str) -> tuple[int, Any]:
    """(status, JSON) of the server's answer; raises NotRunning, and Trouble where it could not."""
    connection = _Connection(folder / "handoff.sock")
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        said = answer.read().decode()
        if answer.status < 500:
            return answer.status, json.loads(said)
    except TimeoutError as error:
        late = f"has not answered for {ANSWER_WITHIN:.0f} s: it has much to tell, or hangs"
        raise Trouble(f"the server in {folder} {late}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotRunning(f"no server answers in {folder}: {error}") from error
    finally:
        connection.close()
    raise Trouble(f"the server in {folder} could not answer: {said.partition(chr(10))[0]}")
