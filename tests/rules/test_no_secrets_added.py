"""A table of what counts as a secret that was added; every value is made up and put together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.reading import COMMIT_SECRETS, EVERY, Side, reading_key
from bot.model.secret import TEXTS
from bot.model.verdict import Outcome
from bot.readers.secrets import read
from bot.rules.no_secrets_added import RULE, Options, needs
from bot.sandbox.frame import Job
from tests.support.pulls import changed, pull
from tests.support.sources import written
from tests.support.walked import Walked, walked

P, F, S, U = Outcome.PASS, Outcome.FAIL, Outcome.SKIP, Outcome.UNKNOWN
DOCS = Area("docs", ("docs/**", "**/*.md"))
GITHUB = "gh" + "p_x7Kd93kd02kdLs93Kd0skdPlwq83mcnd92Ks"
SLACK = "xo" + "xb-17653672481-19874698323-pdFZKVeTuE8sk7oOcBrzbqgy"
STRIPE = "sk" + "_live_51H8aBcKd93kd02kdLs93KdAs"
AMAZON = "AK" + "IAQYLPMN5HHHFPZAM2"
AMAZON_SECRET = "k9Jd83kdLs0eKq+lP2s8dkE0" + "sLqP3mZxNc7vB1aQ"
SENDGRID = "S" + "G.ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf-09kqeF8tAmbihYzrnopKc-1s5cr"
BODY = "MIIEpAIBAAKCAQEAwJ1z0Yx7k2kD93kd02kdLs93Kd0skdPlwq83mcnd92Ks8s7d\n" * 3
PRIVATE = f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}-----END RSA " + "PRIVATE KEY-----\n"
JWT = (
    "ey" + "JhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI1ZWJhYzUzNDk1NGI1NDEzOTgwNmMxMTIiLCJ"
    "pYXQiOjE1ODkyOTg0ODQsImV4cCI6MTU4OTMwMDI4NH0.m1U63blB0MLej_WfB7yC2FTMnCziif9X8yzwDEfJXAg"
)
MARKED = f'KEY = "{GITHUB}"\n'
KEY_CHECK = (
    'if not key.startswith("-----BEGIN RSA ' + 'PRIVATE KEY-----"):\n'
    '    raise ValueError("the key has another form, see the page on how it is made")\n'
    'if not key.endswith("-----END RSA ' + 'PRIVATE KEY-----\\n"):\n    raise ValueError("cut")\n'
)


def judged(rule: str, facts: Facts, **options: Any) -> Outcome:
    assert rule == RULE.id
    return RULE.prove(facts, Options(**options)).outcome


def change(files: dict[str, tuple[str, str]], **more: Any) -> Facts:
    return written(needs(Options(docs=DOCS), ()), files, **more)


ROWS = [
    ("GitHub", change({"app/a.py": ("", MARKED)}), F),
    ("Slack", change({"app/a.ts": ("x\n", f"x\nconst k = '{SLACK}'\n")}), F),
    ("Stripe, live", change({"conf/a.yaml": ("", f"key: {STRIPE}\n")}), F),
    ("Amazon", change({"a.env": ("", f"AWS_SECRET_ACCESS_KEY={AMAZON_SECRET}\nID={AMAZON}\n")}), F),
    ("SendGrid", change({"a.go": ("", f'var k = "{SENDGRID}"\n')}), F),
    ("private key", change({"keys/a.pem": ("", PRIVATE)}), F),
    ("private key in a text", change({"a.ts": ("", PRIVATE.replace("\n", "\\n"))}), F),
    ("private key, indented", change({"a.yaml": ("", PRIVATE.replace("\n", "\n    "))}), F),
    ("marks of a private key in code", change({"app/a.py": ("", KEY_CHECK)}), P),
    ("other line ends", change({"a.pem": (PRIVATE.replace("\n", "\r\n"), PRIVATE)}), P),
    ("Amazon's id alone", change({"a.env": ("", f"ID={AMAZON}\n")}), P),
    ("generated", change({"dist/app.min.js": ("", f"k='{GITHUB}'\n")}, renamed={}), F),
    ("in a comment", change({"app/a.py": ("", f"# {MARKED}")}), F),
    ("told to look away", change({"app/a.py": ("", MARKED.strip() + "  # gitleaks:allow\n")}), F),
    ("after NUL", change({"app/a.txt": ("", f"\0\n{MARKED}")}), F),
    ("CRLF", change({"app/a.py": ("", MARKED.replace("\n", "\r\n"))}), F),
    ("another one beside", change({"app/a.py": (MARKED, f"{MARKED}B = '{SLACK}'\n")}), F),
    ("at the base already", change({"app/a.py": (MARKED, f"import os\n{MARKED}")}), P),
    ("indented anew", change({"app/a.py": (MARKED, f"if x:\n    {MARKED}")}), P),
    ("moved", change({"app/a.py": (MARKED, ""), "app/b.py": ("", MARKED)}), P),
    (
        "renamed",
        change({"app/b.py": (MARKED, f"{MARKED}x\n")}, renamed={"app/b.py": "app/a.py"}),
        P,
    ),
    ("taken out", change({"app/a.py": (MARKED, "KEY = os.environ['K']\n")}), P),
    ("removed with its file", change({"app/a.py": (MARKED, "")}), S),
    ("in a test", change({"tests/test_a.py": ("", MARKED)}), P),
    ("in docs", change({"docs/a.md": ("", MARKED)}), P),
    ("in an example", change({".env.example": ("", f"K={GITHUB}\n")}), P),
    ("in CI", change({".ci/compose.yaml": ("", f"K: {GITHUB}\n")}), P),
    ("a token that only says who", change({"app/a.py": ("", f"# {JWT}\n")}), P),
    ("Amazon's own example", change({"a.py": ("", 'K = "AKIAIOSFODNN7' + 'EXAMPLE"\n')}), P),
    (
        "Stripe, for tests",
        change({"a.py": ("", 'K = "sk' + '_test_51H8aBcKd93kd02kdLs93KdAs"\n')}),
        P,
    ),
    (
        "placeholder",
        change({"a.py": ("", 'K = "gh' + 'p_abcdefghijklmnopqrstuvwxyz0123456789"\n')}),
        P,
    ),
    ("only by its name", change({"a.py": ("", 'SECRET_KEY = "kd93kslqpdkw83m"\n')}), P),
    ("a name alone", change({"a.py": ("", 'OIDC_CLIENT_SECRET: str = ""\n')}), P),
    ("a revision", change({"a.py": ("", 'revision = "1655999df5e3"\n')}), P),
    ("a lock file", change({"uv.lock": ("", f'hash = "{GITHUB}"\n')}), S),
    ("a public certificate", change({"a.pem": ("", "-----BEGIN CERTIFICATE-----\n" + BODY)}), P),
    ("from the environment", change({"a.py": ("", 'K = os.environ["GITHUB_TOKEN"]\n')}), P),
    ("an XML namespace", change({"a.xml": ("", '<a xmlns="http://www.w3.org/2000/svg"/>\n')}), P),
    ("a picture", change({"a.png": ("", "x")}), S),
    ("nothing", pull(), S),
    ("files not known", pull(changes=Unknown("not visible")), U),
    ("file not read", pull(changed("a.py", "", MARKED)), U),
    (
        "base not read",
        pull(
            changed("b.py", "x\n", "y\n"),
            changed("a.py", "", MARKED),
            readings=change({"a.py": ("", MARKED), "b.py": ("", "y\n")}).readings,
        ),
        U,
    ),
    ("over the limit", change({"a.txt": ("", "x" * 4_000_001)}), U),
]


@pytest.mark.parametrize(("why", "facts", "outcome"), ROWS)
def test_only_a_secret_of_its_own_format_fails(why: str, facts: Facts, outcome: Outcome) -> None:
    assert judged("no-secrets-added", facts, docs=DOCS) is outcome


def test_the_finding_says_what_and_where_and_how_to_mend() -> None:
    verdict = RULE.prove(change({"src/pay.py": ("", f"\n{MARKED}")}), Options())

    assert verdict.summary == (
        "github-pat (mark 67bd5603) at src/pay.py:2: take it out and revoke it"
    )
    assert [(one.file, one.line, one.kind.id) for one in verdict.evidence] == [
        ("src/pay.py", 2, "secret-added")
    ]


def test_where_patches_are_missing_a_new_value_is_enough() -> None:
    facts = change({"app/a.py": ("x\n", f"x\n{MARKED}")})
    assert not isinstance(facts.changes, Unknown)
    blind = [changed("app/a.py", "x\n", MARKED, added=Unknown("GitHub shows no patch"))]

    assert judged("no-secrets-added", pull(*blind, readings=facts.readings)) is F


def test_a_literal_under_the_name_of_a_secret_is_pointed_at() -> None:
    facts = change({"app/a.py": ("", 'SECRET_KEY: str = "kd93kslqpdkw83m"\n')})

    verdict = RULE.prove(facts, Options())

    assert verdict.outcome is P
    assert [(one.kind.id, one.note[:10], one.line) for one in verdict.advice] == [
        ("literal-under-secret-name", "SECRET_KEY", 1)
    ]


LABELS = [
    'password_label = "Password 1 again"',
    'TOKEN_URL = "https://x.dev/t0ken"',
    'token: "access_token"',
    'password = "{password1}x"',
    'secret = "changeme123"',
    'api_key = config["key12345"]',
    'name = "kd93kslqpdkw83m"',
]


@pytest.mark.parametrize("line", LABELS)
def test_a_label_or_a_placeholder_is_not(line: str) -> None:
    assert read(Job(reading="secrets", path="app/a.py", head=line.encode())).found == ()


def test_the_two_halves_of_a_pair_are_a_secret_together() -> None:
    half = f'aws_secret_access_key = "{AMAZON_SECRET}"\n'
    whole = half + f'aws_access_key_id = "{AMAZON}"\n'

    alone = read(Job(reading="secrets", path="a.ini", head=half.encode()))
    both = read(Job(reading="secrets", path="a.ini", head=whole.encode()))

    assert [(one.kind, one.exact) for one in alone.found] == [("literal-under-secret-name", False)]
    assert [(one.kind, one.line, one.exact) for one in both.found] == [
        ("aws-secret-access-key", 1, True),
        ("aws-access-token", 2, True),
    ]


HOSTILE = [
    b"\xff\xfe" + MARKED.encode("utf-16-le"),
    MARKED.encode() + b"\xed\xa0\x80",
    b"\x00" * 99,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_encoding_ends_the_reading(text: bytes) -> None:
    found = read(Job(reading="secrets", path="a.txt", head=text)).found

    assert [one.kind for one in found] == (["github-pat"] if b"K" in text else [])


def test_no_value_is_ever_in_a_reading_or_a_verdict() -> None:
    values = [GITHUB, SLACK, STRIPE, AMAZON, SENDGRID, JWT, BODY[:20]]
    text = "\n".join(f"K = '{one}'" for one in values) + "\n" + PRIVATE
    facts = change({"app/a.py": ("", text)})

    said = repr(facts.readings) + repr(RULE.prove(facts, Options()))

    assert [one for one in values if one in said] == []


def test_equal_values_have_equal_marks_and_others_do_not() -> None:
    text = f"A = '{GITHUB}'\nB = '{GITHUB}'\nC = '{SLACK}'\n".encode()

    marks = [one.mark for one in read(Job(reading="secrets", path="a.py", head=text)).found]

    assert marks[0] == marks[1] != marks[2]
    assert all(len(mark) == 8 for mark in marks)


def test_every_text_is_read_and_no_picture() -> None:
    paths = ["a.py", "dist/x.js", ".env", "a.png", "x/package-lock.json", "go.sum"]

    assert [TEXTS.has(path) for path in paths] == [True, True, True, False, False, False]


# ── what earlier commits added ────────────────────────────────────────────────────────────────

FIRST, SECOND = "1" * 40, "2" * 40
CLEAN = {"app/a.py": ("", "import os\n")}
PAST = [
    ("added and taken out", CLEAN, {FIRST: {"app/a.py": ("", MARKED)}, SECOND: CLEAN}, F),
    ("in a file that is gone", CLEAN, {FIRST: {"app/k.py": ("", MARKED)}, SECOND: CLEAN}, F),
    ("in a test", CLEAN, {FIRST: {"tests/test_a.py": ("", MARKED)}, SECOND: CLEAN}, P),
    ("only a name", CLEAN, {FIRST: {"app/a.py": ("", "password = 'kd93kslq83mcn'\n")}}, P),
    ("only moved", CLEAN, {FIRST: {"a.py": (MARKED, ""), "b.py": ("", MARKED)}}, P),
    ("taken out of the base", {"app/a.py": (MARKED, "")}, {FIRST: {"app/a.py": (MARKED, "")}}, S),
    ("put back as it was", {"a.py": (MARKED, "x\n")}, {FIRST: {"b.py": ("", MARKED)}}, P),
    ("a label", CLEAN, {FIRST: {"app/a.py": ("", "api_key = 'changeme1234'\n")}}, P),
    ("in a lock file", CLEAN, {FIRST: {"go.sum": ("", MARKED)}}, P),
]


@pytest.mark.parametrize(("_", "files", "commits", "outcome"), PAST)
def test_a_secret_that_any_commit_pushed_is_found(
    _: str,
    files: dict[str, tuple[str, str]],
    commits: dict[str, dict[str, tuple[str, str]]],
    outcome: Outcome,
) -> None:
    verdict = RULE.prove(change(files, commits=commits), Options())

    assert verdict.outcome is outcome


def test_the_commit_is_named_and_a_secret_of_the_head_is_not_told_twice() -> None:
    added = {"app/a.py": ("", MARKED)}
    left = RULE.prove(change(CLEAN, commits={FIRST: added, SECOND: CLEAN}), Options())
    there = RULE.prove(change(added, commits={FIRST: added, SECOND: CLEAN}), Options())

    assert [one.note.split(" (")[0] for one in left.evidence] == [
        f"github-pat in app/a.py of commit {FIRST[:7]}"
    ]
    assert left.summary.endswith("revoke it")
    assert [one.kind.id for one in there.evidence] == ["secret-added"]
    assert GITHUB not in repr(left)


def test_a_commit_that_cannot_be_read_is_no_pass() -> None:
    facts = change(CLEAN, commits={FIRST: CLEAN})
    key = reading_key(COMMIT_SECRETS.id, Side.PAST, SECOND)
    one = replace(facts, readings={**facts.readings, key: Unknown("commit 2222222 is not here")})
    every = reading_key(COMMIT_SECRETS.id, Side.PAST, EVERY)
    none = replace(facts, readings={**facts.readings, every: Unknown("no commits are shown")})

    assert [RULE.prove(of, Options()).outcome for of in (facts, one, none)] == [P, U, U]


def test_not_all_lines_are_asked_for_each_secret() -> None:
    text = "".join(f"password_{at} = 'kd{at * 7919 + 83920461}s'\n" for at in range(50))
    facts = walked(change({"app/a.py": ("", text)}))

    assert len(RULE.prove(facts, Options()).advice) > 10 > Walked.times
