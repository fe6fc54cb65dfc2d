"""Whether a check is the one that is asked for, by who made it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bot.model.known import Known, Unknown

if TYPE_CHECKING:
    from bot.model.facts import CheckRun


class Maker(Protocol):
    """Who must have made a check: an App, with a workflow file; or a login, of a commit status."""

    @property
    def app(self) -> str:
        """The App's slug."""

    @property
    def workflow(self) -> str | None:
        """The workflow file's path; None for any."""

    @property
    def status_by(self) -> str | None:
        """The login; None for a check."""


def is_made_by(run: CheckRun, maker: Maker) -> Known[bool]:
    """Whether that maker made it; Unknown where GitHub does not say who did."""
    if maker.status_by is not None:
        return run.status_by == maker.status_by
    if run.status_by is not None:
        return False
    if run.app_slug is None:
        return Unknown(f"can't tell: {run.name} - which App made it is not known")
    if run.app_slug != maker.app:
        return False
    if maker.workflow is None:
        return True
    if isinstance(run.workflow, Unknown):
        return run.workflow
    return run.workflow == maker.workflow
