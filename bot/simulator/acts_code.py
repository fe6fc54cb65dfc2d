"""What people do with code: pushes, branches, pull requests, names of repositories."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, TypeAlias, TypedDict, Unpack

from bot.simulator import shapes, shapes_pull
from bot.simulator.acts_people import PeopleActs
from bot.simulator.diff import Row, rows_of
from bot.simulator.git import ZERO, Commit, Files, Signature
from bot.simulator.things import (
    Account,
    App,
    Edit,
    Happening,
    Json,
    Label,
    Pull,
    Repository,
    Suite,
)

Where: TypeAlias = Pull | tuple[Repository, str]


class Proposal(TypedDict, total=False):
    """What may be said about a new pull request; all of it can be left out.

    `fork`: from the author's fork. `message`: of its one commit. `co_author`: a commit author
    that no account is known for.
    """

    title: str
    body: str
    files: Files
    branch: str
    base: str
    draft: bool
    fork: bool
    message: str
    co_author: str
    labels: tuple[str, ...]
    number: int


class CodeActs(PeopleActs, ABC):
    """Acts about code."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._rows: dict[tuple[str, str], list[Row]] = {}

    def open_pull_request(self, repo: Repository, by: Account, **about: Unpack[Proposal]) -> Pull:
        """Push a branch and open a pull request of it; sends `pull_request.opened`."""
        base = about.get("base", repo.default_branch)
        number = about.get("number", repo.last_number + 1)
        repo.last_number = max(repo.last_number, number)
        branch = about.get("branch", f"change-{number}")
        home = self.fork(repo, by) if about.get("fork") else repo
        # Without files, a branch that exists is taken as it is: two may share a head.
        if branch not in home.branches or about.get("files"):
            home.branches.setdefault(branch, repo.branches[base])
            self._commit((home, branch), by, about.get("files", {}), about)
        pull = self.make(
            Pull,
            "PR",
            repo=repo,
            number=number,
            user=by,
            title=about.get("title", f"Change {number}"),
            body=about.get("body", ""),
            head_repo=home,
            head_owner=home.owner,
            head_ref=branch,
            head_sha=home.branches[branch],
            base_ref=base,
            base_sha=repo.branches[base],
            updated_at=self.now(),
            pushed_at=self.now(),
            fork=home is not repo,
            draft=about.get("draft", False),
        )
        pull.labels = {name: self.label_of(repo, name) for name in about.get("labels", ())}
        repo.pulls[number] = pull
        self._pushed(home, branch, by, ZERO)
        self._request_suite(pull, by, ZERO)
        self.pull_event(pull, "opened", by)
        if self.quirks.stacked_action and base != repo.default_branch:
            self.pull_event(pull, "stacked", by)
        return pull

    def push(
        self, where: Where, by: Account, files: Files, *, force: bool = False, **about: Any
    ) -> Commit:
        """Push one commit to a pull request's branch or any other; None removes a file.

        `force` drops what the branch had of its own: history is rewritten. `about`: its `message`,
        the commit that it goes `onto` by force, and its `pusher` where that is another than who
        wrote it.
        """
        pusher = about.get("pusher", by)
        repo, branch = self._branch(where)
        before = repo.branches[branch]
        if force:
            old = repo.objects.commits[before]
            repo.branches[branch] = about.get("onto") or (*old.parents, before)[0]
        made = self._commit((repo, branch), by, files, about)
        self._pushed(repo, branch, pusher, before)
        for pull in list(self.pulls_of(repo, branch)):
            self._synchronize(pull, pusher, force=force)
        return made

    def push_back(self, where: Where, by: Account, sha: str) -> None:
        """Push a branch back by force to a commit that it has had."""
        repo, branch = self._branch(where)
        before, repo.branches[branch] = repo.branches[branch], sha
        self._pushed(repo, branch, by, before)
        for pull in list(self.pulls_of(repo, branch)):
            self._synchronize(pull, by, force=True)

    def push_default(self, repo: Repository, by: Account, files: Files) -> Commit:
        """Push to the default branch, as a change of the policy is."""
        return self.push((repo, repo.default_branch), by, files)

    def remove_file(self, where: Where, by: Account, path: str) -> Commit:
        """Push a commit that deletes one file."""
        return self.push(where, by, {path: None}, message=f"Delete {path}")

    def _branch(self, where: Where) -> tuple[Repository, str]:
        if isinstance(where, Pull):
            return where.head_repo or where.repo, where.head_ref
        return where

    def _commit(
        self, where: tuple[Repository, str], by: Account, files: Files, about: Any
    ) -> Commit:
        repo, branch = where
        parent = repo.objects.commits[repo.branches[branch]]
        known = by if "co_author" not in about else None
        name, email = (by.name or by.login, by.email) if known else (about["co_author"], "x@y.test")
        who = Signature(name=name, email=email, at=self.now(), account=known)
        tree = repo.objects.changed(parent.files, files)
        message = about.get("message") or f"Change on {branch}"
        made = repo.objects.commit(tree, (parent.sha,), message, who)
        repo.branches[branch] = made.sha
        repo.pushed_at = self.now()
        self.own(repo, made.sha)
        return made

    def pulls_of(self, repo: Repository, branch: str) -> list[Pull]:
        """The open pull requests whose head is this branch."""
        return [
            pull
            for one in self.repositories.values()
            for pull in one.pulls.values()
            if pull.head_repo is repo and pull.head_ref == branch and pull.state == "open"
        ]

    def _pushed(self, repo: Repository, branch: str, by: Account, before: str) -> None:
        after = repo.branches[branch]
        known = repo.branches[repo.default_branch] if before == ZERO else before
        new = repo.objects.between(known, after)
        self.emit("push", repo, by, self._push_payload((repo, branch), by, (before, after), new))

    def _push_payload(
        self,
        where: tuple[Repository, str],
        by: Account,
        shas: tuple[str, str],
        new: list[Commit],
    ) -> Json:
        repo, branch = where
        commits = [self._push_commit(repo, one) for one in new]
        compare = f"{self.web}/{repo.full_name}/compare/{shas[0][:12]}...{shas[1][:12]}"
        return {
            "ref": f"refs/heads/{branch}",
            "before": shas[0],
            "after": shas[1],
            "base_ref": None,
            "created": shas[0] == ZERO,
            "deleted": shas[1] == ZERO,
            "forced": False,
            "compare": compare,
            "commits": commits,
            "head_commit": commits[-1] if commits else None,
            "pusher": {"name": by.login, "email": by.email},
        }

    def _push_commit(self, repo: Repository, one: Commit) -> Json:
        parent = one.parents[0] if one.parents else one.sha
        rows = self.rows(repo, parent, one.sha)
        paths: dict[str, list[str]] = {"added": [], "removed": [], "modified": []}
        for row in rows:
            paths[row.status if row.status in paths else "modified"].append(row.path)
        return shapes.simple_commit(one) | {
            "distinct": True,
            "url": f"{self.web}/{repo.full_name}/commit/{one.sha}",
            **paths,
        }

    def _synchronize(self, pull: Pull, by: Account, *, force: bool) -> None:
        before, pull.previous_head = pull.head_sha, pull.head_sha
        assert pull.head_repo is not None  # noqa: S101 - only a living branch is pushed to
        pull.head_sha = pull.head_repo.branches[pull.head_ref]
        pull.base_sha = pull.repo.branches.get(pull.base_ref, pull.base_sha)
        pull.pushed_at = self.now()
        if force:
            commits = {"beforeCommit": before, "afterCommit": pull.head_sha}
            self.happened(pull, "HeadRefForcePushedEvent", by, **commits)
        self._request_suite(pull, by, before)
        extra = {"before": before, "after": pull.head_sha}
        self.pull_event(pull, "synchronize", by, **extra)

    def _request_suite(self, pull: Pull, by: Account, before: str) -> None:
        if pull.fork and self.quirks.forks_request_no_suite:
            return
        suite = self.suite(pull.repo, self.app, pull.head_sha, before=before)
        self.suite_event(suite, "requested", by)

    def suite(
        self,
        repo: Repository,
        app: App,
        sha: str,
        *,
        before: str = ZERO,
        trigger: tuple[str | None, str] = (None, "pull_request"),
    ) -> Suite:
        """The suite of an App, for Actions of one workflow file and event, on a commit; made where
        there is none."""
        workflow, event = trigger
        wanted = (app, sha, workflow, event)
        for one in repo.suites:
            if (one.app, one.head_sha, one.workflow, one.event) == wanted:
                return one
        heads = [one for one in repo.pulls.values() if one.head_sha == sha]
        forks = all(one.fork for one in heads) and self.quirks.forks_have_no_pulls_in_checks
        branch = next((one for one, tip in repo.branches.items() if tip == sha), None)
        made = self.make(
            Suite,
            "CS",
            repo=repo,
            app=app,
            head_sha=sha,
            head_branch=None if heads and forks else branch,
            before=before,
            updated_at=self.now(),
            workflow=workflow,
            event=event,
        )
        repo.suites.append(made)
        return made

    @abstractmethod
    def suite_event(self, suite: Suite, action: str, by: Account) -> None:
        """Send a `check_suite` event."""

    def rows(self, repo: Repository, base: str, head: str) -> list[Row]:
        """The changed files between two commits."""
        key = (base, head)
        if key not in self._rows:
            commits = repo.objects.commits
            found = self.quirks.renames_detected
            self._rows[key] = rows_of(
                repo.objects, commits[base].files, commits[head].files, renames=found
            )
        return self._rows[key]

    def pull_rows(self, pull: Pull, head: str | None = None) -> list[Row]:
        """The changed files of a pull request, from the merge base to its head."""
        head = head or pull.head_sha
        base = pull.objects.merge_base(pull.base_sha, head)
        return self.rows(pull.repo, base.sha, head) if base else []

    def commits_of(self, pull: Pull, head: str | None = None) -> list[Commit]:
        """The commits of a pull request, oldest first."""
        return pull.objects.between(pull.base_sha, head or pull.head_sha)

    def full_pull(self, pull: Pull) -> Json:
        """`pull-request`, complete."""
        rows = self.pull_rows(pull)
        counts = (
            len(rows),
            sum(row.additions for row in rows),
            sum(row.deletions for row in rows),
            len(self.commits_of(pull)),
        )
        return shapes_pull.full_pull(self, pull, counts)

    def pull_event(self, pull: Pull, action: str, by: Account, **extra: Any) -> None:
        """Send a `pull_request` event and count the change as an update."""
        pull.updated_at = self.now()
        shape = self.full_pull(pull)
        if self.quirks.zero_head_sha:
            shape["head"]["sha"] = ZERO
        body: Json = {"action": action, "number": pull.number, "pull_request": shape}
        self.emit("pull_request", pull.repo, by, body | extra)

    def happened(self, pull: Pull, kind: str, by: Account, **fields: Any) -> None:
        """Add to the timeline; `kind` is GraphQL's name of the event."""
        pull.timeline.append(self.make(Happening, "EV", type=kind, actor=by, fields=fields))

    def label_of(self, repo: Repository, name: str) -> Label:
        """The repository's label of that name, made when it is new."""
        if name not in repo.labels:
            repo.labels[name] = self.make(Label, "LA", name=name)
        return repo.labels[name]

    def edited_body(self, pull: Pull, by: Account, body: str) -> None:
        """Keep the history of a body: the first edit keeps the original too."""
        if not pull.edits:
            first = self.make(
                Edit, "UCE", created_at=pull.created_at, editor=pull.user, body=pull.body
            )
            pull.edits.append(first)
        pull.body = body
        pull.edits.append(self.make(Edit, "UCE", editor=by, body=body))
