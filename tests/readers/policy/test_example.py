from __future__ import annotations

import random
from datetime import date, timedelta

from bot.model.area import Area
from bot.model.item import AllOf, AnyOf, Attested, ContractTurns, Use
from bot.model.policy import Hours, Mode
from bot.model.problem import Severity
from bot.readers.policy import SourceText, relevance_of
from bot.rules import errors_use_standard_format
from tests.readers.policy.given import EXAMPLE, FILE, SHARED, errors, load, policy

MUTATIONS = 1000


def test_the_complete_example_is_valid() -> None:
    loaded = load(EXAMPLE)

    assert loaded.problems == ()
    assert loaded.policy is not None
    assert len(loaded.policy.items) == 14
    assert len(loaded.policy.lists["handoff"]) == 9
    assert loaded.policy.mode is Mode.ENFORCE
    assert loaded.policy.applies_from == date(2026, 12, 1)
    assert loaded.policy.checks == ("handoff", "quality")
    assert loaded.policy.policy_changes_by == "lead"


def test_the_example_says_who_and_when() -> None:
    made = policy(EXAMPLE)

    assert made.hours == Hours(
        start="09:00", end="17:30", zone="Europe/Berlin", holidays=(date(2026, 12, 25),)
    )
    assert made.away == {
        "sam": ((date.min, date(2026, 12, 2)),),
        "li": ((date(2026, 12, 21), date(2027, 1, 4)),),
    }
    assert made.roles["architect"].team == "acme/architects"
    assert made.roles["architect"].then == "lead"
    assert [(one.name, one.owner) for one in made.components] == [
        ("billing", "backend"),
        ("shared", "architect"),
    ]
    assert made.ci.wait_at_most == timedelta(hours=1)
    assert [one.id for one in made.triggers] == [
        *("contract-gap", "performance", "new-dependency", "data-model"),
        *("cross-cutting", "shared-logic", "refactor-too-wide"),
    ]
    assert [(one.name, one.to, one.answer) for one in made.notices] == [
        ("frontend", "frontend", "expected"),
        ("qa", "qa", "expected"),
        ("operations", "operations", "none"),
        ("docs", "codeowner", "none"),
    ]


def test_a_proof_that_this_version_cannot_run_is_named_and_never_left_out() -> None:
    items = {item.id: item for item in policy(EXAMPLE).items}
    migrations = items["migrations"].proof

    assert isinstance(migrations, AllOf)
    check, either = migrations.parts
    assert isinstance(check, Use)
    assert check.rule == "required-checks-pass"
    assert isinstance(either, AnyOf)
    assert isinstance(either.parts[0], Use)
    assert either.parts[0].rule == "migrations-are-reversible"
    cases = items["api-tests"].proof
    assert isinstance(cases, Use)
    assert cases.rule == "endpoint-cases-are-tested"
    errors = errors_use_standard_format.Options(
        schema=("#/components/schemas/Problem",), contract=Area("contract", ("openapi.yaml",))
    )
    assert items["error-format"].proof == AnyOf(
        parts=(Use(rule="errors-use-standard-format", options=errors), Attested(role="reviewer"))
    )
    gap = policy(EXAMPLE).triggers[0].when
    assert isinstance(gap, ContractTurns)
    assert (gap.what, gap.area) == ("breaking", Area("contract", ("openapi.yaml",)))


def test_the_example_looks_only_at_the_events_that_it_needs() -> None:
    relevance = relevance_of(policy(EXAMPLE))

    assert relevance.wants_check("ci / unit")
    assert relevance.wants_check("bench / p95")
    assert not relevance.wants_check("deploy")
    assert relevance.statuses == ()
    assert relevance.matters == {
        *("artifacts", "deployments", "draft", "labels", "reviews", "text")
    }


def test_a_mutated_example_gives_problems_or_a_policy_and_never_raises() -> None:
    dice = random.Random(7)
    broken = 0
    for _ in range(MUTATIONS):
        loaded = load(_mutated(EXAMPLE, dice))
        errs = [one for one in loaded.problems if one.severity is Severity.ERROR]
        assert (loaded.policy is None) == bool(errs)
        assert all(one.where.line >= 1 and one.where.column >= 1 for one in loaded.problems)
        broken += bool(errs)

    assert broken > MUTATIONS / 4


def test_a_mutated_organisation_file_never_raises() -> None:
    dice = random.Random(11)
    text = EXAMPLE.replace(f"extends: {SHARED}".encode(), b'applies-to: { repositories: ["*"] }')
    for _ in range(MUTATIONS // 5):
        mutated = _mutated(text, dice).decode("utf-8", "replace")
        loaded = load(EXAMPLE, mutated)
        assert (loaded.policy is None) == bool(errors(loaded.problems))


def test_a_mutated_extended_file_never_raises() -> None:
    dice = random.Random(13)
    text = EXAMPLE.replace(f"extends: {SHARED}".encode(), b"mode: observe # again").replace(
        b"mode: enforce", b"# mode"
    )
    for _ in range(MUTATIONS // 5):
        extended = {SHARED: SourceText(path="service.yml", text=_mutated(text, dice))}
        loaded = load(f"version: 1\nextends: {SHARED}\n", extended=extended)
        assert (loaded.policy is None) == bool(errors(loaded.problems))


def _mutated(text: bytes, dice: random.Random) -> bytes:
    """Lines swapped, words exchanged, bytes dropped, values replaced by odd ones."""
    lines = text.split(b"\n")
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(lines))
        line, other = lines[at], dice.choice(lines)
        words = line.split(b" ")
        match dice.randrange(7):
            case 0:
                lines[at] = b""
            case 1:
                lines[at] = other
            case 2 if line:
                spot = dice.randrange(len(line))
                lines[at] = line[:spot] + line[spot + 1 :]
            case 3:
                words[dice.randrange(len(words))] = dice.choice(other.split(b" "))
                lines[at] = b" ".join(words)
            case 4:
                odd = (b"none", b"[]", b"{}", b"12", b"true", b"inherited", b"~", b"*x", b"[[a]]")
                lines[at] = line.partition(b":")[0] + b": " + dice.choice(odd)
            case 5:
                lines.insert(at, b" " * dice.randrange(8) + other.strip())
            case _:
                lines[at] = line.replace(b"[", b"{").replace(b"]", b"}")
    return b"\n".join(lines)


def test_the_policy_says_which_file_and_preset_it_came_from() -> None:
    origin = policy(EXAMPLE).origin

    assert [(one.origin, one.path) for one in origin.layers] == [
        ("repository", FILE),
        ("extends", SHARED),
    ]
    assert origin.preset == "backend-dev@1"
