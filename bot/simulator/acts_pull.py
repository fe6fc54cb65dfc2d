"""The life of a pull request: edited, labelled, drafted, retargeted, merged, closed."""

from __future__ import annotations

from typing import Any

from bot.simulator import shapes, shapes_pull
from bot.simulator.acts_code import CodeActs
from bot.simulator.git import Signature
from bot.simulator.things import Account, Installation, Issue, Json, Pull, Repository, Team


class PullActs(CodeActs):
    """Acts about a pull request as a whole."""

    def issue(
        self, repo: Repository, title: str, *, by: Account | None = None, **fields: Any
    ) -> Issue:
        """An issue, which a description can say to close. The App is told of none."""
        repo.last_number += 1
        about = {"number": repo.last_number, "title": title, "user": by or repo.owner}
        made = self.make(Issue, "ISS", updated_at=self.now(), **about, **fields)
        repo.issues[made.number] = made
        return made

    def change_issue(self, issue: Issue, *, title: str, body: str, state: str) -> None:
        """Give it another text, close it or open it again."""
        issue.title, issue.body, issue.state = title, body, state
        issue.updated_at = self.now()
        issue.closed_at = (issue.closed_at or self.now()) if state == "closed" else None

    def delete_issue(self, repo: Repository, issue: Issue) -> None:
        """Delete an issue, as administrators can."""
        repo.deleted_issues.add(repo.issues.pop(issue.number).number)

    def edit_body(self, pull: Pull, by: Account, body: str) -> None:
        """Change the description; sends `edited` with what stood before."""
        before = pull.body
        self.edited_body(pull, by, body)
        self.pull_event(pull, "edited", by, changes={"body": {"from": before}})

    def edit_title(self, pull: Pull, by: Account, title: str) -> None:
        """Change the title; sends `edited`."""
        before, pull.title = pull.title, title
        self.pull_event(pull, "edited", by, changes={"title": {"from": before}})

    def retarget(self, pull: Pull, by: Account, base: str) -> None:
        """Change the base branch; sends `edited` with `changes.base`."""
        ref, sha = pull.base_ref, pull.base_sha
        pull.base_ref, pull.base_sha = base, pull.repo.branches[base]
        fields = {"previousRefName": ref, "currentRefName": base}
        self.happened(pull, "BaseRefChangedEvent", by, **fields)
        changes = {"base": {"ref": {"from": ref}, "sha": {"from": sha}}}
        self.pull_event(pull, "edited", by, changes=changes)

    def label(self, pull: Pull, by: Account, name: str) -> None:
        """Put a label on; sends `labeled`."""
        label = self.label_of(pull.repo, name)
        pull.labels[name] = label
        self.happened(pull, "LabeledEvent", by, label=label)
        shape = shapes_pull.label(self, pull.repo, label)
        self.pull_event(pull, "labeled", by, label=shape)

    def unlabel(self, pull: Pull, by: Account, name: str) -> None:
        """Take a label off; sends `unlabeled`."""
        label = pull.labels.pop(name)
        self.happened(pull, "UnlabeledEvent", by, label=label)
        shape = shapes_pull.label(self, pull.repo, label)
        self.pull_event(pull, "unlabeled", by, label=shape)

    def convert_to_draft(self, pull: Pull, by: Account) -> None:
        """Say that it is not ready; sends `converted_to_draft`."""
        pull.draft = True
        self.happened(pull, "ConvertToDraftEvent", by)
        self.pull_event(pull, "converted_to_draft", by)

    def ready_for_review(self, pull: Pull, by: Account) -> None:
        """Say that it is ready; sends `ready_for_review`."""
        pull.draft = False
        self.happened(pull, "ReadyForReviewEvent", by)
        self.pull_event(pull, "ready_for_review", by)

    def lock(self, pull: Pull, by: Account) -> None:
        """Lock the conversation; GitHub tells only Apps that subscribed to it, which we did."""
        pull.locked = True
        self.pull_event(pull, "locked", by)

    def close(self, pull: Pull, by: Account) -> None:
        """Close without merging; sends `closed`."""
        pull.state, pull.closed_at = "closed", self.now()
        self.happened(pull, "ClosedEvent", by)
        self.pull_event(pull, "closed", by)

    def reopen(self, pull: Pull, by: Account) -> None:
        """Open again; sends `reopened`."""
        pull.state, pull.closed_at = "open", None
        self.happened(pull, "ReopenedEvent", by)
        self.pull_event(pull, "reopened", by)

    def merge(self, pull: Pull, by: Account) -> str:
        """Merge into the base branch; sends `closed` and `push`; returns the merge commit."""
        repo, before = pull.repo, pull.repo.branches[pull.base_ref]
        made = self.merge_commit(pull, before, by)
        pull.state, pull.closed_at = "closed", self.now()
        pull.merged_at, pull.merged_by, pull.merge_commit_sha = self.now(), by, made
        repo.branches[pull.base_ref] = made
        repo.pushed_at = self.now()
        self.happened(pull, "MergedEvent", by)
        self.pull_event(pull, "closed", by)
        self._pushed(repo, pull.base_ref, by, before)
        return made

    def merge_commit(self, pull: Pull, onto: str, by: Account) -> str:
        """The commit that merges the head onto another one, without moving a branch."""
        objects = pull.objects
        files = dict(objects.commits[onto].files)
        for row in self.pull_rows(pull):
            if row.previous:
                files.pop(row.previous, None)
            if row.new is None:
                files.pop(row.path, None)
            else:
                files[row.path] = row.new
        who = Signature(name=by.name or by.login, email=by.email, at=self.now(), account=by)
        message = f"Merge pull request #{pull.number} from {pull.head_owner.login}/{pull.head_ref}"
        made = objects.commit(files, (onto, pull.head_sha), message, who)
        self.own(pull.repo, made.sha)
        return made.sha

    def update_branch(self, pull: Pull, by: Account) -> None:
        """Merge the base into the branch, as the button does; sends `synchronize`."""
        repo, branch = self._branch(pull)
        before = repo.branches[branch]
        repo.branches[branch] = self.merge_commit(pull, pull.repo.branches[pull.base_ref], by)
        self._pushed(repo, branch, by, before)
        self._synchronize(pull, by, force=False)

    def request_review(self, pull: Pull, by: Account, whom: Account | Team) -> None:
        """Ask a person or a team for a review; sends `review_requested`."""
        extra: Json
        if isinstance(whom, Team):
            pull.team_reviewers[whom.id] = whom
            extra = {"requested_team": shapes.team(self, whom)}
        else:
            pull.reviewers[whom.id] = whom
            extra = {"requested_reviewer": shapes.user(self, whom)}
        self.happened(pull, "ReviewRequestedEvent", by)
        self.pull_event(pull, "review_requested", by, **extra)

    def delete_fork(self, pull: Pull) -> None:
        """Delete the repository of the head; the pull request stays."""
        if pull.fork and pull.head_repo:
            pull.head_repo.deleted = True
            pull.head_repo = None

    def rename_repository(self, repo: Repository, by: Account, name: str) -> None:
        """Rename; the old name redirects; sends `repository.renamed`."""
        before, old = repo.name, repo.full_name
        self.old_names[old.lower()] = repo.id
        repo.name = name
        self._repository(repo, by, "renamed", changes={"repository": {"name": {"from": before}}})

    def archive(self, repo: Repository, by: Account) -> None:
        """Make read-only; sends `repository.archived`."""
        repo.archived = True
        self._repository(repo, by, "archived")

    def unarchive(self, repo: Repository, by: Account) -> None:
        """Make writable again; sends `repository.unarchived`."""
        repo.archived = False
        self._repository(repo, by, "unarchived")

    def publish(self, repo: Repository, by: Account) -> None:
        """Make public; sends `repository.publicized`."""
        repo.visibility = "public"
        self._repository(repo, by, "publicized")

    def change_default_branch(self, repo: Repository, by: Account, branch: str) -> None:
        """Make another branch the default one; sends `repository.edited`."""
        before, repo.default_branch = repo.default_branch, branch
        repo.branches.setdefault(branch, repo.branches[before])
        self._repository(repo, by, "edited", changes={"default_branch": {"from": before}})

    def delete_repository(self, repo: Repository, by: Account) -> None:
        """Delete; sends `repository.deleted`."""
        self._repository(repo, by, "deleted")
        repo.deleted = True

    def _repository(self, repo: Repository, by: Account, action: str, **extra: Json) -> None:
        self.emit("repository", repo, by, {"action": action, **extra})

    def ping(self, installation: Installation) -> None:
        """Send the `ping` that a new hook gets."""
        url = f"{self.api}/app/hook/config"
        hook = {"type": "App", "id": self.app.id, "name": "web", "active": True}
        config = {"content_type": "json", "insecure_ssl": "0", "url": url, "secret": "********"}
        times = {"created_at": shapes.stamp(self.now()), "updated_at": shapes.stamp(self.now())}
        hook |= {"events": list(self.app.events), "config": config, "app_id": self.app.id}
        zen = "Keep it logically awesome."
        payload = {"zen": zen, "hook_id": self.app.id, "hook": hook | times}
        self.tell("ping", installation, payload)
