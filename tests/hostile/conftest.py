"""What the bot says while it is being attacked."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from bot import logs


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    """The log at level info, in lines of JSON."""
    stream = io.StringIO()
    logs.configure(logs.Redactor(), form="json", level="info", stream=stream)
    yield stream
    logs.silence()
