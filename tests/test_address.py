from __future__ import annotations

from pathlib import Path

import pytest

from bot.address import file_of, is_postgres, passwords, shown


@pytest.mark.parametrize(
    ("url", "safe", "secrets"),
    [
        ("postgres://h/db", "postgresql://h/db", []),
        ("postgresql://u@h:5433/db", "postgresql://u@h:5433/db", []),
        ("postgresql://u:p%40w@h/db", "postgresql://u@h/db", ["p@w", "p%40w"]),
        ("postgresql://u:pw@a:1,b:2/db?x=1", "postgresql://u@a:1,b:2/db?x=1", ["pw", "pw"]),
        ("postgresql://u:p?w@h/db?x=1", "postgresql://u@h/db?x=1", ["p?w", "p?w"]),
        ("postgresql://u:p?w@h?x=1", "postgresql://u@h?x=1", ["p?w", "p?w"]),
        ("postgresql://h/db?pass%77ord=x", "postgresql://h/db", ["x", "x"]),
        ("postgresql://u:pw@[::1]:1/db", "postgresql://u@[::1]:1/db", ["pw", "pw"]),
        ("postgresql://[::1/db", "postgresql://[::1/db", []),
        ("postgresql://h/db?sslpassword=x", "postgresql://h/db", ["x", "x"]),
        (
            "postgresql:///db?host=/run&password=p%20w&user=u",
            "postgresql:///db?host=/run&user=u",
            ["p w", "p%20w"],
        ),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, safe: str, secrets: list[str]) -> None:
    assert is_postgres(url)
    assert (shown(url), passwords(url), file_of(url)) == (safe, secrets, None)


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:////x/y.db", Path("/x/y.db")),
        ("sqlite:///y.db", Path("y.db")),
        ("sqlite:///", None),
        ("sqlite:///:memory:", None),
        ("mysql://h/db", None),
        ("", None),
    ],
)
def test_a_file_is_named_by_its_path(url: str, file: Path | None) -> None:
    assert (file_of(url), is_postgres(url)) == (file, False)
