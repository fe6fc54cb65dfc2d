"""Text that is made to be searched for ever is searched once."""

from __future__ import annotations

import pytest

from bot.readers.signals.wide import FOUND_AT_MOST, registrations

HOSTILE = [
    ("java", b"@Component class a : ", 0),
    ("java", b"@Component class A extends B ", 0),
    ("java", b"@ControllerAdvice class ", 0),
    ("python", b"\nMIDDLEWARE = [", 0),
    ("javascript", b"'express' app.use(function ", FOUND_AT_MOST),
    ("go", b"r := gin.New() r.Use(", FOUND_AT_MOST),
    ("ruby", b"config.middleware.insert_before :::::", 0),
]


@pytest.mark.parametrize(("language", "part", "found"), HOSTILE)
def test_what_repeats_itself_ends(language: str, part: bytes, found: int) -> None:
    code = part * (200_000 // len(part))

    assert sum(1 for _ in registrations(language, "app/a", code)) == found
