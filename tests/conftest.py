"""In continuous integration a test that could not run has not passed."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:
    from tests.support.postgres import Postgres

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def pytest_configure(config: pytest.Config) -> None:
    """Where the environment variable CI is set, skips are failures."""
    if os.environ.get("CI"):
        config.pluginmanager.register(NoSkips())


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server of the whole run; what its power failure would lose is nothing to a test."""
    from tests.support.postgres import Postgres, missing

    assert missing() == ""
    with Postgres(fsync="off") as server:
        yield server


class NoSkips:
    """Turns skips into failures that name their reason; what is expected to fail still may."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self,
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Of a test."""
        return _failed((yield))

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self,
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Of a whole file."""
        return _failed((yield))


def _failed(report: Report) -> Report:
    if report.skipped and not hasattr(report, "wasxfail"):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"not run, and so not passed: {why}"
    return report
