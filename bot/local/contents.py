"""Contents of files from a checkout, as the desk asks any source for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.local.git import CannotEvaluate
from bot.model.known import Known, Unknown
from bot.model.reading import COMMITS_AT_MOST, Side
from bot.model.results import AllLeft, Left
from bot.readers.diff import lines_of, parse_diff

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.local.git import Git
    from bot.model.area import Area
    from bot.model.claim import Claim
    from bot.model.facts import CheckRun, Facts

Where = tuple[Side, str]
_PATCH = (
    *("--format=", "--patch", "--unified=0", "--full-index", "--no-renames", "--diff-merges=off"),
    *("--no-ext-diff", "--no-textconv", "--no-color", "--submodule=short", "--no-show-signature"),
    *("--src-prefix=a/", "--dst-prefix=b/", "--inter-hunk-context=0", "-O/dev/null"),
)
NO_REPORTS = Unknown(
    "can't tell: CI reports - not given to a checkout. Give --report NAME=FILE, or none"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Reads blobs from the object store.

    `base`: the merge base. `head`: a commit or tree. `tip`: the revision that stands for the base
    branch, "" for the branch of that name. `reports`: name and content of each that was given,
    None where nobody said whether there are any.
    """

    git: Git
    base: str
    head: str
    tip: str = ""
    reports: tuple[tuple[str, bytes], ...] | None = None

    async def artifacts(
        self, claim: Claim | None, facts: Facts, workflow: str | None
    ) -> Known[AllLeft]:
        """The reports that were given, whatever workflow made them."""
        del claim, facts, workflow
        if self.reports is None:
            return NO_REPORTS
        left = (
            Left(id=at, name=name, run=at, size=len(body))
            for at, (name, body) in enumerate(self.reports, 1)
        )
        return AllLeft(left=tuple(left))

    async def before(
        self, claim: Claim | None, facts: Facts
    ) -> Known[tuple[str, tuple[CheckRun, ...]]]:
        """Never known here: reports are given of the head alone."""
        del claim, facts
        return Unknown("a checkout does not know what CI said of the merge base")

    async def artifact(self, claim: Claim | None, left: Left, at_most: int) -> Known[bytes]:
        """Its content; its size was looked at."""
        del claim, at_most
        return self.reports[left.id - 1][1] if self.reports else NO_REPORTS

    async def texts(
        self, claim: Claim | None, facts: Facts, places: Sequence[Where]
    ) -> Mapping[Where, Known[bytes]]:
        """The content of each place; Unknown where this clone does not hold it."""
        del claim
        past = {one: self._commit(one[1]) for one in places if one[0] is Side.PAST}
        files = [one for one in places if one not in past]
        listed = {side: self._listed(side, facts) for side in {side for side, _ in files}}
        ids = {(side, path): listed[side].get(path) for side, path in files}
        wanted = [blob for blob in ids.values() if blob is not None]
        read = self.git.objects(list(dict.fromkeys(wanted)))
        return past | {
            place: read[blob] if blob in read else Unknown(f"{place[1]} is not in this clone")
            for place, blob in ids.items()
        }

    async def files(
        self, claim: Claim | None, facts: Facts, area: Area, side: Side
    ) -> Known[Mapping[str, str]]:
        """Every file of the area at the head or the tip: its path and git id; of the past the
        newest commits where there are several."""
        del claim
        if side is Side.PAST:
            return self._commits(facts)
        if side is Side.TIP and self._tip(facts) is None:
            return Unknown(f"{facts.base_ref} is not in this clone")
        return {path: blob for path, blob in self._listed(side, facts).items() if area.has(path)}

    def _commits(self, facts: Facts) -> dict[str, str]:
        newest = f"--max-count={COMMITS_AT_MOST}"
        shas = self.git.text("rev-list", newest, f"{self.base}..{facts.head_sha}").split()
        return {sha: sha for sha in shas} if len(shas) > 1 else {}

    def _commit(self, sha: str) -> Known[bytes]:
        """The changed lines of one commit; a merge brings none of its own."""
        try:
            return lines_of(parse_diff(self.git.text("show", *_PATCH, sha, "--")))
        except (CannotEvaluate, ValueError) as error:
            return Unknown(f"commit {sha[:7]} cannot be read: {error}")

    def _tip(self, facts: Facts) -> str | None:
        names = [self.tip] if self.tip else [f"origin/{facts.base_ref}", facts.base_ref]
        wanted = ("rev-parse", "--verify", "--quiet")
        found = (self.git.try_text(*wanted, f"{name}^{{commit}}") for name in names)
        return next((one.strip() for one in found if one), None)

    def _listed(self, side: Side, facts: Facts) -> dict[str, str]:
        revision = {Side.BASE: self.base, Side.HEAD: self.head}.get(side) or self._tip(facts)
        if revision is None:
            return {}
        rows = self.git.text("ls-tree", "-r", "-z", "--full-tree", revision).split("\0")
        parts = [row.partition("\t") for row in rows if row]
        return {
            path: about.split(" ")[2]
            for about, _, path in parts
            if about.split(" ")[1] == "blob" and not about.startswith("120000")
        }
