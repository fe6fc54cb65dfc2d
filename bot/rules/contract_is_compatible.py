"""The API contract is unchanged, or changed only in ways that its clients outlive.

Why it matters
    Clients were written against the contract as it was; what breaks them is found by them.
What it looks at
    Each changed OpenAPI 3.0, 3.1 or Swagger 2.0 file of the area `contract` (or the one that `file`
    names), compared with what it was at the merge base: operations, parameters, bodies, answers,
    schemas, security. `allow` says what may change: nothing, additions, or anything;
    `profile` and `severities` weigh the kinds of change. With `compare-with: agreed` it is compared
    with the file that the policy's `contract.agreed` names, as that one was at the merge base.
How to satisfy it
    Keep what was promised and add beside it; or agree the change with those who use it.
What it cannot see
    Whether the code does what the contract says, and contracts that are spread over several files.
    Where routes can be read and surely never answered an operation, or a status, that is taken out,
    the contract was wrong and it asks; anything else that is corrected breaks it all the same.
Examples
    Ready: an optional property is new. Not ready: an answer's property is gone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from bot.linking.contracts import NOWHERE, told
from bot.linking.corrected import CORRECTED, correction_needs, corrections
from bot.linking.news import TESTS
from bot.linking.route_changes import Places
from bot.model.area import Area
from bot.model.contract import Change as ContractChange
from bot.model.contract import Comparison, Impact, Profile
from bot.model.contract_kinds import change_kinds, severity_of
from bot.model.facts import Change, ChangedFile, Changes, Facts
from bot.model.known import Known, Unknown
from bot.model.need import Need
from bot.model.reading import CONTRACT, Read, Reading
from bot.model.reading import told as told_apart
from bot.model.rule import Rule
from bot.model.verdict import (
    Evidence,
    Kind,
    Says,
    Tier,
    Verdict,
    failed,
    passed,
    skipped,
    undecided,
)

KINDS = {
    one.id: Kind(
        id=one.id,
        tier=Tier.SURE,
        says=Says.BROKEN,
        because=f"The two files say it: {one.says}.",
    )
    for one in change_kinds().values()
}
REMOVED = Kind(
    id="contract-removed",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="The file was a contract before and is not there any more.",
)
UNREADABLE = Kind(
    id="contract-unreadable",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="The file could be read before and cannot be read now.",
)
SHOWN_AT_MOST = 30
_FORBIDDEN = {
    "unchanged": {Impact.BREAKING, Impact.RISKY, Impact.HARMLESS},
    "additive": {Impact.BREAKING},
    "breaking": set[Impact](),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`file`: the one contract, else all of the area; `allow`: unchanged, additive or breaking.

    `compare_with`: base, or agreed for the file `agreed`, which where it is empty is the base too.
    """

    file: str = ""
    contract: Area = Area("contract", ())
    allow: str = ""
    compare_with: str = "base"
    agreed: str = ""
    profile: str = "default"
    severities: Mapping[str, str] = field(default_factory=dict)
    endpoints: Area = Area("endpoints", ())
    tests: Area = TESTS
    generated: Area = Area("generated", ())

    @property
    def places(self) -> Places:
        """Where the code is that the contract is of."""
        return Places(
            endpoints=self.endpoints,
            tests=self.tests,
            generated=self.generated,
            contract=self.area,
        )

    @property
    def area(self) -> Area:
        """Where the contract is."""
        return Area(self.file, (self.file,)) if self.file else self.contract

    @property
    def against(self) -> str:
        """The file that is compared with, "" for each its own."""
        return self.agreed if self.compare_with == "agreed" else ""

    @property
    def reading(self) -> Reading[Comparison]:
        """Under what the comparisons are found."""
        return told_apart(CONTRACT, self.against) if self.against else CONTRACT


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    against, area = options.against, options.area
    read = Read(reading=options.reading.id, area=area, pair=True, against=against)
    return correction_needs(options.places, changes) | {read}


def prove(facts: Facts, options: Options) -> Verdict:
    files = _files(facts, options)
    if isinstance(files, Unknown):
        return undecided(files)
    corrected = corrections(facts, options.places)
    broken: list[Evidence] = []
    risky: list[Evidence] = []
    unread: Unknown | None = None
    beyond: Unknown | None = None
    for file in files:
        found = facts.read(options.reading, file.path)
        if isinstance(found, Unknown):
            unread = found
            continue
        worse, rest = _weighed(file.path, found, options, corrected)
        broken += worse
        risky += rest
        if found.more and _weighs(options):
            beyond = Unknown(
                f"can't tell: {file.path} - {found.more} of its changes are too many to weigh. "
                "Read them there",
                by_content=True,
            )
    advice = tuple(risky[:SHOWN_AT_MOST])
    if broken:
        more = f" and {len(broken) - 1} more" if len(broken) > 1 else ""
        beside = f" (not as agreed in {options.against})" if options.against else ""
        what = f"{broken[0].note}{more}{beside}"
        return failed(what, *broken[:SHOWN_AT_MOST], advice=advice)
    if unread is not None:
        return undecided(Unknown(f"can't tell: the contract - {unread.reason}", unread.by_content))
    asked = [one for one in advice if one.kind is CORRECTED]
    if asked and beyond is None:
        why = "the code never did it. Attest that the contract was wrong"
        beyond = Unknown(f"can't tell: {asked[0].note} - {why}")
    if beyond is not None:
        return undecided(beyond, *advice)
    if not files:
        return skipped("no contract file changed")
    said = f"{len(files)} contract file(s) compared: nothing that the policy forbids"
    return passed(said, advice=advice)


def _files(facts: Facts, options: Options) -> Known[tuple[ChangedFile, ...]]:
    """The changed contracts; with an agreement the one that is compared with it."""
    files, agreed = facts.changed_in(options.area), options.against
    if not options.area.globs:
        return NOWHERE
    if isinstance(files, Unknown) or isinstance(facts.changes, Unknown) or not agreed:
        return files
    # The agreement may be one of the contracts, and change beside another.
    files = tuple(one for one in files if one.path != agreed) or files
    if len(files) > 1:
        names = f"{files[0].path} and {files[1].path}"
        return Unknown(f"can't tell: {names} - {agreed} is one contract. Name one under file")
    if any(one.path == agreed and one.change is Change.ADDED for one in facts.changes):
        return Unknown(f"can't tell: the contract - {agreed} is new, so it was agreed nowhere")
    return files


def _weighs(options: Options) -> bool:
    """Whether what the comparison left out, the least by its own weights, may be forbidden."""
    forbids = _FORBIDDEN[options.allow or "breaking"]
    return bool(forbids) and (options.profile != Profile.DEFAULT or bool(options.severities))


def _weighed(
    path: str, found: Comparison, options: Options, corrected: Callable[[ContractChange], bool]
) -> tuple[list[Evidence], list[Evidence]]:
    """What the policy forbids, and what a person should know."""
    if found.gone:
        return [REMOVED.at(f"{path} is gone", path)], []
    if found.unreadable:
        return [UNREADABLE.at(f"{path} cannot be read: {found.unreadable}"[:200], path)], []
    forbidden = _FORBIDDEN[options.allow or "breaking"]
    worse: list[Evidence] = []
    rest: list[Evidence] = []
    for change in found.changes:
        impact = _impact(change, options)
        piece = KINDS[change.kind].at(told(change), path, change.line)
        if impact in forbidden and not options.against and corrected(change):
            rest.append(replace(piece, kind=CORRECTED))
        elif impact in forbidden:
            worse.append(piece)
        elif impact is not Impact.HARMLESS:
            rest.append(piece)
    return worse, rest


def _impact(change: ContractChange, options: Options) -> Impact:
    said = options.severities.get(change.kind)
    if said is not None:
        return Impact(said)
    if options.profile == Profile.DEFAULT:
        return change.severity
    return severity_of(change.kind, change.direction, Profile(options.profile))


RULE = Rule(
    id="contract-is-compatible",
    title="The API contract breaks no client",
    word="contract",
    items=frozenset({"contract"}),
    watch=False,
    kinds=(*KINDS.values(), REMOVED, UNREADABLE, CORRECTED),
    version=1,
    options=Options,
    needs=needs,
    prove=prove,
)
