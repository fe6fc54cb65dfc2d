from __future__ import annotations

import pytest

from bot.readers.policy import SourceText, extends_of, mode_plainly_written
from tests.readers.policy.fixtures import SENSE, SHAPE
from tests.readers.policy.given import DATA, SHARED, START, errors, item, lines, load

TWELVE = [
    '3:7 E203 "off" is not a mode; one of observe, advise, enforce',
    '6:10 E206 a glob starts at the repository\'s root: write "docs/**" without the leading "/"',
    '8:45 E302 unknown role "leads"; did you mean "lead"?',
    '9:22 E202 expected a login, got the number 1234; quote it: "1234"',
    '10:10 E201 unknown key "draft" in quiet; did you mean "drafts"?',
    '11:31 E205 expected a time like "09:00", got "9:00"',
    '14:23 E301 unknown area "endpoint"; did you mean "endpoints"?',
    '17:18 E303 unknown rule "secret"; did you mean "secrets"?',
    '19:12 E207 a proof has exactly one key, found "changed" and "lines-at-least"; '
    "write changed: { areas: [docs], lines-at-least: 3 }",
    '23:50 E206 not an re2 pattern: "(?<!" looks behind; use "except" for what must not count',
    '24:3 E108 "logging" is set twice; first on line 20',
    '27:3 E110 "label" has no value: " #" starts a comment; quote it: "#skip"',
]


def test_twelve_problems_of_one_file_are_said_in_one_run() -> None:
    loaded = load((DATA / "twelve.yml").read_bytes())

    assert loaded.policy is None
    assert lines(loaded.problems) == TWELVE


@pytest.mark.parametrize(("code", "text", "said"), SHAPE + SENSE)
def test_a_mistake_is_one_problem_with_its_place(code: str, text: str, said: str) -> None:
    loaded = load(text)

    assert loaded.policy is None
    assert [one.code for one in loaded.problems] == [code]
    (problem,) = loaded.problems
    place = f"{problem.where.line}:{problem.where.column} "
    assert said in place + problem.what


def test_a_problem_names_its_file_and_dotted_key() -> None:
    (problem,) = load(START + "quiet: { drafts: 1 }\n").problems

    assert (problem.where.file, problem.where.key) == (".github/handoff.yml", "quiet.drafts")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (START + "preset: backend-dev\n", "2:9 W509 "),
        (START + "areas: { attic: [old] }\n", '2:10 W506 area "attic" is used nowhere'),
        (START + "roles: { boss: { people: [ana] } }\n", '2:10 W506 role "boss" is used nowhere'),
        (
            item("{ check: ci }", rest="lists: { handoff: [own], quality: [] }\n"),
            "2:19 W506 lists.handoff holds own, which lists.quality lacks",
        ),
    ],
)
def test_what_is_only_odd_is_a_warning_and_keeps_the_policy(text: str, said: str) -> None:
    loaded = load(text)

    assert loaded.policy is not None
    assert len(loaded.problems) == 1
    assert lines(loaded.problems)[0].startswith(said)


def test_a_problem_inside_a_preset_is_shown_where_the_preset_is_named() -> None:
    loaded = load(START + "preset: worker@1\nareas: { settings: none }\n")

    assert len(loaded.problems) == 1
    said = lines(loaded.problems)[0]
    assert said.startswith("2:9 E301 preset worker@1, line ")
    assert said.endswith('no longer fits this file: unknown area "settings"')


def test_a_problem_in_the_extended_file_names_that_file() -> None:
    shared = SourceText(path="service.yml", text=b"version: 1\nquiet: { drafts: 1 }\n")

    loaded = load(START + f"extends: {SHARED}\n", extended={SHARED: shared})

    assert errors(loaded.problems) == [
        f"{SHARED}:2:18  error  expected true or false, got the number 1  [E202]"
    ]


def test_an_extended_file_must_not_extend_another() -> None:
    shared = SourceText(path="service.yml", text=b"version: 1\nextends: acme/x:y\n")

    loaded = load(START + f"extends: {SHARED}\n", extended={SHARED: shared})

    assert lines(loaded.problems) == [f'2:10 E406 "{SHARED}" extends another file itself']


def test_a_file_checked_without_its_repository_is_only_warned_of_what_it_extends() -> None:
    text = START + "extends: acme/policies:x.yml\n" + "quiet: { comment: never }\n"

    loaded = load(text, repo="owner/repository", extended={})

    assert [one.code for one in loaded.problems] == ["W602"]
    assert loaded.policy is not None


def test_more_than_a_hundred_problems_are_counted() -> None:
    text = START + "areas:\n" + "".join(f"  a{n}: [/x]\n" for n in range(90))
    text += "quiet:\n" + "".join(f"  b{n}: 1\n" for n in range(90))

    problems = load(text).problems

    assert len(problems) == 100
    assert problems[-1].what == "81 more problems are not shown"


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("mode: observe\nbroken: [\n", "observe"),
        ("mode: 'advise' # for now\n", "advise"),
        ("mode: off\n", None),
        ("mode: observe\nmode: enforce\n", None),
        ("  mode: observe\n", None),
        ("\xff", None),
    ],
)
def test_a_mode_counts_only_where_it_is_plainly_written(text: str, mode: str | None) -> None:
    assert mode_plainly_written(text.encode("latin-1")) == mode


def test_the_extended_file_is_known_before_anything_is_checked() -> None:
    assert extends_of(b"extends: acme/policies:a.yml@v3\nmode: off\n") == "acme/policies:a.yml@v3"
    assert extends_of(b"version: 1\n") is None
    assert extends_of(b"extends: [\n") is None
    assert extends_of(b"extends: [a]\n") is None
