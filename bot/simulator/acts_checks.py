"""Check runs, suites and statuses, as CI systems, people and our App make them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypedDict, Unpack

from bot.simulator import shapes_checks
from bot.simulator.acts_talk import TalkActs
from bot.simulator.things import (
    Account,
    Artifact,
    Deployment,
    DeploymentStatus,
    Pull,
    Repository,
    Run,
    Status,
    Suite,
)

ACTIONS = "github-actions"
_UNDER_WAY = ("pending", "queued", "in_progress", "waiting")


class Ci(TypedDict, total=False):
    """What may be said about a CI run: its App, its workflow file, its commit, its times."""

    app: str
    workflow: str | None
    sha: str
    event: str
    summary: str


class CheckActs(TalkActs):
    """Acts of CI."""

    def run_ci(
        self,
        where: Pull | Repository,
        name: str,
        conclusion: str | None = "success",
        **about: Unpack[Ci],
    ) -> Run:
        """Start a check, or with a conclusion finish it; None leaves it in progress.

        A run of that name that is still going on is finished; otherwise a new one is made. By
        default GitHub Actions runs it from `.github/workflows/ci.yml`.
        """
        run = self._running(where, name, about)
        if conclusion is None:
            return run
        run.status, run.conclusion = "completed", conclusion
        run.completed_at = self.now()
        self.run_event(run, "completed", run.suite.app.bot)
        self.conclude(run.suite)
        return run

    def _running(self, where: Pull | Repository, name: str, about: Ci) -> Run:
        repo = where.repo if isinstance(where, Pull) else where
        head = where.head_sha if isinstance(where, Pull) else repo.tip.sha
        app = self.other_app(about.get("app", ACTIONS))
        default = ".github/workflows/ci.yml" if app.slug == ACTIONS else None
        suite = self.suite(
            repo,
            app,
            about.get("sha", head),
            trigger=(about.get("workflow", default), about.get("event", "pull_request")),
        )
        for one in suite.runs:
            if one.name == name and one.status != "completed":
                return one
        run = self.new_run(suite, name)
        run.status, run.started_at = "in_progress", self.now()
        run.summary = about.get("summary")
        suite.status, suite.conclusion = "in_progress", None
        self.run_event(run, "created", app.bot)
        return run

    def upload(self, run: Run, name: str, body: bytes) -> Artifact:
        """Leave an artifact behind, as a job does before it ends; nobody is told."""
        made = self.make(Artifact, "MDg6", name=name, body=body)
        run.suite.artifacts.append(made)
        return made

    def new_run(self, suite: Suite, name: str) -> Run:
        """A run in a suite; of too many the oldest is deleted."""
        run = self.make(Run, "CR", suite=suite, name=name)
        suite.runs.append(run)
        del suite.runs[: -self.quirks.runs_per_suite]
        return run

    def conclude(self, suite: Suite) -> None:
        """Close a suite whose newest runs are all completed; sends `check_suite.completed`."""
        newest = {one.name: one for one in suite.runs}
        if not newest or any(one.status != "completed" for one in newest.values()):
            return
        said = [one.conclusion or "neutral" for one in newest.values()]
        order = ("failure", "timed_out", "cancelled", "action_required", "stale", "success")
        suite.status = "completed"
        suite.conclusion = next((word for word in order if word in said), said[0])
        suite.updated_at = self.now()
        self.suite_event(suite, "completed", suite.app.bot)

    def run_event(self, run: Run, action: str, by: Account, **extra: Any) -> None:
        """Send a `check_run` event."""
        body = {"action": action, "check_run": shapes_checks.run_event(self, run)}
        self.emit("check_run", run.suite.repo, by, body | extra)

    def suite_event(self, suite: Suite, action: str, by: Account) -> None:
        """Send a `check_suite` event."""
        suite.updated_at = self.now()
        body = {"action": action, "check_suite": shapes_checks.suite_event(self, suite)}
        self.emit("check_suite", suite.repo, by, body)

    def rerequest_check(self, run: Run, by: Account) -> None:
        """Ask for a run again; only its own App is told."""
        if self.quirks.rerequest_resets_suite:
            run.suite.status, run.suite.conclusion = "queued", None
        if run.suite.app is self.app:
            self.run_event(run, "rerequested", by)

    def rerequest_suite(self, suite: Suite, by: Account) -> None:
        """Ask for a whole suite again; only its own App is told."""
        if self.quirks.rerequest_resets_suite:
            suite.status, suite.conclusion = "queued", None
        if suite.app is self.app:
            self.suite_event(suite, "rerequested", by)

    def press_button(self, run: Run, by: Account, identifier: str) -> None:
        """Press a button under a run; sends `check_run.requested_action` to its App."""
        offered = [one["identifier"] for one in run.actions]
        if identifier not in offered:
            raise LookupError(f"{run.name} offers {offered}, not {identifier}")
        if run.suite.app is self.app:
            action = {"identifier": identifier}
            self.run_event(run, "requested_action", by, requested_action=action)

    def status(self, where: Pull, context: str, state: str, *, by: Account | None = None) -> Status:
        """Set a commit status; sends `status`."""
        made = self.make(
            Status,
            "SC",
            sha=where.head_sha,
            context=context,
            state=state,
            creator=by or where.user,
        )
        where.repo.statuses.append(made)
        shape = shapes_checks.status_event(self, where.repo, made)
        self.emit("status", where.repo, made.creator, shape)
        return made

    def deploy(
        self, where: Pull, environment: str, state: str = "success", url: str = "", sha: str = ""
    ) -> Deployment:
        """Say how a deployment is going, of the head or another commit; sends `deployment_status`.

        One that is still going on is told of again; otherwise a new one is made.
        """
        repo, sha = where.repo, sha or where.head_sha
        going = [
            one
            for one in repo.deployments
            if (one.sha, one.environment) == (sha, environment)
            and one.statuses[-1].state in _UNDER_WAY
        ]
        if going:
            made = going[-1]
        else:
            bot = self.other_app(ACTIONS).bot
            made = self.make(Deployment, "DE", sha=sha, environment=environment, creator=bot)
            repo.deployments.append(made)
        made.statuses.append(self.make(DeploymentStatus, "DES", state=state, url=url))
        shape = shapes_checks.deployment_event(self, repo, made)
        self.emit("deployment_status", repo, made.creator, shape)
        return made

    def age_checks(self, repo: Repository) -> None:
        """Turn runs that were incomplete for too long stale."""
        limit = self.now() - timedelta(days=self.quirks.stale_after_days)
        for suite in repo.suites:
            for run in suite.runs:
                if run.status != "completed" and (run.started_at or run.created_at) <= limit:
                    run.status, run.conclusion = "completed", "stale"

    def our_runs(self, pull: Pull) -> list[Run]:
        """The runs of our App on the head, oldest first: what the tests look at."""
        return [one for one in pull.repo.runs(pull.head_sha) if one.suite.app is self.app]

    def latest_runs(self, repo: Repository, sha: str) -> list[Run]:
        """The newest run of each name in each suite."""
        newest: dict[tuple[int, str], Run] = {}
        for run in repo.runs(sha):
            newest[run.suite.id, run.name] = run
        return list(newest.values())

    def latest_statuses(self, repo: Repository, sha: str) -> list[Status]:
        """The newest status of each context."""
        return list({one.context: one for one in repo.statuses if one.sha == sha}.values())
