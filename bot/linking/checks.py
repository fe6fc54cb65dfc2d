"""Whether a check is the one that is asked for, by who made it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model.known import Known, Unknown

if TYPE_CHECKING:
    from bot.model.facts import CheckRun

# Neither passed nor failed: somebody or something stopped it before it could say.
INCONCLUSIVE = frozenset({"cancelled", "stale", "action_required", "startup_failure"})


def is_made_by(run: CheckRun, app: str, workflow: str | None, login: str | None) -> Known[bool]:
    """Whether that App made it, with that workflow file; or that login, as a commit status.

    Unknown where GitHub does not say who did.
    """
    if login is not None:
        return run.status_by == login
    if run.status_by is not None:
        return False
    if run.app_slug is None:
        return Unknown(f"can't tell: {run.name} - which App made it is not known")
    if run.app_slug != app:
        return False
    if workflow is None:
        return True
    if isinstance(run.workflow, Unknown):
        return run.workflow
    return run.workflow == workflow
