"""What ordinary YAML would make of a word, through the whole policy language."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bot.model.policy import Policy
from bot.readers.yaml_loader import read_yaml
from tests.readers.policy.given import START, item, lines, load, policy

RULE = item("{ check: ci }")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (START + "mode: on\n", '2:7 E203 "on" is not a mode; one of observe, advise, enforce'),
        (START + "on: 1\n", '2:1 E201 unknown key "on"'),
        (RULE + "    level: off\n", '6:12 E203 "off" is not a level; one of block, advise, note'),
        (START + "quiet: { drafts: yes }\n", '2:18 E202 expected true or false, got "yes"'),
        (START + "quiet: { drafts: True }\n", '2:18 E202 expected true or false, got "True"'),
        (START + "quiet: { pings-at-most: 1_0 }\n", "2:25 E202 expected a number from 0 to 20"),
        (START + "quiet: { pings-at-most: 0x1 }\n", "2:25 E202 expected a number from 0 to 20"),
        (START + "quiet: { pings-at-most: 1.0 }\n", "2:25 E202 expected a number from 0 to 20"),
        (START + "quiet: { pings-at-most: .inf }\n", "2:25 E202 expected a number from 0 to 20"),
        (START + 'quiet: { pings-at-most: "6" }\n', "2:25 E202 expected a number from 0 to 20"),
        (START + "hours: { from: 9:00 }\n", '2:16 E205 expected a time like "09:00", got "9:00"'),
        (START + "mode: observe\nmode: enforce\n", '3:1 E108 "mode" is set twice; first on line 2'),
        (START + "exempt: { label: #skip\n }\n", '2:11 E110 "label" has no value: " #" starts'),
        (START + "mode: ~\n", '2:1 E110 "mode" has no value: write one, or take the line out'),
        (START + "areas: { docs:x }\n", '2:10 E110 "docs:x" has no value: a space belongs after'),
        (START + "roles: { qa: { people: [@li] } }\n", "2:25 E103 not YAML: found character"),
        (START + "areas: { api: [**/api/*.py] }\n", "2:16 E103 not YAML: "),
        (START + "areas: { api: [*.py] }\n", "2:16 E103 "),
        (START + "areas: { api: [a, !docs/**] }\n", "2:19 E103 not YAML: "),
        (START + "quiet: { authors: [dependabot[bot]] }\n", "2:30 E103 not YAML: "),
        (item("{ check: ci: unit }"), "5:23 E103 not YAML: "),
        (START + "areas:\n\tdocs: [a]\n", "3:1 E103 not YAML: "),
        (START + 'areas: { docs: ["\\*"] }\n', "2:18 E103 not YAML: "),
        (START + "<<: { mode: observe }\n", "2:1 E109 << (merge) is not read"),
        (START + "? [mode]\n: observe\n", "2:3 E109 a key must be a plain word"),
        (START + "mode: !!str observe\n", '2:7 E107 "!!str" is a YAML tag'),
        (START + "---\nmode: observe\n", "2:1 E106 a second document begins; keep one"),
        (START + 'areas: { "docs\\n": [a] }\n', '2:10 E205 "docs" is not a name: lower-case'),
    ],
)
def test_a_trap_is_one_problem_of_the_policy(text: str, said: str) -> None:
    loaded = load(text)

    assert loaded.policy is None
    (problem,) = lines(loaded.problems)
    assert problem.startswith(said)


@pytest.mark.parametrize(
    ("text", "value", "meant"),
    [
        ("hours: { to: 17:30 }", lambda made: made.hours.end, "17:30"),
        ("applies-from: 2026-12-01", lambda made: made.applies_from, date(2026, 12, 1)),
        ('applies-from: "2026-12-01"', lambda made: made.applies_from, date(2026, 12, 1)),
        ("quiet: { authors: [0012345] }", lambda made: made.quiet.authors, ("0012345",)),
        ("quiet: { authors: [on, no, 1e3] }", lambda made: made.quiet.authors, ("on", "no", "1e3")),
        ("ci: { app: 1.10 }", lambda made: made.ci.app, "1.10"),
        ("x: &ours [a]", None, None),
    ],
)
def test_a_word_that_yaml_would_change_is_read_by_what_stands_there(
    text: str, value: Any, meant: object
) -> None:
    if value is None:
        aliased = "areas: { docs: &globs ['docs/**'], tests: *globs }\n"
        made: Policy = policy(item("{ changed: [docs] }", rest=aliased))
        assert made.areas["docs"].globs == made.areas["tests"].globs
    else:
        assert value(policy(f"{START}{text}\n")) == meant


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("# " + "x" * (64 * 1024 - 7) + "\na: 1", "E101"),
        ("a: " + "[" * 15 + "1" + "]" * 15, "E105"),
        ("a: &x 1\nb: [" + "*x, " * 49 + "*x]\n", "E105"),
        ("a: [" + "b, " * 4_996 + "b]\n", "E105"),
        ("a: " + "x" * 4_096 + "\n", "E105"),
    ],
    ids=["bytes", "depth", "aliases", "values", "text"],
)
def test_a_limit_is_the_last_that_is_allowed(text: str, broken: str) -> None:
    more = {
        "# ": "# x" + text[2:],
        "a: [[": text.replace("1", "[1]"),
        "a: &x": text.replace("*x]", "*x, *x]"),
        "a: [b": text.replace("b]", "b, b]"),
        "a: xx": text.replace("x\n", "xx\n"),
    }
    (beyond,) = [one for begin, one in more.items() if text.startswith(begin)]

    assert read_yaml(text.encode(), "f").problems == []
    assert [one.code for one in read_yaml(beyond.encode(), "f").problems] == [broken]
