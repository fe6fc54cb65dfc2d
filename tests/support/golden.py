"""Words that people read, compared with a file beside the test; `make golden` rewrites them."""

from __future__ import annotations

import os
from pathlib import Path


def assert_golden(path: Path, text: str) -> None:
    """The file holds exactly the text; with GOLDEN in the environment it is written first."""
    if os.environ.get("GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), f"{path.name} is missing: run make golden and read what it says"
    assert text == path.read_text(encoding="utf-8")
