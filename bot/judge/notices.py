"""The fields of notices: what a machine can write, and which answers that contradicts."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from bot.judge.condition import condition_needs, holds
from bot.linking.contracts import told
from bot.linking.deployments import SUCCESS, deployments_to, unfit
from bot.linking.migrations import gather, way_back
from bot.linking.names import turnover
from bot.linking.news import TESTS, news, without
from bot.linking.operations import operation_needs, promises
from bot.model.act import ActKind
from bot.model.area import Area
from bot.model.body import BODY_LIMIT, answer_to, says_none
from bot.model.contract import Impact, grouped
from bot.model.known import Known, Unknown
from bot.model.need import Need, Part, Permissions
from bot.model.notice import Answer, Draft, Field, Piece
from bot.model.reading import BOTH, CONTRACT, MIGRATION, SIGNALS, Read
from bot.model.report import State
from bot.model.signal import SOURCE, Sign
from bot.model.verdict import SHOWN, Evidence, Kind, Says, Tier, clip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.model.act import Act
    from bot.model.contract import Change as Difference
    from bot.model.facts import ChangedFile, Facts
    from bot.model.operation import Operation
    from bot.model.policy import FieldUse, NoticeUse, Policy
    from bot.model.report import Entry, Matter

_OPERATIONS_NAMED = 5
_REVERT = re.compile(r"\brevert", re.IGNORECASE)
# The forms of tokens that nothing else has: such a text is told to nobody.
_CREDENTIAL = re.compile(
    r"\b(?:gh[pousr]_\w{20}|github_pat_\w{20}|glpat-[\w-]{20}|xox[abeprs]-[\w-]{10}|"
    r"[sr]k_live_\w{10}|A(?:KIA|SIA)[A-Z0-9]{16}|AIza[\w-]{30}|eyJ[\w-]{10,}\.eyJ[\w-]{10})"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY|://[^\s/:@]+:[^\s/@]+@"
)
_URL = re.compile(r"\b[a-z]+://[^\s<>()\[\]\"'`|,]+", re.IGNORECASE)


def _against(name: str, because: str, tier: Tier = Tier.LIKELY) -> Kind:
    return Kind(id=name, tier=tier, says=Says.BROKEN, because=because)


SAID_NONE = _against("answer-says-none", "What was composed is there; it may not be worth a word.")
SAID_NONE_OF_IT = _against("answer-denies", "Somebody waived it, so it is one.", Tier.SURE)
NOT_NAMED = _against("answer-omits-name", "The name was looked for, not another way to say it.")
REVERT = _against("answer-reverts", "The code goes back with a revert, the rows do not.")
UNFIT = _against("address-unfit", "The form of the address says so; a network may still know it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a draft is composed from."""

    facts: Facts
    policy: Policy
    entries: tuple[Entry, ...] = ()

    def changed(self, name: str) -> Known[tuple[ChangedFile, ...]]:
        """The changed files of an area; Unknown where the policy has none of that name."""
        area = self.area(name)
        if not area.globs:
            return Unknown(f"can't tell: the policy names no area {name}")
        return self.facts.changed_in(area)

    def area(self, name: str, otherwise: Area | None = None) -> Area:
        """The policy's area of that name."""
        named = self.policy.areas.get(name)
        return named if named and named.globs else otherwise or Area(name, ())


# One way to compose a field, and what it reads of this ground.
_Composer: TypeAlias = "tuple[Callable[[Ground], Draft], Callable[[Ground], Need] | None]"


# ── what the judge calls ──────────────────────────────────────────────────────────────────────


def notice_needs(facts: Facts, policy: Policy) -> frozenset[Need]:
    """What has to be loaded for the notices that apply, and to know whether they do."""
    ground = Ground(facts=facts, policy=policy)
    needs: frozenset[Need] = frozenset()
    for notice in policy.notices:
        needs |= condition_needs(notice.when, policy, facts.changes)
        if holds(notice.when, facts, policy) is False:
            continue
        if "approved" in notice.after:
            needs |= {Part.REVIEWS, Part.COMMITS, Permissions()}
        if any(one.startswith("deployed-to ") for one in notice.after):
            needs |= {Part.DEPLOYMENTS}
        for use in notice.fields:
            needs |= condition_needs(use.when, policy, facts.changes)
            if holds(use.when, facts, policy) is not False:
                needs |= {Part.BODY, *(ask(ground) for _, ask in _composers(use) if ask)}
    return needs


def fields_of(
    notice: NoticeUse, matter: Matter, policy: Policy, entries: tuple[Entry, ...]
) -> tuple[Field, ...]:
    """The fields of a notice that apply or may, with their drafts. `matter`: its acts in force."""
    facts = matter.facts
    words = [one for one in matter.acts if one.kind is ActKind.CONFIRM]
    ground = Ground(facts=facts, policy=policy, entries=entries)
    every = tuple(one.name for one in notice.fields)
    return tuple(
        _confirmed(
            _field(use, _text(facts.body, notice.name, use.name, every), ground), notice.name, words
        )
        for use in notice.fields
        if holds(use.when, facts, policy) is not False
    )


def _field(use: FieldUse, text: Known[str], ground: Ground) -> Field:
    drafts = [compose(ground) for compose, _ in _composers(use)]
    draft = Draft(
        pieces=tuple(piece for one in drafts for piece in one.pieces),
        open=tuple(dict.fromkeys(why for one in drafts for why in one.open)),
    )
    known = "" if isinstance(text, Unknown) else text
    said = Answer.NONE if says_none(known) else Answer.TEXT if known else Answer.ABSENT
    return Field(
        name=use.name,
        confirmed_by=use.confirmed_by,
        asked="section" in use.sources,
        draft=draft,
        answer=text if isinstance(text, Unknown) else said,
        against=tuple(_contradictions(use.name, draft, known))[:SHOWN],
        said=known,
        early=not any(one.startswith("deployment ") for one in use.sources),
        required=use.required,
    )


def _confirmed(field: Field, notice: str, words: list[Act]) -> Field:
    """With the word of whoever confirmed just this value, the author's own text among that."""
    name = f"{notice}.{field.name}"
    said = any(one.scopes.get(name) == field.digest for one in words)
    own = field.confirmed_by == "author" and field.said != "" and not field.against
    return replace(field, confirmed=said or own)


def _text(body: Known[str], notice: str, field: str, fields: tuple[str, ...]) -> Known[str]:
    if isinstance(body, Unknown):
        return body
    if len(body) > BODY_LIMIT:
        return Unknown("the description is too long to read", by_content=True)
    said = answer_to(body, notice, field, fields)
    if _CREDENTIAL.search(said):
        return Unknown("it looks like a credential; say where to find it", by_content=True)
    return said


def _contradictions(field: str, draft: Draft, text: str) -> Iterator[Evidence]:
    """What stands against an answer; never more than that, the answer may still be right."""
    none, lower = says_none(text), text.casefold()
    if field == "base-url" and not none:
        yield from _unfit(text or " ".join(piece.note for piece in draft.pieces))
    if not text:
        return
    for piece in draft.pieces:
        place = (piece.file, piece.line)
        if none and piece.denies_none:
            yield (SAID_NONE_OF_IT if piece.sure else SAID_NONE).at(
                f'"none", but {piece.note}'[:200], *place
            )
        elif piece.denies_revert and _REVERT.search(text):
            yield REVERT.at(f"the answer is a revert, but {piece.note}"[:200], *place)
        elif not none and piece.names and not any(one.casefold() in lower for one in piece.names):
            yield NOT_NAMED.at(f"{piece.names[0]} is not named in the answer"[:200], *place)


def _unfit(text: str) -> Iterator[Evidence]:
    """Where it holds none but addresses that nobody else could open."""
    why = [unfit(one) for one in _URL.findall(text) or [text]] if text else []
    if why and all(why):
        yield UNFIT.at(clip(f"{text}: {why[0]}", 200))


# ── one composer per source and field ─────────────────────────────────────────────────────────


def _names(sign: Sign, what: str) -> Callable[[Ground], Draft]:
    defaults = {True: ", with a default", False: ", no default seen"}

    def compose(ground: Ground) -> Draft:
        facts = ground.facts
        if isinstance(facts.changes, Unknown):
            return Draft(open=(facts.changes,))
        found = turnover(facts, sign, ground.area("tests", TESTS), ground.policy.generated)
        sure = not found.blurred
        pieces = [
            Piece(
                note=f"{one.name}: {what} here now"
                + (defaults[one.default] if sign is Sign.ENVIRONMENT else ""),
                file=one.path,
                line=one.line,
                names=(one.name,) if sure else (),
                denies_none=sure,
            )
            for one in found.new
        ]
        pieces += [
            Piece(note=f"{one.name}: not {what} in {one.path} any more") for one in found.gone
        ]
        return Draft(pieces=tuple(pieces), open=found.open + (found.blurred if found.new else ()))

    return compose


def _deviations(ground: Ground) -> Draft:
    files = ground.changed("contract")
    if isinstance(files, Unknown):
        return Draft(open=(files,))
    pieces: list[tuple[Impact, Piece]] = []
    open_: list[Unknown] = []
    for file in files:
        found = ground.facts.read(CONTRACT, file.path)
        if isinstance(found, Unknown):
            open_.append(Unknown(f"can't tell: {file.path} - {found.reason}"))
            continue
        if found.gone or found.unreadable:
            note = f"{file.path} is no contract any more"
            pieces.append((Impact.BREAKING, Piece(note=note, denies_none=True)))
        if found.more:
            open_.append(Unknown(f"{found.more} more changes of {file.path} are not listed"))
        for group in grouped(found.changes):
            pieces += [(group.severity, _deviation(one, file.path)) for one in group.changes]
    pieces.sort(key=lambda pair: list(Impact).index(pair[0]))
    return Draft(pieces=tuple(piece for _, piece in pieces), open=tuple(open_))


def _deviation(change: Difference, path: str) -> Piece:
    breaks = change.severity is Impact.BREAKING
    # Which operations there are besides the first ones is not known, and one of them may be named.
    whole = 0 < change.count == len(change.operations)
    paths = (name.partition(" ")[2].partition("{")[0].rstrip("/") for name in change.operations)
    return Piece(
        note=f"{change.severity}: {told(change)}",
        file=path,
        line=change.line,
        names=(change.component or change.operations[0], *paths) if breaks and whole else (),
        denies_none=breaks,
    )


def _authentication(ground: Ground) -> Draft:
    found = promises(ground.facts, ground.area("contract"))
    if isinstance(found, Unknown):
        return Draft(open=(found,))
    asked: dict[str, list[str]] = {}
    for one in found.stated:
        if one.base is None or _bare(one.base) != _bare(one.head):
            asked.setdefault(one.head.asks, []).append(one.head.name)
    said = [f"{asks} for {_some(names)}" for asks, names in sorted(asked.items()) if asks]
    said += [f"{_some(names)} public" for asks, names in asked.items() if not asks]
    guarded = any(asked)
    pieces = (Piece(note="; ".join(said), denies_none=guarded),) if said else ()
    return Draft(pieces=pieces)


def _bare(one: Operation) -> tuple[object, ...]:
    answers = tuple((answer.status, answer.media, answer.schemas) for answer in one.answers)
    return (one.parameters, one.body, one.asks, answers)


def _some(names: list[str]) -> str:
    more = len(names) - _OPERATIONS_NAMED
    return ", ".join(names[:_OPERATIONS_NAMED]) + (f" and {more} more" if more > 0 else "")


def _rollback(ground: Ground) -> Draft:
    """Without an area of migrations nothing is added to what the description says."""
    gathered = gather(ground.facts, ground.area("migrations"), ground.policy.generated)
    if isinstance(gathered, Unknown):
        return Draft(open=(gathered,))
    pieces: list[Piece] = []
    open_ = [why for _, why in gathered.unread]
    # One that was only moved has run long ago.
    fresh = [one for one in gathered.forward if one.base is None or one.base != one.head]
    for one in fresh:
        back = way_back(one, gathered)
        if isinstance(back, Unknown):
            open_.append(back)
            continue
        can, note = back
        said = "cannot be undone" if not can else "can be undone" + (" with loss" if note else "")
        pieces.append(
            Piece(
                note=f"{one.name} {said}" + (f": {note}" if note else ""),
                file=one.file.path,
                denies_revert=not can or bool(note),
            )
        )
    return Draft(pieces=tuple(pieces), open=tuple(open_))


def _limitations(ground: Ground) -> Draft:
    """Waived and undecided items; what a machine could not tell is no ground against "none"."""
    pieces = [
        Piece(
            note=f"{one.item} is {one.state}: {one.title}",
            denies_none=one.state is State.WAIVED,
            sure=one.state is State.WAIVED,
        )
        for one in ground.entries
        if one.state is State.WAIVED or (one.state is State.UNDECIDED and "handoff" in one.lists)
    ]
    tests = ground.area("tests", TESTS)
    found = news(ground.facts, (Sign.SWITCHED_OFF,), ground.policy.generated, tests.has)
    if isinstance(found, Unknown):
        return Draft(pieces=tuple(pieces), open=(found,))
    pieces += [
        Piece(
            note=f"a test is switched off here ({one.signal.name})",
            file=one.path,
            line=one.signal.line,
            denies_none=not found.blurred,
        )
        for one in found.places
    ]
    return Draft(pieces=tuple(pieces), open=found.open)


def _pages(ground: Ground) -> Draft:
    files = ground.changed("docs")
    if isinstance(files, Unknown):
        return Draft(open=(files,))
    generated = ground.policy.generated
    rows = [one for one in files if not generated.has(one.path)]
    return Draft(pieces=tuple(Piece(note=f"{one.path} {one.change}") for one in rows))


def _base_url(environment: str) -> Callable[[Ground], Draft]:
    def compose(ground: Ground) -> Draft:
        found = deployments_to(ground.facts, environment)
        if isinstance(found, Unknown):
            return Draft(open=(found,))
        urls = [one.url for one in found if one.state == SUCCESS and one.url]
        if not urls:
            why = f"no deployment of this commit to {environment} has an address yet"
            return Draft(open=(Unknown(why),))
        fit = not unfit(urls[0])
        bare = urls[0].partition("://")[2].rstrip("/")
        return Draft(
            pieces=(Piece(note=urls[0], names=(urls[0], bare) if fit else (), denies_none=fit),)
        )

    return compose


def _environment(environment: str) -> Callable[[Ground], Draft]:
    def compose(ground: Ground) -> Draft:
        found = deployments_to(ground.facts, environment)
        if isinstance(found, Unknown):
            return Draft(open=(found,))
        if not found:
            return Draft(open=(Unknown(f"this commit is not deployed to {environment} yet"),))
        newest = found[0]
        at = f" at {newest.url}" if newest.url else ""
        return Draft(
            pieces=(Piece(note=f"{environment}: {newest.state} of {newest.sha[:7]}{at}"),),
        )

    return compose


# ── which composer, and what it reads ─────────────────────────────────────────────────────────


def _signals(ground: Ground) -> Need:
    return Read(reading=SIGNALS.id, area=without(SOURCE, ground.policy.generated), sides=BOTH)


def _contract(ground: Ground) -> Need:
    return Read(reading=CONTRACT.id, area=ground.area("contract"), pair=True)


def _operations(ground: Ground) -> Need:
    return operation_needs(ground.area("contract"))


def _migrations(ground: Ground) -> Need:
    return Read(reading=MIGRATION.id, area=ground.area("migrations"), sides=BOTH)


_COMPOSERS: Final[dict[tuple[str, str], _Composer]] = {
    ("diff", "environment-variables"): (_names(Sign.ENVIRONMENT, "read"), _signals),
    ("diff", "feature-flags"): (_names(Sign.FLAG, "asked for"), _signals),
    ("diff", "pages"): (_pages, None),
    ("contract changes", "deviations"): (_deviations, _contract),
    ("contract security", "authentication"): (_authentication, _operations),
    ("waived items", "known-limitations"): (_limitations, _signals),
    # Migrations say how they are undone, whatever else the section says.
    ("section", "rollback"): (_rollback, _migrations),
}


_DEPLOYED: Final = {"base-url": _base_url, "environment": _environment}


def _composers(use: FieldUse) -> list[_Composer]:
    """One for each source but the description, which is read for every field."""
    known = [(_composer(one, use.name), one) for one in use.sources]
    return [found or _cannot(one, use.name) for found, one in known if found or one != "section"]


def _composer(source: str, field: str) -> _Composer | None:
    environment = source.removeprefix("deployment ")
    if environment != source and field in _DEPLOYED:
        return _DEPLOYED[field](environment), lambda _: Part.DEPLOYMENTS
    return _COMPOSERS.get((source, field))


def _cannot(source: str, field: str) -> _Composer:
    why = f"this version composes no {field} from {source}"
    return (lambda _: Draft(open=(Unknown(why),))), None
