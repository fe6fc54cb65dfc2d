from __future__ import annotations

import pytest

from bot.model.problem import Severity
from bot.readers.yaml_loader import Limits, Mapping, Place, Scalar, Sequence, read_yaml


def problems(text: str | bytes) -> list[str]:
    data = text.encode() if isinstance(text, str) else text
    return [
        f"{one.where.line}:{one.where.column} {one.code} {one.what}"
        for one in read_yaml(data, "f").problems
    ]


def value(text: str) -> object:
    """What stands below the key `a`."""
    root = read_yaml(text.encode(), "f").root
    assert isinstance(root, Mapping)
    node = root.entries["a"]
    assert isinstance(node, Scalar)
    return node.value


def test_every_key_and_value_knows_its_place() -> None:
    reading = read_yaml(b"a: [x, 2]\nb:\n  c: true\n", "f")

    assert reading.problems == []
    assert reading.root == Mapping(
        entries={
            "a": Sequence(
                (Scalar("x", Place("f", 1, 5), "x"), Scalar(2, Place("f", 1, 8), "2")),
                Place("f", 1, 4),
            ),
            "b": Mapping(
                {"c": Scalar(True, Place("f", 3, 6), "true")},
                {"c": Place("f", 3, 3)},
                Place("f", 3, 3),
            ),
        },
        keys={"a": Place("f", 1, 1), "b": Place("f", 2, 1)},
        place=Place("f", 1, 1),
    )


WORDS = "off on yes No True 17:30 0012345 0x1F 1_000 1.10 .inf 2026-12-01 1234567890 1e3 +1"


@pytest.mark.parametrize("word", WORDS.split(" "))
def test_a_word_that_yaml_1_1_would_change_stays_text(word: str) -> None:
    assert value(f"a: {word}\n") == word


@pytest.mark.parametrize(
    ("written", "meant"),
    [("true", True), ("false", False), ("0", 0), ("-3", -3), ("999999999", 999_999_999)],
)
def test_plain_true_false_and_whole_numbers_are_values(written: str, meant: object) -> None:
    assert value(f"a: {written}\n") == meant
    assert type(value(f"a: {written}\n")) is type(meant)


@pytest.mark.parametrize("written", ['"true"', "'12'", '"~"', "'null'", '""'])
def test_a_quoted_word_is_text(written: str) -> None:
    assert value(f"a: {written}\n") == written[1:-1]


def test_a_byte_order_mark_and_windows_line_ends_are_fine() -> None:
    reading = read_yaml("\ufeffa: 1\r\nb: x\r\n".encode(), "f")

    assert reading.problems == []
    assert isinstance(reading.root, Mapping)
    assert reading.root.keys == {"a": Place("f", 1, 1), "b": Place("f", 2, 1)}


TRAPS = [
    ("a: 1\na: 2\n", '2:1 E108 "a" is set twice; first on line 1'),
    ("label: #skip\n", '1:1 E110 "label" has no value: " #" starts a comment; quote it: "#skip"'),
    ("key:\n", '1:1 E110 "key" has no value: write one, or take the line out'),
    ("key: ~\n", '1:1 E110 "key" has no value: write one, or take the line out'),
    ("x: {a:1}\n", '1:5 E110 "a:1" has no value: a space belongs after ":": a: 1'),
    ("x: [a, ~]\n", "1:8 E110 an entry of a list has no value; take it out"),
    ("", "1:1 E110 the file is empty; write version: 1"),
    ("# nothing\n", "1:1 E110 the file is empty; write version: 1"),
    ("---\n", "1:1 E110 the file is empty; write version: 1"),
    ("<<: { a: 1 }\n", "1:1 E109 << (merge) is not read; write the keys out"),
    ("? [a]\n: 1\n", "1:3 E109 a key must be a plain word"),
    ("a: 1\n---\nb: 2\n", "2:1 E106 a second document begins; keep one"),
    ("a: “x”\n", "1:4 W510 a curly quote or no-break space in plain text; is it meant?"),
    ("a: x\u00a0y\n", "1:4 W510 a curly quote or no-break space in plain text; is it meant?"),
    ("a: \x01\n", "1:4 E103 character U+0001 does not belong into a text; remove it"),
    ("a: *docs\n", '1:4 E103 "*docs" is an alias of nothing; quote it: "*docs"'),
    (
        "a: !!str 1\n",
        '1:4 E107 "!!str" is a YAML tag; quote a text that begins with "!": "!!str"',
    ),
    (
        "a: !docs/**\n",
        '1:4 E107 "!docs/**" is a YAML tag; quote a text that begins with "!": "!docs/**"',
    ),
]


@pytest.mark.parametrize(("text", "said"), TRAPS)
def test_a_trap_of_yaml_is_one_problem(text: str, said: str) -> None:
    assert problems(text) == [said]


@pytest.mark.parametrize(
    ("text", "place", "mend"),
    [
        ("people: [@alice]\n", "1:10", "write the login without the @: alice"),
        ("x: [**/api/*.py]\n", "1:5", 'quote it: "**/api/*.py"'),
        ("x: *.md\n", "1:4", 'quote it: "*.md"'),
        ("x: [a, !docs/**]\n", "1:8", 'quote it: "!docs/**"'),
        ("x: `a`\n", "1:4", 'quote it: "`a`"'),
        ("authors: [dependabot[bot]]\n", "1:21", 'quote it: "dependabot[bot]"'),
        ("- check: ci: unit\n", "1:12", 'quote it: "ci: unit"'),
        ("a:\n\tb: 1\n", "2:1", "indent with two spaces, not with a tab"),
        ('a: "\\*"\n', "1:5", "use single quotes"),
    ],
)
def test_a_syntax_error_says_how_to_mend_it(text: str, place: str, mend: str) -> None:
    (said,) = problems(text)

    assert said.startswith(f"{place} E103 not YAML: ")
    assert said.endswith(mend)


@pytest.mark.parametrize("text", ["a: '\n", "a: [1\n", "a: - b\n", "a: b\n c\n- d\n", "a: {b: c\n"])
def test_any_other_syntax_error_is_one_problem_with_a_place(text: str) -> None:
    (said,) = problems(text)

    assert " E103 not YAML: " in said


def test_a_file_that_is_not_utf_8_says_on_which_line() -> None:
    assert problems(b"a: 1\nb: \xff\n") == ["2:1 E102 the file is not UTF-8; save it as UTF-8"]


def test_a_line_break_that_only_yaml_knows_does_not_confuse_the_places() -> None:
    (said,) = problems("a: x\u2028b: *c\n")

    assert " E103 " in said


HOSTILE = {
    "depth": ("[" * 100_000, "E101"),
    "shallow depth": ("[" * 60_000, "E105"),
    "size": ("a: " + "x" * 1_000_000, "E101"),
    "nodes": ("[" + "a," * 6_000 + "a]", "E105"),
    "recursion": ("a: &x [*x]\n", "E105"),
    "scalar": ("a: " + "x" * 5_000, "E105"),
    "aliases": ("a: &x 1\nb: [" + "*x, " * 60 + "1]\n", "E105"),
    "bomb": (
        "a: &a [" + "x, " * 40 + "x]\n"
        "b: &b [" + "*a, " * 20 + "x]\n"
        "c: &c [" + "*b, " * 20 + "x]\n"
        "d: [" + "*c, " * 5 + "x]\n",
        "E105",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_one_problem(name: str) -> None:
    text, code = HOSTILE[name]
    reading = read_yaml(text.encode(), "f")

    assert [one.code for one in reading.problems] == [code]
    assert reading.problems[0].severity is Severity.ERROR
    assert reading.root is None


def test_plain_aliases_within_the_limits_are_read() -> None:
    reading = read_yaml(b"a: &x [1]\nb: *x\n", "f")

    assert reading.problems == []
    assert isinstance(reading.root, Mapping)
    assert reading.root.entries["b"] == reading.root.entries["a"]


LARGE = Limits(bytes=1_000_000, depth=100, nodes=50_000, scalar=50_000, empty_values=True)


def test_other_limits_read_what_a_policy_may_not_be() -> None:
    text = f"a:\nb: [~]\nc: {'x' * 5_000}\nd: {'[' * 50}{']' * 50}\ne: “x”\n" + "# x\n" * 30_000

    assert read_yaml(text.encode(), "f").root is None
    reading = read_yaml(text.encode(), "f", LARGE)
    assert reading.problems == []
    assert isinstance(reading.root, Mapping)
    assert list(reading.root.entries) == ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize("text", ["a: 1\n---\nb: 2\n", "a: 1\nb: [\n", "a: 1\na: 2\n"])
def test_other_limits_forgive_no_broken_text(text: str) -> None:
    assert read_yaml(text.encode(), "f", LARGE).problems != []


def test_a_quoted_word_is_told_from_a_plain_one() -> None:
    reading = read_yaml(b"a: '1'\nb: 1\n", "f")

    assert isinstance(reading.root, Mapping)
    nodes = [one for one in reading.root.entries.values() if isinstance(one, Scalar)]
    assert [one.quoted for one in nodes] == [True, False]
