"""What changed for users of the API is described in the documentation.

Why it matters
    What is not written down is asked about again and again, or never found.
What it looks at
    The surface: routes that are added, removed or take another body; changes of the contract of
    the area `contract` beyond descriptions; environment variables that are newly read. Then the
    added lines of the area `docs`: whether one names a path, a parameter, a property, an
    operationId or a variable of these. The contract itself counts as no documentation.
How to satisfy it
    Describe what changed where users look, by its name.
What it cannot see
    Pages that are generated, or kept in another repository; whether what is written is right. So
    it never fails, it asks.
Examples
    Ready: `GET /rates` is new, and a line on `/rates` in `docs/api.md`.
    Not ready: `GET /rates` is new, and only a typo is mended in the README.
"""

from dataclasses import dataclass

from bot.linking.contracts import told
from bot.linking.mentions import gone_lines, naming, new_lines
from bot.linking.news import bases, news
from bot.linking.route_changes import Places, route_needs
from bot.linking.touched import touched
from bot.model.area import Area
from bot.model.facts import Changes, Facts
from bot.model.known import Known, Unknown
from bot.model.need import Need
from bot.model.reading import CONTRACT, Read
from bot.model.route import Route
from bot.model.rule import Rule
from bot.model.signal import Sign
from bot.model.verdict import Kind, Says, Tier, Verdict, clip, passed, skipped, undecided

UNTOUCHED = Kind(
    id="docs-untouched",
    tier=Tier.LIKELY,
    says=Says.ABSENT,
    because="The pages may be generated, kept elsewhere, or say it in other words.",
    withholds=True,
)
NAMED = Kind(
    id="docs-name-it",
    tier=Tier.LIKELY,
    says=Says.HOLDS,
    because="The name stands there; whether what is said of it is right is for a person.",
)
SHOWN = 20
_NO_SURFACE = frozenset({"document-version-changed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(Places):
    """`docs`: where it is described; the others: areas of the policy."""

    docs: Area = Area("docs", ("docs/**", "**/*.{md,rst,adoc}"))
    generated: Area = Area("generated", ())


@dataclass(frozen=True, slots=True)
class Piece:
    """Something of the surface that changed, and the names by which a page may speak of it."""

    note: str
    names: tuple[str, ...]


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    contract = Read(reading=CONTRACT.id, area=options.contract, pair=True)
    return route_needs(options, changes) | {contract}


def prove(facts: Facts, options: Options) -> Verdict:
    if isinstance(facts.changes, Unknown):
        return undecided(facts.changes)
    pieces: list[Piece] = []
    for found in (_routes(facts, options), _contract(facts, options), _variables(facts, options)):
        if isinstance(found, Unknown):
            return undecided(found)
        pieces += found
    if not pieces:
        return skipped("nothing changed for users of the API")
    pattern = naming(name for one in pieces for name in one.names)
    for file in facts.changes:
        if any(map(options.docs.has, file.paths)) and not options.contract.has(file.path):
            # What is gone is documented by a line that goes.
            lines = [*new_lines(file), *((None, text) for text in gone_lines(file))]
            for number, text in lines:
                match = pattern.search(text)
                if match:
                    name = match.group().strip("`\"'?&=")
                    piece = NAMED.at(f"names {name}"[:200], file.path, number)
                    place = file.path + (f":{number}" if number else "")
                    return passed(f"the docs name {name} ({place})", piece)
    shown = [UNTOUCHED.at(one.note[:200]) for one in pieces[:SHOWN]]
    more = f" and {len(pieces) - 1} more" if len(pieces) > 1 else ""
    first = clip(pieces[0].note, 44)
    why = f"can't tell: the docs - none names this: {first}{more}. A person can attest it"
    return undecided(Unknown(why), *shown, beyond=passed("the docs are not asked for"))


def _routes(facts: Facts, options: Options) -> Known[list[Piece]]:
    found = touched(facts, options)
    if isinstance(found, Unknown):
        return found
    if found.open:
        return found.open
    return [
        *(Piece(f"{one.name} added", (one.template,)) for base, one in found.pairs if not base),
        *(Piece(f"{one.name} removed", (one.template,)) for one in found.removed),
        *(
            Piece(f"{one.name} takes or answers something else", (one.template,))
            for base, one in found.pairs
            if base and _signature(base) != _signature(one)
        ),
    ]


def _signature(route: Route) -> object:
    does = route.does
    if does is None:
        return None
    types = sorted(one.rpartition("#")[2] for one in does.types)
    return does.body, does.constrained, does.success, types


def _contract(facts: Facts, options: Options) -> Known[list[Piece]]:
    files = facts.changed_in(options.contract)
    assert not isinstance(files, Unknown)  # noqa: S101  the caller has looked
    pieces: list[Piece] = []
    for file in files:
        found = facts.read(CONTRACT, file.path)
        if isinstance(found, Unknown):
            return Unknown(f"can't tell: {file.path} - {found.reason}", found.by_content)
        if found.first or found.gone:
            pieces.append(Piece(f"{file.path} is {'new' if found.first else 'gone'}", (file.path,)))
        for one in found.changes:
            if one.kind not in _NO_SURFACE:
                paths = [name.partition(" ")[2] or name for name in one.operations]
                words = [one.pointer.rpartition("/")[2], one.component.rpartition("/")[2]]
                pieces.append(Piece(told(one), tuple(filter(None, [*paths, *words]))))
    return pieces


def _variables(facts: Facts, options: Options) -> list[Piece]:
    found = news(
        facts, (Sign.ENVIRONMENT,), options.generated, lambda path: not options.tests.has(path)
    )
    assert not isinstance(found, Unknown)  # noqa: S101  the caller has looked
    before, _ = bases(facts, options.generated)
    known = {one.name for held in before for one in held.signals if one.sign is Sign.ENVIRONMENT}
    names = dict.fromkeys(one.signal.name for one in found.places)
    return [Piece(f"{name} is newly read", (name,)) for name in names if name not in known]


RULE = Rule(
    id="docs-are-updated",
    title="The documentation names what changed",
    word=None,
    items=frozenset({"docs"}),
    watch=False,
    kinds=(UNTOUCHED, NAMED),
    version=1,
    options=Options,
    needs=needs,
    prove=prove,
)
