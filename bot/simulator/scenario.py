"""What the demo plays: a small organisation, its pull requests, and what must come true of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from bot.simulator.things import Account, Pull, QueueEntry, Repository, Run
    from bot.simulator.world import World

POLICY = """\
version: 1
mode: enforce
areas:
  endpoints: ["app/api/**"]
  migrations: ["migrations/**"]
  docs: ["docs/**", "*.md"]
exempt: { only-changed: [docs] }
checklist:
  unit-tests:
    title: Unit tests ran on this commit and passed
    when: { changed: [endpoints, migrations] }
    proof: { check: { name: ci / unit, workflow: .github/workflows/ci.yml } }
  docs:
    title: The documentation says what changed
    when: { changed: [endpoints] }
    proof: { changed: { areas: [docs], lines-at-least: 1 } }
  migrations:
    title: A migration says how to go back
    when: { changed: [migrations] }
    proof: { section: { heading: Rollback, words-at-least: 3 } }
  no-debug-output:
    title: No debug output is added
    when: { changed: [endpoints] }
    proof: { added-lines: { in: [endpoints], pattern: '\\bprint\\(', say: Use the logger. } }
  conventions:
    title: Somebody else has read it
    proof: { approvals: { at-least: 1, of: this-commit } }
    level: advise
lists:
  handoff: [unit-tests, docs, migrations, no-debug-output]
  quality: [unit-tests, docs, migrations, no-debug-output, conventions]
"""
BROKEN_POLICY = POLICY.replace("mode: enforce", "mode: enforced").replace("[docs]", "[dosc]")
FILES = {
    ".github/handoff.yml": POLICY,
    ".github/workflows/ci.yml": "name: ci\non: [pull_request]\n",
    "README.md": "# Orders\n\nTakes orders.\n",
    "app/api/orders.py": "from app import router\n\n\n@router.get('/orders')\n"
    "def orders():\n    return []\n",
    "docs/orders.md": "# Orders\n\n`GET /orders` lists them.\n",
    "migrations/0001_orders.sql": "create table orders (id int);\n",
}
REFUNDS = "from app import router\n\n\n@router.post('/refunds')\ndef refunds():\n    return {}\n"


@dataclass(kw_only=True)
class Stage:
    """Who and what is there while the script is played."""

    world: World
    repo: Repository
    people: dict[str, Account]
    pulls: dict[int, Pull] = field(default_factory=dict)
    queued: QueueEntry | None = None

    def runs(self, number: int) -> list[Run]:
        """Our check runs `handoff` on the head of a pull request, or of its merge group for 0."""
        if number == 0 and self.queued is not None:
            sha = self.queued.group_sha
        else:
            sha = self.pulls[number].head_sha
        runs = self.world.latest_runs(self.repo, sha)
        return [run for run in runs if run.name == "handoff"]


Act: TypeAlias = Callable[[Stage], None]


@dataclass(frozen=True, kw_only=True)
class Step:
    """Somebody does something, and then the check says this.

    `number`: the pull request, 0 for the merge group. `title`: what the check's title starts with.
    `comments`: how many comments of ours stand on it then, None when it does not matter.
    `says`: text that a comment of ours holds, `shows`: that the check holds.
    `wait`: seconds of virtual time to let pass first.
    """

    who: str
    what: str
    act: Act
    number: int
    conclusion: str | None
    title: str
    comments: int | None = None
    says: str = ""
    shows: str = ""
    wait: int = 0

    @property
    def promise(self) -> str:
        """All that must come true, in words."""
        parts = [self.conclusion or "in progress", f"{self.title}…"]
        if self.comments is not None:
            parts.append(f"{self.comments} comments of ours")
        if self.says:
            parts.append(f"one says {self.says!r}")
        if self.shows:
            parts.append(f"the check says {self.shows!r}")
        return " · ".join(parts)


def set_up(world: World) -> Stage:
    """The organisation acme with its repository, its people and the App installed."""
    people = {name: world.person(name) for name in ("ana", "ben", "maria", "kim")}
    acme = world.organisation("acme")
    for person in people.values():
        world.join(acme, person)
    repo = world.repository(acme, "orders-api", FILES)
    for name, role in (("ana", "write"), ("ben", "write"), ("maria", "admin"), ("kim", "read")):
        world.grant(repo, people[name], role)
    world.install(acme)
    return Stage(world=world, repo=repo, people=people)


def quickstart() -> Iterator[Step]:
    """The script: each step is done when all that it promises is true."""
    yield from _ready()
    yield from _missing()
    yield from _waiting()
    yield from _policy()
    yield from _forks_and_docs()
    yield from _queue()


def _ready() -> Iterator[Step]:
    def opened(stage: Stage) -> None:
        _open(
            stage, 101, "Refunds", {"app/api/refunds.py": REFUNDS, "docs/refunds.md": "Refunds.\n"}
        )
        stage.world.run_ci(stage.pulls[101], "ci / unit", "success")

    def approved(stage: Stage) -> None:
        stage.world.review(stage.pulls[101], stage.people["ben"], "approve")

    yield _step(101, "opens #101 with code, docs and green CI", opened, "success", "Ready · 3 of 3")
    yield _step(
        101,
        "approves #101: nothing else to say",
        approved,
        "success",
        "Ready · 3 of 3",
        who="ben",
        comments=0,
    )


def _missing() -> Iterator[Step]:
    def opened(stage: Stage) -> None:
        code = REFUNDS.replace("return {}", "print('here')\n    return {}")
        _open(stage, 102, "Refunds, in haste", {"app/api/refunds.py": code})
        stage.world.run_ci(stage.pulls[102], "ci / unit", "success")

    def asked(stage: Stage) -> None:
        stage.world.comment(stage.pulls[102], stage.people["ana"], "/handoff why docs")

    def mended(stage: Stage) -> None:
        pull, ana = stage.pulls[102], stage.people["ana"]
        files = {"app/api/refunds.py": REFUNDS, "docs/refunds.md": "How refunds work.\n"}
        stage.world.push(pull, ana, files)
        stage.world.run_ci(pull, "ci / unit", "success")

    held = "1 of 3 · docs, no-debug-output left · ana"
    yield _step(102, "opens #102 without docs, with a print", opened, "failure", held, comments=0)
    yield _step(
        102,
        "waits a minute: one comment says what is left",
        _nothing,
        "failure",
        held,
        comments=1,
        says="| docs |",
        wait=70,
    )
    yield _step(102, "asks /handoff why docs", asked, "failure", held, comments=2, says="docs")
    yield _step(
        102,
        "pushes both: the same comment says ready",
        mended,
        "success",
        "Ready · 3 of 3",
        comments=2,
    )


def _waiting() -> Iterator[Step]:
    def opened(stage: Stage) -> None:
        body = "## Rollback\nDrop the column again.\n"
        _open(stage, 107, "A column", {"migrations/0002_total.sql": "alter table orders;\n"}, body)
        stage.world.run_ci(stage.pulls[107], "ci / unit", None)

    def green(stage: Stage) -> None:
        stage.world.run_ci(stage.pulls[107], "ci / unit", "success")

    def impostor(stage: Stage) -> None:
        files = {"migrations/0003_index.sql": "create index on orders (id);\n"}
        _open(stage, 108, "An index", files, "## Rollback\nDrop the index again.\n")
        stage.world.run_ci(stage.pulls[108], "ci / unit", "success", app="not-ci")

    yield _step(107, "opens #107 while CI runs", opened, None, "1 of 2 · waiting for ci / unit")
    yield _step(107, "CI ends green", green, "success", "Ready · 2 of 2", who="CI")
    yield _step(
        108,
        "opens #108; another App posts a green `ci / unit`",
        impostor,
        None,
        "1 of 2 · waiting for ci / unit",
        shows="does not count",
    )


def _policy() -> Iterator[Step]:
    def proposed(stage: Stage) -> None:
        _open(stage, 109, "Looser policy", {".github/handoff.yml": BROKEN_POLICY}, by="ana")

    def broken(stage: Stage) -> None:
        stage.world.push_default(
            stage.repo, stage.people["maria"], {".github/handoff.yml": BROKEN_POLICY}
        )
        files = {"app/api/totals.py": REFUNDS, "docs/orders.md": "# Orders\n\nTotals.\n"}
        _open(stage, 112, "After the break", files)
        stage.world.run_ci(stage.pulls[112], "ci / unit", "success")

    def mended(stage: Stage) -> None:
        stage.world.push_default(stage.repo, stage.people["maria"], {".github/handoff.yml": POLICY})
        stage.world.edit_title(stage.pulls[112], stage.people["ana"], "After the repair")

    yield _step(
        109,
        "proposes a broken policy in #109",
        proposed,
        "failure",
        "Policy change has 3 errors · .github/handoff.yml:2",
        shows='did you mean "enforce"?',
    )
    yield _step(
        112,
        "pushes that policy to main; #112 is judged by the last good copy",
        broken,
        "success",
        "Ready · 3 of 3",
        who="maria",
        shows="policy broken in",
    )
    yield _step(112, "pushes the mended policy", mended, "success", "Ready · 3 of 3", who="maria")


def _forks_and_docs() -> Iterator[Step]:
    def fork(stage: Stage) -> None:
        files = {"app/api/refunds.py": REFUNDS, "docs/refunds.md": "Refunds.\n"}
        _open(stage, 110, "From outside", files, by="kim", fork=True)

    def green(stage: Stage) -> None:
        stage.world.run_ci(stage.pulls[110], "ci / unit", "success")

    def docs(stage: Stage) -> None:
        _open(stage, 111, "Words", {"docs/orders.md": "# Orders\n\nClearer words.\n"})

    yield _step(
        110, "opens #110 from a fork", fork, None, "2 of 3 · waiting for ci / unit", who="kim"
    )
    yield _step(110, "CI of the fork ends green", green, "success", "Ready · 3 of 3", who="CI")
    yield _step(111, "opens #111: docs only", docs, "success", "Not needed: docs only")


def _queue() -> Iterator[Step]:
    def enqueued(stage: Stage) -> None:
        stage.queued = stage.world.enqueue([stage.pulls[101]], stage.people["maria"])

    def green(stage: Stage) -> None:
        assert stage.queued is not None  # noqa: S101  the step before has set it
        stage.world.run_ci(stage.repo, "ci / unit", "success", sha=stage.queued.group_sha)

    yield _step(
        0, "puts #101 into the merge queue", enqueued, None, "#101 · 2 of 3 · waiting", who="maria"
    )
    yield _step(
        0, "CI of the merge group ends green", green, "success", "#101 · Ready · 3 of 3", who="CI"
    )


def _step(  # noqa: PLR0913  the fields of a Step, the usual ones by place
    number: int,
    what: str,
    act: Act,
    conclusion: str | None,
    title: str,
    *,
    who: str = "ana",
    comments: int | None = None,
    says: str = "",
    shows: str = "",
    wait: int = 0,
) -> Step:
    return Step(
        who=who,
        what=what,
        act=act,
        number=number,
        conclusion=conclusion,
        title=title,
        comments=comments,
        says=says,
        shows=shows,
        wait=wait,
    )


def _open(  # noqa: PLR0913  what differs between the demo's pull requests
    stage: Stage,
    number: int,
    title: str,
    files: dict[str, str],
    body: str = "",
    *,
    by: str = "ana",
    fork: bool = False,
) -> None:
    stage.pulls[number] = stage.world.open_pull_request(
        stage.repo,
        stage.people[by],
        number=number,
        title=title,
        files=dict(files),
        body=body,
        fork=fork,
    )


def _nothing(stage: Stage) -> None:
    """Time passes."""
