"""Which head a word is about, and whether it still holds when the code moves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.model.command import Stood
from bot.model.facts import Change, ChangedFile, Facts
from bot.model.known import Unknown
from bot.model.report import Matter
from tests.support.judging import CODE, PAGE, policy
from tests.support.pulls import HEAD, pull
from tests.support.saying import HERE, POLICY, Room

OLD = "9d03e77" + "0" * 33
NOT = "Nothing was done."
AGAIN = f"Look again and repeat with at 1111111. {NOT}"
TOUCHED = replace(CODE, head_blob="c" * 40)
SECOND = replace(CODE, path="app/b.py")
RENAMED = replace(CODE, path="app/z.py", previous_path="app/a.py", change=Change.RENAMED)


def stood(*files: ChangedFile, sha: str = OLD, **known: Any) -> Stood:
    facts: Facts = pull(*files, head_sha=sha, **known)
    return Stood(sha=sha, matter=Matter(facts=facts, policy=policy(POLICY)))


@pytest.mark.parametrize(
    ("before", "line", "says"),
    [
        (stood(CODE), "attest logging", "done"),
        (stood(CODE, PAGE), "attest logging", "done"),
        (stood(TOUCHED), "attest logging", "app/a.py changed in 1111111 while you wrote"),
        (stood(TOUCHED, SECOND), "attest logging", "app/a.py changed"),
        (stood(CODE, SECOND), "attest logging", "app/b.py changed"),
        (stood(), "attest logging", "app/a.py changed"),
        (stood(RENAMED), "attest logging", "app/a.py changed"),
        (stood(TOUCHED), "n/a logging because of it", "app/a.py changed"),
        (stood(changes=Unknown("too many")), "attest logging", "app/a.py changed"),
        (Stood(sha=OLD, matter=None), "attest logging",
         "9d03e77, which you may have looked at, was never judged"),
        (Stood(sha="", matter=None), "attest logging",
         "a head before 1111111, which you may have looked at, was never judged"),
        (Stood(sha="", matter=None), "ready", "1111111 may be newer than what you wrote"),
        (Stood(sha="", matter=None), f"attest logging at {HEAD[:9]}", "done"),
        (stood(CODE), "ready", "1111111 was pushed while you wrote"),
        (stood(CODE), f"ready at {HEAD[:9]}", "still open: tests, docs, logging, conventions"),
        (stood(TOUCHED), f"attest logging at {HEAD[:9]}", "done"),
        (stood(CODE), "attest logging at 9D03E77", "done"),
        (stood(TOUCHED), "attest logging at 9d03e77", "app/a.py changed"),
        (stood(CODE), "attest logging because seen at 9d03e77", "done"),
        (stood(CODE), "attest logging because of a try at abcdefa", "done"),
        (stood(TOUCHED), "ready because seen at 9d03e77", "1111111 was pushed while you wrote"),
        (stood(CODE), "ready at 9d03e77", "1111111 was pushed while you wrote"),
        (stood(CODE), "attest logging at 8888888", "8888888 is no head of this pull request"),
    ],
)  # fmt: skip
def test_a_word_counts_only_where_every_head_meant_says_the_same(
    before: Stood, line: str, says: str
) -> None:
    room = Room(stood=(before,), heads=(OLD, HEAD))

    said = room.says("ana", f"/handoff {line}")

    if says == "done" or says.startswith("still"):
        assert said == says
        assert [act.head_sha for act in room.acts] == [HEAD]
    else:
        assert says in said
        assert room.acts == ()


def test_digits_that_fit_two_heads_are_not_guessed_at() -> None:
    same = "9d03e77" + "1" * 33
    room = Room(heads=(OLD, same, HEAD))

    assert room.says("ana", "/handoff attest logging at 9d03e77") == (
        "9d03e77 fits more than one head. The head now is 1111111."
    )
    assert room.says("ana", f"/handoff attest logging at {same}") == "done"


def test_where_no_single_file_tells_the_item_is_named() -> None:
    room = Room(facts=pull(PAGE), stood=(stood(changes=Unknown("too many")),))

    assert room.says("ana", "/handoff attest logging") == (
        f"what logging is about changed in 1111111 while you wrote. {AGAIN}"
    )


@pytest.mark.parametrize(
    ("files", "holds"),
    [
        ((CODE,), {"logging", "docs"}),
        ((CODE, SECOND), set()),
        ((TOUCHED,), set()),
        ((CODE, PAGE), {"logging"}),
        ((), set()),
    ],
)
def test_an_act_ends_with_the_files_of_its_item_and_lives_again_with_them(
    files: tuple[ChangedFile, ...], holds: set[str]
) -> None:
    text = POLICY.replace("title: Logs,", "title: Logs, covers: [code],").replace(
        "title: Docs,", "title: Docs, covers: [code, docs],"
    )
    room = Room(text=text)
    room.says("ana", "/handoff attest logging")
    room.says("sam", "/handoff waive docs because it is written elsewhere")
    good = {"logging": "attested", "docs": "waived"}
    assert {name: state for name, state in room.states().items() if name in good} == good

    room.facts = replace(HERE, changes=files, head_sha="2" * 40, base_sha="3" * 40)

    standing = {name for name, state in room.states().items() if state in good.values()}
    assert standing == holds
    room.facts = replace(HERE, head_sha="4" * 40)
    assert {name: state for name, state in room.states().items() if name in good} == good
