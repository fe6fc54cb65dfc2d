"""Policy files made to crash, to stall or to slip through: each is one clear answer."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.readers.policy.fixtures import SENSE, SHAPE
from tests.readers.policy.given import CONTEXT, EXAMPLE, START, errors, item, load
from tests.readers.policy.test_schema import SHORT

SMALL = [*SHORT, *(text for _, text, _ in SHAPE + SENSE)]
ODD = (
    *(b"none", b"[]", b"{}", b"12", b"true", b"inherited", b"~", b"*x", b"&x ", b"[[a]]", b"- "),
    *(b"<<: ", b"!!str ", b"? ", b"|\n", b"#", b"'", b'"', b"{", b"}", b": ", b"\n---\n", b"\t"),
    *(b"\x00", b"\xff", b"\xe2\x80\x9c", b"(?!a)", b"/", b"default", b"9" * 12, b"-1", b"1d"),
)


def bent(text: bytes, dice: random.Random) -> bytes:
    """Bytes dropped, doubled and exchanged for what a policy may not hold at that place."""
    for _ in range(dice.randint(1, 4)):
        start, end = sorted(dice.randrange(len(text) + 1) for _ in range(2))
        end = min(end, start + 12)
        match dice.randrange(4):
            case 0:
                text = text[:start] + text[end:]
            case 1:
                text = text[:end] + text[start:]
            case 2:
                text = text[:start] + dice.choice(ODD) + text[start:]
            case _:
                text = text[:start] + dice.choice(ODD) + text[end:]
    return text


@pytest.mark.parametrize("seed", range(4))
def test_a_bent_policy_gives_problems_or_a_policy(seed: int) -> None:
    """Ten thousand of them, small; as many of the complete example are `long`."""
    dice = random.Random(seed)
    for _ in range(2_500):
        loaded = load(bent(dice.choice(SMALL).encode(), dice))
        assert (loaded.policy is None) == bool(errors(loaded.problems))


@pytest.mark.long
@pytest.mark.timeout(300)
def test_ten_thousand_bent_examples_give_problems_or_a_policy() -> None:
    dice = random.Random(99)
    for _ in range(10_000):
        loaded = load(bent(EXAMPLE, dice))
        assert (loaded.policy is None) == bool(errors(loaded.problems))


BOMB = (
    "a: &a [" + "x, " * 40 + "x]\nb: &b [" + "*a, " * 20 + "x]\n"
    "c: &c [" + "*b, " * 20 + "x]\nd: [" + "*c, " * 5 + "x]\n"
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[" * 100_000, "E101"),
        ("[" * 60_000, "E105"),
        ("{a: " * 15_000, "E105"),
        ("- " * 30_000, "E105"),
        (BOMB, "E105"),
        ("a: &x [*x]\n", "E105"),
        ("a: &x { b: *x }\n", "E105"),
        ("a: " + "x" * 1_000_000, "E101"),
        ("a: x\n" * 200_000, "E101"),
        ("x: [@" + "a" * 60_000 + "]", "E103"),
        ("x: " + "a" * 30_000 + ": b: c\n", "E103"),
        ("- a: b: " + "c: " * 15_000, "E103"),
        ("x: [**/" + "a/" * 30_000 + "]", "E103"),
    ],
    ids=lambda given: given[:8],
)
def test_a_file_that_cannot_be_read_is_one_message(text: str, code: str) -> None:
    loaded = load(text)

    assert [one.code for one in loaded.problems] == [code]


def crowd() -> Iterator[tuple[str, str]]:
    """Files within every limit of the text, with as much as fits of one mistake."""
    areas = "areas:\n" + "".join(f"  area-of-files-{n}: [a]\n" for n in range(1_500))
    typos = ", ".join(f"area-of-flies-{n}" for n in range(180))
    yield "unknown areas", START + areas + f"exempt: {{ only-changed: [{typos}] }}\n"
    covers = "".join(
        f"  own-{n}: {{ title: T, proof: {{ check: ci }}, covers: [{typos[:700]}] }}\n"
        for n in range(45)
    )
    yield "unknown areas of items", START + "checklist:\n" + covers
    yield "unknown keys", START + "".join(f"modf{n:04}{'x' * 20}: 1\n" for n in range(1_500))
    chain = "".join(f"  r{n}: {{ then: r{n + 1} }}\n" for n in range(1_200))
    yield "a chain of roles", START + "roles:\n" + chain
    names = [", ".join(f"{side}{n}" for n in range(2_400)) for side in "ab"]
    yield "long lists", START + f"lists: {{ handoff: [{names[0]}], quality: [{names[1]}] }}\n"
    empty = ", ".join(f"a{n:05}" for n in range(2_400))
    yield "keys without values", "{" + empty + ', x: "' + ": " * 20_000 + '"}'


@pytest.mark.parametrize(("name", "text"), list(crowd()), ids=lambda given: given[:24])
def test_a_file_full_of_one_mistake_is_answered_in_short(name: str, text: str) -> None:
    loaded = load(text)

    assert 0 < len(loaded.problems) <= 100


def test_a_hundred_thousand_globs_of_one_area_are_matched_without_a_crash() -> None:
    globs = ", ".join(f"'{'*?' * 140}{n}'" for n in range(190))

    policy = load(item("{ changed: [big] }", rest=f"areas: {{ big: [{globs}] }}\n")).policy

    assert policy is not None
    assert not policy.areas["big"].has("a/" * 200 + "b")


@pytest.mark.parametrize(
    "pattern", ["((a{1,100}){1,100}){1,100}", "(?=a)", "(?<!a)b", "(a)\\1", "[", "a{1001}", "(?P<"]
)
def test_a_pattern_that_re2_refuses_is_said_in_plain_words(pattern: str) -> None:
    written = item(f"{{ added-lines: {{ in: [tests], pattern: '{pattern}' }} }}")

    (problem,) = load(written).problems

    assert problem.code == "E206"
    assert "b'" not in problem.what


@pytest.mark.parametrize("key", ["checklist", "areas", "roles", "commands", "paths", "lists"])
@pytest.mark.parametrize("value", ["{}", "[]", "none", "1", "true", '""', "~", "[[]]", "{ a: {} }"])
def test_any_shape_under_any_key_is_answered(key: str, value: str) -> None:
    loaded = load(f"{START}{key}: {value}\n")

    assert (loaded.policy is None) == bool(errors(loaded.problems))


def test_a_name_of_a_preset_cannot_be_a_path() -> None:
    for name in ("../backend-dev@1", "backend-dev@1/../x", "/etc/passwd", "backend-dev@01"):
        loaded = load(f"{START}preset: {name}\n")
        assert {one.code for one in loaded.problems} & {"E205", "E304"}


def test_the_presets_stay_within_the_limits_that_a_file_has() -> None:
    assert all(len(text) < 32 * 1024 for text in CONTEXT.presets.values())
