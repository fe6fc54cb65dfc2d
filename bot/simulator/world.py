"""The whole simulated world: what stands on this GitHub and what people do there."""

from __future__ import annotations

from collections.abc import Sequence

from bot.simulator import shapes_checks
from bot.simulator.acts_checks import CheckActs
from bot.simulator.things import Account, Json, Pull, QueueEntry

# Why an entry left the queue, in the words of `merge_group.destroyed` and of `dequeued`.
_LEFT = {"merged": "MERGE", "dequeued": "MANUAL", "invalidated": "CI_FAILURE"}


class World(CheckActs):
    """Everything at once; people act through its methods and the App is told by webhooks."""

    def enqueue(self, pulls: Sequence[Pull], by: Account) -> QueueEntry:
        """Put pull requests into the merge queue as one group; returns the last entry.

        Sends `pull_request.enqueued` for each and `merge_group.checks_requested` for the group.
        """
        repo, base = pulls[0].repo, pulls[0].base_ref
        queue = repo.queues.setdefault(base, [])
        onto = queue[-1].group_sha if queue else repo.branches[base]
        start = onto
        made = []
        for pull in pulls:
            onto = self.merge_commit(pull, onto, by)
            ref = f"gh-readonly-queue/{base}/pr-{pull.number}-{start}"
            repo.branches[ref] = onto
            entry = self.make(
                QueueEntry,
                "MQE",
                pull=pull,
                by=by,
                head_at_entry=pull.head_sha,
                base_sha=start,
                group_sha=onto,
                group_ref=ref,
            )
            made.append(entry)
            queue.append(entry)
            self.happened(pull, "AddedToMergeQueueEvent", by)
            self.pull_event(pull, "enqueued", by)
        self._group(made[-1], "checks_requested", by)
        return made[-1]

    def dequeue(self, entry: QueueEntry, by: Account, reason: str = "dequeued") -> None:
        """Take a group's last pull request out; sends `dequeued` and `merge_group.destroyed`."""
        repo = entry.pull.repo
        repo.queues[entry.pull.base_ref].remove(entry)
        repo.branches.pop(entry.group_ref, None)
        self.happened(entry.pull, "RemovedFromMergeQueueEvent", by)
        self.pull_event(entry.pull, "dequeued", by, reason=_LEFT[reason])
        self._group(entry, "destroyed", by, reason=reason)

    def merge_queued(self, entry: QueueEntry, by: Account) -> None:
        """The queue merges the group: all its pull requests, then the group is gone."""
        queue = entry.pull.repo.queues[entry.pull.base_ref]
        for one in [one for one in queue if one.base_sha == entry.base_sha]:
            self.merge(one.pull, by)
            if one is not entry:
                queue.remove(one)
        self.dequeue(entry, by, "merged")

    def _group(self, entry: QueueEntry, action: str, by: Account, **extra: str) -> None:
        body: Json = {"action": action, "merge_group": shapes_checks.merge_group(entry)}
        self.emit("merge_group", entry.pull.repo, by, body | extra)
