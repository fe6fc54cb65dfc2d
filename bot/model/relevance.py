"""Which events can change a verdict under a policy; all others cost nothing."""

from __future__ import annotations

from dataclasses import dataclass

from bot.model.area import name_matches


@dataclass(frozen=True, slots=True, kw_only=True)
class Relevance:
    """Compiled from a policy and stored with it.

    `checks`: (App slug, name pattern) pairs; `statuses`: patterns of commit status contexts.
    `matters`: words of `Arrival.matters` that can change something under this policy.
    """

    policy: bool = True
    checks: tuple[tuple[str, str], ...] = ()
    statuses: tuple[str, ...] = ()
    matters: frozenset[str] = frozenset()

    def wants_check(self, name: str) -> bool:
        """Whether a check of that name, of whatever App, is evidence or could pass for it."""
        return any(name_matches(pattern, name) for _, pattern in self.checks)

    def wants_status(self, context: str) -> bool:
        """Whether a commit status of that context is looked at."""
        return any(name_matches(pattern, context) for pattern in self.statuses)


NO_POLICY = Relevance(policy=False)
