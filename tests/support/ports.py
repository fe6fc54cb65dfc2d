"""Ports for processes that are told where to listen."""

from __future__ import annotations

import random
import socket

# Below those that the system gives to connections and to whoever asks for any: what is chosen here
# stays free until the process listens on it, and while it is dead.
_FIRST, _LAST = 12_000, 31_999


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    while True:
        port = random.SystemRandom().randint(_FIRST, _LAST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
