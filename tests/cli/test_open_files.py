"""However few open files a shell allows, idle connections of strangers do not keep GitHub's out."""

from __future__ import annotations

import resource
from pathlib import Path

from bot.cli.serve import FILES
from tests.crash.house import house


async def test_the_server_takes_as_many_files_as_it_may(tmp_path: Path) -> None:
    few, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, most))
    try:
        async with house(tmp_path) as home:
            await home.start()
            assert home.process is not None
            allowed, _ = resource.prlimit(home.process.pid, resource.RLIMIT_NOFILE)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (few, most))

    assert allowed == (most if 0 < most < FILES else FILES)
