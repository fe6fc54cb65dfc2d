"""How `handoff serve` ends is told by its exit code, by which a supervisor goes."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from bot.cli import serve
from bot.cli.main import main
from bot.errors import StoreTrouble
from bot.store.database import InUse, Unfit
from bot.store.schema import Newer


@pytest.mark.parametrize(
    ("end", "code", "says"),
    [
        (InUse("by pid 7"), 3, "handoff: by pid 7 (one process a data folder)\n"),
        (Newer("the store is at 9999"), 4, "handoff: the store is at 9999\n"),
        (Unfit("it is a link"), 2, "handoff: it is a link\n"),
        (StoreTrouble("nothing commits", fatal=True), 74, "handoff: nothing commits\n"),
        (OSError("no space left"), 74, "handoff: no space left\n"),
        (KeyboardInterrupt(), 0, ""),
        (None, 0, ""),
    ],
    ids=repr,
)
def test_why_it_ended_is_said_in_a_line(
    end: BaseException | None,
    code: int,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def ends(*_: object) -> None:
        if end is not None:
            raise end

    monkeypatch.setattr("bot.settings.from_environment", lambda _: SimpleNamespace(channels=None))
    monkeypatch.setattr("resource.setrlimit", lambda *_: None)
    monkeypatch.setattr(serve, "_serve", ends)

    assert (main(["serve"]), capsys.readouterr().err) == (code, says)
