"""How often each kind of finding fires on real commits, and how often it was right.

`python -m tests.corpus.precision FOLDER` judges the newest commits of every repository of
`repositories.json` that stands in FOLDER as `owner+name` (a clone, bare or not), with the preset
`backend-dev`. What may block is printed place by place unless `judged.json` says already whether
it was right; the figures go to `precision.json`. A repository that is not there is said aloud and
keeps the figures it had.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot import __version__
from bot.clock import SystemClock
from bot.judge.evaluate import evaluate, needs_of
from bot.local.contents import Contents
from bot.local.git import CannotEvaluate, Git
from bot.local.source import Checkout, Range
from bot.model.look import PolicyFile
from bot.model.policy import Policy
from bot.model.report import Matter, Report
from bot.model.verdict import Evidence, Outcome, Tier
from bot.wiring.catalogue import registry
from bot.wiring.policy import PolicyLoader
from bot.wiring.readers import SandboxReaders
from bot.worker.desk import Desk
from bot.worker.policies import Texts

HERE = Path(__file__).parent
# Of a kind at one place of one commit.
Firing = tuple[str, str, str, str]


def lower_bound(true: int, firings: int) -> float:
    """The lower end of Wilson's interval at 95 %, 0 where nothing fired."""
    if not firings:
        return 0.0
    z, share = 1.96, true / firings
    middle = share + z * z / (2 * firings)
    spread = z * math.sqrt(share * (1 - share) / firings + z * z / (4 * firings * firings))
    return round((middle - spread) / (1 + z * z / firings), 3)


@dataclass(slots=True)
class Count:
    """What came of one repository; `sure`: what may block, each with what it said."""

    commits: int = 0
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    sure: dict[Firing, str] = field(default_factory=dict)

    def take(self, repo: str, sha: str, report: Report) -> None:
        """Add the findings of one commit."""
        self.commits += 1
        for entry in report.entries:
            for leaf in entry.leaves:
                self.outcomes[leaf.rule, leaf.verdict.outcome] += 1
        for one in set(_findings(report)):
            self.kinds[one.kind.id, one.kind.tier] += 1
            if one.kind.tier is Tier.SURE:
                place = f"{one.file or ''}:{one.line or ''}"
                self.sure[repo, sha[:10], one.kind.id, place] = one.note


def _findings(report: Report) -> Iterator[Evidence]:
    # What the commits' own checks and people would say is not there to be judged.
    unknown = {"check", "reviewers-approved", "attested-by", "required-checks-pass"}
    for entry in report.entries:
        for leaf in entry.leaves:
            if leaf.rule not in unknown:
                yield from (*leaf.verdict.evidence, *leaf.verdict.advice)


def preset(name: str) -> Policy:
    """The policy of a preset alone."""
    file = PolicyFile(path=".github/handoff.yml")
    texts = Texts(repo="o/r", repository=file, organisation=None)
    policy = PolicyLoader(default_preset=name, default_mode="enforce").assemble(texts).policy
    if policy is None:
        raise SystemExit(f"no preset {name}")
    return policy


async def measure(git: Git, repo: str, pairs: list[tuple[str, str]], policy: Policy) -> Count:
    """Judge each (parent, commit); what git cannot show is left out."""
    count, readers = Count(), SandboxReaders(SystemClock())
    source = _Newest()
    desk = Desk(readers, source)
    try:
        for base, head in pairs:
            checkout = _checkout(git, repo, base, head)
            try:
                report = await _report(checkout, policy, desk, source)
            except CannotEvaluate as error:
                print(f"  {head[:10]} left out: {error}", file=sys.stderr)
                continue
            count.take(repo, head, report)
    finally:
        await readers.close()
    return count


@dataclass(slots=True)
class _Newest:
    """Contents of the commit that is being judged, for a desk that outlives it."""

    now: Contents | None = None

    async def texts(self, *asked: Any) -> Any:
        assert self.now is not None
        return await self.now.texts(*asked)

    async def files(self, *asked: Any) -> Any:
        assert self.now is not None
        return await self.now.files(*asked)


def _checkout(git: Git, repo: str, base: str, head: str) -> Checkout:
    compared = Range(base=base, tip=base, base_ref="main", head=head, tree=head)
    given = {"repo": repo, "default_branch": "main"}
    return Checkout(git=git, compared=compared, policy_at=base, given=given)


async def _report(checkout: Checkout, policy: Policy, desk: Desk, source: _Newest) -> Report:
    facts = checkout.outline(datetime(2026, 1, 1, tzinfo=UTC)).facts
    needs = needs_of(facts, policy, registry())
    facts = checkout.load(facts, needs, policy.roles)
    source.now = checkout.contents()
    facts = await desk.fill(None, facts, needs)
    return evaluate(Matter(facts=facts, policy=policy), registry(), __version__)


def commits(git: Git, start: str, at_most: int) -> list[tuple[str, str]]:
    """(parent, commit) of the newest commits with one parent that change code, newest first."""
    words = ("log", "--no-merges", f"--max-count={at_most}", "--format=%P %H", start)
    rows = [line.split() for line in git.text(*words).splitlines()]
    return [(row[0], row[1]) for row in rows if len(row) == 2]


def figures(counts: dict[str, tuple[str, Count]], judged: dict[str, bool]) -> list[dict[str, Any]]:
    """A row for each kind that may block and each stack on which it fired."""
    rows: dict[tuple[str, str], list[bool | None]] = {}
    for stack, count in counts.values():
        for firing in count.sure:
            rows.setdefault((firing[2], stack), []).append(judged.get(" ".join(firing)))
    return [
        {
            "kind": kind,
            "stack": stack,
            "firings": len(found),
            "judged": (known := sum(one is not None for one in found)),
            "true": (true := sum(one is True for one in found)),
            "lower": lower_bound(true, known),
        }
        for (kind, stack), found in sorted(rows.items())
    ]


def main() -> int:
    """Measure what is there; 1 where something that may block is not judged yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--commits", type=int, default=0, help="of each; default: its own")
    parser.add_argument("--only", default="", help="owner/name")
    asked = parser.parse_args()
    judged: dict[str, bool] = json.loads((HERE / "judged.json").read_text())
    counts, policy = dict[str, tuple[str, Count]](), preset("backend-dev")
    for one in json.loads((HERE / "repositories.json").read_text()):
        if asked.only not in one["repo"]:
            continue
        place = asked.folder / one["repo"].replace("/", "+")
        if not place.exists():
            print(f"skipped: {one['repo']} is not in {asked.folder}", file=sys.stderr)
            continue
        git = Git(place / "repo" if (place / "repo").exists() else place)
        pairs = commits(git, one["head"], asked.commits or one["commits"])
        count = asyncio.run(measure(git, one["repo"], pairs, policy))
        counts[one["repo"]] = (one["stack"], count)
        _show(one["repo"], count, judged)
    _write(counts, judged)
    fired = (" ".join(firing) for _, count in counts.values() for firing in count.sure)
    return int(any(one not in judged for one in fired))


def _show(repo: str, count: Count, judged: dict[str, bool]) -> None:
    print(f"{repo}: {count.commits} commits")
    for (kind, tier), times in sorted(count.kinds.items(), key=lambda one: (one[0][1], one[0][0])):
        print(f"  {tier:7} {times:5} {kind}")
    for rule in sorted({rule for rule, _ in count.outcomes}):
        said = {one: count.outcomes[rule, one] for one in Outcome if count.outcomes[rule, one]}
        print(f"  {rule}:", ", ".join(f"{times} {one}" for one, times in said.items()))
    for firing, note in count.sure.items():
        if " ".join(firing) not in judged:
            print("  ?", " ".join(firing), "|", note)


def _write(counts: dict[str, tuple[str, Count]], judged: dict[str, bool]) -> None:
    path = HERE / "precision.json"
    old = json.loads(path.read_text())
    new = figures(counts, judged)
    stacks = {stack for stack, _ in counts.values()}
    kept = [row for row in old["measured"] if row["stack"] not in stacks]
    old["measured"] = sorted(kept + new, key=lambda row: (row["kind"], row["stack"]))
    old["commits"] |= {repo: count.commits for repo, (_, count) in counts.items()}
    path.write_text(json.dumps(old, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main())
