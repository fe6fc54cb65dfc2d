"""What the fields of notices hold for real texts, and which answers that contradicts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.judge.evaluate import needs_of
from bot.model.act import ActKind
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.need import Part, Permissions
from bot.model.notice import Answer, Field, FieldState
from bot.model.reading import CONTRACT, MIGRATION, OPERATIONS, SIGNALS, Read
from bot.model.report import Conclusion
from bot.wiring.catalogue import registry
from tests.support.judging import CODE, judged, policy, word
from tests.support.pulls import check, pull
from tests.support.sources import written

TEXT = """
version: 1
areas:
  code: ["app/**"]
  docs: ["docs/**"]
  tests: ["tests/**"]
  contract: ["openapi.yaml"]
  migrations: ["migrations/**"]
  generated: ["**/*.gen.py"]
checklist:
  tests: { title: Tests pass, when: { changed: [code] }, proof: { check: ci } }
handoff:
  operations:
    to: operations
    tell: { {field}: {how} }
"""
HOW = {
    "environment-variables": "{ from: diff }",
    "feature-flags": "{ from: diff }",
    "pages": "{ from: diff }",
    "deviations": "{ from: contract changes }",
    "authentication": "{ from: contract security }",
    "known-limitations": "{ from: [waived items, section] }",
    "rollback": "{ from: section }",
    "seed-data": "{ from: section }",
    "base-url": "{ from: [deployment staging, section] }",
    "environment": "{ from: deployment staging }",
}
LIVE = ("base-url", "environment")
Files = dict[str, tuple[str, str]]


def text_for(field: str, how: str | None = None) -> str:
    return TEXT.replace("{field}", field).replace("{how}", how or HOW[field])


def unread(files: Files) -> Facts:
    return written(frozenset(), files)


def facts_for(field: str, files: Files, **known: Any) -> Facts:
    """With all that the notice asks for, and nothing else."""
    needs = needs_of(unread(files), policy(text_for(field)), registry())
    return written(needs, files, **known)


def composed(field: str, files: Files, said: str | None = None, **known: Any) -> Field:
    """The one field of the notice, where the description answers `said`."""
    title = field.replace("-", " ").capitalize()
    body = "" if said is None else f"## Operations handoff\n{title}: {said}\n"
    facts = facts_for(field, files, body=body, **known)
    ((found,),) = (one.fields for one in judged(text_for(field), facts).told)
    return found


def shown(field: Field) -> list[str]:
    """The draft, and what could not be composed, as one reads it."""
    pieces = [
        one.note + (f" {one.file}:{one.line}" if one.line else "") for one in field.draft.pieces
    ]
    return pieces + [f"? {one.reason}" for one in field.draft.open]


# ── what is composed ──────────────────────────────────────────────────────────────────────────

READS = 'import os\na = os.environ["RATE_URL"]\n'
SETTINGS = """from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SHOP_")
    rate_url: str
    size: int = 1
"""
FLAGGED = 'client = unleash.is_enabled("new-refunds")\n'
BROKEN_PYTHON = "def f(:\n"

VARIABLES: list[tuple[str, Files, list[str]]] = [
    (
        "without a default",
        {"app/a.py": ("", READS)},
        ["RATE_URL: read here now, no default seen app/a.py:2"],
    ),
    (
        "with one",
        {"app/a.py": ("", 'import os\na = os.getenv("RATE_URL", "x")\n')},
        ["RATE_URL: read here now, with a default app/a.py:2"],
    ),
    (
        "with one in one of two places",
        {"app/a.py": ("", f'{READS}b = os.getenv("RATE_URL", "x")\n')},
        ["RATE_URL: read here now, no default seen app/a.py:2"],
    ),
    ("in a test", {"tests/test_a.py": ("", READS)}, []),
    ("generated", {"app/a.gen.py": ("", READS)}, []),
    ("of the machine", {"app/a.py": ("", 'import os\na = os.environ["PATH"]\n')}, []),
    ("moved", {"app/a.py": (READS, "x = 1\n"), "app/b.py": ("", READS)}, []),
    (
        "in Go",
        {"a.go": ("", 'package a\n\nvar a = os.Getenv("A_KEY")\n')},
        ["A_KEY: read here now, no default seen a.go:3"],
    ),
    (
        "not read any more",
        {"app/a.py": (READS, "x = 1\n")},
        ["RATE_URL: not read in app/a.py any more"],
    ),
    (
        "in a file that is gone",
        {"app/a.py": (READS, "")},
        ["RATE_URL: not read in app/a.py any more"],
    ),
    ("not read by a test any more", {"tests/test_a.py": (READS, "x = 1\n")}, []),
    (
        "read in another way before",
        {"app/a.py": ('a = setting("RATE_URL")\n', READS)},
        [],
    ),
    (
        "read in another way now",
        {"app/a.py": (READS, 'a = setting("RATE_URL")\n')},
        [],
    ),
    (
        "of a class that is no longer known to read it",
        {"app/a.py": (SETTINGS, SETTINGS.replace("BaseSettings", "Shared"))},
        [],
    ),
    (
        "moved to a class that is not known to read it",
        {"app/a.py": (SETTINGS, ""), "app/b.py": ("", SETTINGS.replace("BaseSettings", "Shared"))},
        [],
    ),
    (
        "of a class, taken out",
        {"app/a.py": (SETTINGS, SETTINGS.replace("    rate_url: str\n", ""))},
        ["SHOP_RATE_URL: not read in app/a.py any more"],
    ),
    (
        "perhaps read where nothing can be",
        {"app/a.py": (READS, "x = 1\n"), "app/b.py": ("x = 1\n", BROKEN_PYTHON)},
        ["? app/b.py:1 is not valid Python 3.11"],
    ),
]


@pytest.mark.parametrize(("why", "files", "wanted"), VARIABLES)
def test_environment_variables(why: str, files: Files, wanted: list[str]) -> None:
    assert shown(composed("environment-variables", files)) == wanted


@pytest.mark.parametrize(
    ("why", "files", "wanted"),
    [
        ("new", {"app/a.py": ("", FLAGGED)}, ["new-refunds: asked for here now app/a.py:1"]),
        ("old", {"app/a.py": (FLAGGED, "x = 1\n" + FLAGGED)}, []),
        ("line of an old one", {"app/a.py": (FLAGGED, FLAGGED.replace("client", "is_on"))}, []),
        ("in a test", {"tests/test_a.py": ("", FLAGGED)}, []),
        (
            "gone",
            {"app/a.py": (FLAGGED, "x = 1\n")},
            ["new-refunds: not asked for in app/a.py any more"],
        ),
    ],
)
def test_feature_flags(why: str, files: Files, wanted: list[str]) -> None:
    assert shown(composed("feature-flags", files)) == wanted


CONTRACT_HEAD = """openapi: 3.0.0
info: { title: Orders, version: "1" }
components:
  securitySchemes: { bearer: { type: http, scheme: bearer } }
paths:
"""


def operation(path: str, *, asks: bool = False, needs: str = "") -> str:
    required = f"[{{ name: {needs}, in: query, required: true, schema: {{ type: string }} }}]"
    return (
        f"  {path}:\n    get:\n"
        + (f"      parameters: {required}\n" if needs else "")
        + ("      security: [{ bearer: [] }]\n" if asks else "")
        + "      responses: { '200': { description: ok } }\n"
    )


def contract(*operations: str) -> str:
    return CONTRACT_HEAD + "".join(operations)


RATES, REFUNDS = operation("/rates"), operation("/refunds", asks=True)


@pytest.mark.parametrize(
    ("why", "files", "wanted"),
    [
        (
            "added, guarded and public",
            (contract(), contract(RATES, REFUNDS)),
            ["bearer for GET /refunds; GET /rates public"],
        ),
        (
            "guarded now",
            (contract(RATES), contract(operation("/rates", asks=True))),
            ["bearer for GET /rates"],
        ),
        ("untouched", (contract(RATES), contract(RATES) + "# more\n"), []),
        ("moved down", (contract(RATES), contract(REFUNDS, RATES)), ["bearer for GET /refunds"]),
        ("no contract", ("a: 1\n", "a: 2\n"), None),
    ],
)
def test_authentication(why: str, files: tuple[str, str], wanted: list[str] | None) -> None:
    found = composed("authentication", {"openapi.yaml": files})

    if wanted is None:
        assert (found.draft.pieces, found.state) == ((), FieldState.UNKNOWN)
    else:
        assert shown(found) == wanted


def test_deviations_are_listed_with_the_breaking_ones_first() -> None:
    after = contract(operation("/rates", needs="currency"), REFUNDS)

    found = composed("deviations", {"openapi.yaml": (contract(RATES), after)})

    kinds = [one.note.partition(":")[0] for one in found.draft.pieces]
    assert kinds == ["breaking", "harmless"]
    assert "GET /rates" in found.draft.pieces[0].note


ALEMBIC = """from alembic import op
import sqlalchemy as sa

revision = "{name}"
down_revision = None


def upgrade():
    op.add_column("orders", sa.Column("note", sa.String()))


def downgrade():
    {down}
"""
GOOD = ALEMBIC.format(name="a1", down='op.drop_column("orders", "note")')
LOSSY = GOOD.replace("drop", "?").replace("add", "drop").replace("?", "add")
STUCK = ALEMBIC.format(name="b2", down="pass")


@pytest.mark.parametrize(
    ("why", "files", "wanted"),
    [
        ("reversible", {"migrations/versions/a1.py": ("", GOOD)}, ["a1.py can be undone"]),
        ("not", {"migrations/versions/b2.py": ("", STUCK)}, ["b2.py cannot be undone: "]),
        (
            "not before either",
            {"migrations/versions/b2.py": (STUCK, STUCK.replace("note", "memo"))},
            ["b2.py cannot be undone: "],
        ),
        (
            "with loss",
            {"migrations/versions/c3.py": ("", LOSSY)},
            ["c3.py can be undone with loss"],
        ),
        (
            "its way down stands in a file that did not change",
            {"migrations/000002_a.up.sql": ("CREATE TABLE a (b int);\n", "DROP TABLE a;\n")},
            ["? can't tell: how 000002_a.up.sql is undone"],
        ),
        ("a remark in it", {"migrations/versions/b2.py": (STUCK, STUCK + "# x\n")}, []),
        ("none", {"app/a.py": ("", "x = 1\n")}, []),
    ],
)
def test_rollback_says_of_each_migration_whether_it_can_be_undone(
    why: str, files: Files, wanted: list[str]
) -> None:
    found = shown(composed("rollback", files))

    assert [one[: len(start)] for one, start in zip(found, wanted, strict=True)] == wanted


SKIPPED = "import pytest\n\n\n@pytest.mark.skip\ndef test_a():\n    assert f() == 1\n"


@pytest.mark.parametrize(
    ("why", "files", "wanted"),
    [
        (
            "a test is switched off",
            {"tests/test_a.py": (SKIPPED.replace("@pytest.mark.skip\n", ""), SKIPPED)},
            ["a test is switched off here (pytest.mark.skip) tests/test_a.py:4"],
        ),
        ("it was before", {"tests/test_a.py": (SKIPPED, SKIPPED + "x = 1\n")}, []),
    ],
)
def test_known_limitations(why: str, files: Files, wanted: list[str]) -> None:
    ci = (check("ci"),)

    assert shown(composed("known-limitations", files, checks=ci)) == wanted


def test_waived_and_undecided_items_are_limitations() -> None:
    text = text_for("known-limitations")
    facts = pull(CODE, body="")
    red = replace(facts, checks=(check("ci", "failure"),))
    waived = judged(text, red, acts=(word(ActKind.WAIVE, "tests", red, text=text),))
    doubted = judged(text, replace(facts, checks=Unknown("not visible")))

    assert [shown(one.told[0].fields[0])[0] for one in (waived, doubted)] == [
        "tests is waived: Tests pass",
        "tests is undecided: Tests pass",
    ]


def test_pages_are_the_documentation_that_changed() -> None:
    files = {"docs/a.md": ("", "x\n"), "docs/b.md": ("x\n", ""), "app/a.py": ("", "x = 1\n")}

    assert shown(composed("pages", files)) == ["docs/a.md added", "docs/b.md removed"]


@pytest.mark.parametrize(
    ("field", "how", "why"),
    [
        ("pages", "{ from: deployment x }", "this version composes no pages from deployment x"),
        ("pages", "{ from: waived items }", "this version composes no pages from waived items"),
    ],
)
def test_what_no_machine_composes_says_why(field: str, how: str | None, why: str) -> None:
    ((found,),) = (one.fields for one in judged(text_for(field, how), pull(body="")).told)

    assert (shown(found), found.state) == ([f"? {why}"], FieldState.UNKNOWN)


@pytest.mark.parametrize("field", [one for one in HOW if one not in {"seed-data", *LIVE}])
def test_an_unknown_file_list_is_never_an_empty_draft(field: str) -> None:
    facts = pull(changes=Unknown("too many files"), body="", checks=(check("ci"),))
    ((found,),) = (one.fields for one in judged(text_for(field), facts).told)

    assert "? too many files" in shown(found)
    assert found.state in {FieldState.UNKNOWN, FieldState.DRAFTED}


# ── what is answered, and what stands against it ──────────────────────────────────────────────

NEW = {"app/a.py": ("", READS)}
TWO = {"migrations/versions/b2.py": ("", STUCK)}
BREAKS = {"openapi.yaml": (contract(RATES), contract(operation("/rates", needs="currency")))}
ADDS = {"openapi.yaml": (contract(RATES), contract(RATES, REFUNDS))}


@pytest.mark.parametrize(
    ("field", "files", "said", "kinds"),
    [
        ("environment-variables", NEW, "none", ["answer-says-none"]),
        ("environment-variables", NEW, "set OTHER", ["answer-omits-name"]),
        ("environment-variables", NEW, "set RATE_URL", []),
        ("environment-variables", {"app/a.py": (READS, "x = 1\n")}, "none", []),
        ("feature-flags", {"app/a.py": ("", FLAGGED)}, "None.", ["answer-says-none"]),
        ("deviations", BREAKS, "none", ["answer-says-none"]),
        ("deviations", BREAKS, "orders cost more", ["answer-omits-name"]),
        ("deviations", BREAKS, "`GET /rates` takes a currency", []),
        ("deviations", ADDS, "none", []),
        ("authentication", ADDS, "none", ["answer-says-none"]),
        ("authentication", {"openapi.yaml": (contract(), contract(RATES))}, "none", []),
        ("rollback", TWO, "revert the PR", ["answer-reverts"]),
        ("rollback", {"migrations/versions/c3.py": ("", LOSSY)}, "Revert it", ["answer-reverts"]),
        ("rollback", TWO, "restore the backup", []),
        ("rollback", {"migrations/versions/a1.py": ("", GOOD)}, "revert the PR", []),
        ("known-limitations", {"tests/test_a.py": ("", SKIPPED)}, "none", ["answer-says-none"]),
        ("known-limitations", {"tests/test_a.py": ("", SKIPPED)}, "rounding", []),
        ("known-limitations", {"app/a.py": ("", "x = 1\n")}, "none", []),
    ],
)
def test_an_answer_is_contradicted_by_what_it_leaves_out(
    field: str, files: Files, said: str, kinds: list[str]
) -> None:
    found = composed(field, files, said, checks=(check("ci"),))

    assert [one.kind.id for one in found.against] == kinds
    assert found.state is (FieldState.CONTRADICTED if kinds else FieldState.ANSWERED)


def test_what_was_there_perhaps_contradicts_nothing() -> None:
    files = {"app/a.py": ("x = 1\n", READS), "app/b.py": ("\0", "x = 1\n")}

    found = composed("environment-variables", files, "none")

    assert (len(found.draft.pieces), found.against) == (1, ())


def test_a_contradiction_never_fails_the_check() -> None:
    facts = facts_for("environment-variables", NEW, checks=(check("ci"),))
    answered = replace(facts, body="## Operations handoff\nEnvironment variables: none\n")

    report = judged(text_for("environment-variables"), answered)

    assert report.told[0].fields[0].against
    assert report.conclusion() is Conclusion.SUCCESS


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ("## Operations handoff\nSeed data: `make seed`\n", Answer.TEXT),
        ("# handoff: OPERATIONS\n- **Seed data**:\n  1. run it\n", Answer.TEXT),
        ("## Operations handoff\n### Seed data\nrun it\n", Answer.TEXT),
        ("## Operations handoff\nSeed data: none\n", Answer.NONE),
        ("## Operations handoff\nSeed data: n/a\n", Answer.NONE),
        ("## Operations handoff\nSeed data: <how to get it>\n", Answer.ABSENT),
        ("## Operations handoff\nSeed data: TBD\n", Answer.ABSENT),
        ("## Operations handoff\nSeed data: <!-- run it -->\n", Answer.ABSENT),
        ("## Operations handoff\nSeed data:\n", Answer.ABSENT),
        ("## Notes\nSeed data: run it\n", Answer.ABSENT),
        ("", Answer.ABSENT),
        ("x" * 70_001, Unknown("the description is too long to read", by_content=True)),
        (Unknown("not visible"), Unknown("not visible")),
    ],
)
def test_the_description_answers_with_text_with_none_or_not_at_all(
    body: Any, answer: Answer | Unknown
) -> None:
    ((found,),) = (one.fields for one in judged(text_for("seed-data"), pull(body=body)).told)

    states = {Answer.ABSENT: FieldState.MISSING}
    wanted = FieldState.ANSWERED if isinstance(answer, Answer) else FieldState.UNKNOWN
    assert found.answer == answer
    assert found.state is (states.get(answer, wanted) if isinstance(answer, Answer) else wanted)


def test_an_answer_ends_where_the_next_field_begins() -> None:
    text = text_for("seed-data").replace(
        "{ from: section } }", "{ from: section }, rollback: { from: section } }"
    )
    body = "## Operations handoff\nSeed data:\nRollback:\n- the image before\n"

    (told,) = judged(text, pull(body=body)).told

    assert [one.answer for one in told.fields] == [Answer.ABSENT, Answer.TEXT]


# ── what is asked for ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("field", "reading"),
    [
        ("environment-variables", SIGNALS.id),
        ("feature-flags", SIGNALS.id),
        ("known-limitations", SIGNALS.id),
        ("deviations", CONTRACT.id),
        ("authentication", OPERATIONS.id),
        ("rollback", MIGRATION.id),
        ("seed-data", None),
        ("base-url", None),
        ("environment", None),
    ],
)
def test_only_what_a_notice_reads_is_loaded_and_only_where_it_applies(
    field: str, reading: str | None
) -> None:
    text = text_for(field)
    elsewhere = text.replace(
        "    to: operations", "    to: operations\n    when: { changed: [docs] }"
    )
    later = text.replace(HOW[field], HOW[field].replace(" }", ", when: { changed: [docs] } }"))
    code = unread(NEW)

    needs = needs_of(code, policy(text), registry())
    read = {one.reading for one in needs if isinstance(one, Read)}

    assert Part.BODY in needs
    assert read == ({reading} if reading else set())
    assert (Part.DEPLOYMENTS in needs) is (field in LIVE)
    assert needs_of(code, policy(elsewhere), registry()) == {Part.CHECKS}
    approval = {Part.REVIEWS, Part.COMMITS, Permissions()}
    assert needs_of(code, policy(later), registry()) == {Part.CHECKS, *approval}
    assert judged(elsewhere, code).told == ()
    assert judged(later, code).told[0].fields == ()


MANY = contract(*(operation(f"/rates/{number}") for number in range(210)))


@pytest.mark.parametrize(
    ("why", "files", "wanted"),
    [
        ("gone", (contract(RATES), ""), ["openapi.yaml is no contract any more"]),
        ("more than are listed", (MANY, contract(RATES)), ["? 11 more changes of openapi.yaml"]),
    ],
)
def test_deviations_of_a_contract_as_a_whole(
    why: str, files: tuple[str, str], wanted: list[str]
) -> None:
    found = shown(composed("deviations", {"openapi.yaml": files}))

    assert [one[: len(start)] for one, start in zip(found[-1:], wanted, strict=True)] == wanted


def test_what_was_not_read_is_said() -> None:
    files = {"openapi.yaml": (contract(RATES), contract(REFUNDS))}
    text = text_for("deviations")
    without = text.replace('  contract: ["openapi.yaml"]\n', "")

    ((unread_,),) = (one.fields for one in judged(text, unread(files)).told)
    ((nowhere,),) = (one.fields for one in judged(without, unread(files)).told)

    assert shown(unread_)[0].startswith("? can't tell: openapi.yaml - ")
    assert shown(nowhere) == ["? can't tell: the policy names no area contract"]
