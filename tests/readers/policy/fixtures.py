"""Small broken policies, each with the one problem it has."""

from __future__ import annotations

from tests.readers.policy.given import START, item

TWO_ROLES = "roles:\n  a: { people: [ana], then: b }\n  b: { people: [bo], then: a }\n"
LONG = "".join(f"  r{n}: {{ people: [ana], then: r{n + 1} }}\n" for n in range(1, 6))
DEEP = "[" * 7 + "{ check: ci }" + "]" * 7

# What the schema must refuse too.
SHAPE = [
    ("E201", START + "moode: observe\n", '2:1 unknown key "moode"; did you mean "mode"?'),
    ("E201", START + "zzz: 1\n", '2:1 unknown key "zzz" (this is Handoff 1.4); one of version,'),
    ("E201", item("{ chekc: ci }"), '5:14 unknown key "chekc" in a proof; did you mean "check"?'),
    ("E201", START + "commands: { approve: {} }\n", '2:13 "approve" is not a command; one of'),
    ("E202", START + "quiet: { drafts: 1 }\n", "2:18 expected true or false, got the number 1"),
    ("E202", START + "quiet: []\n", "2:8 expected quiet as a mapping, got a list"),
    ("E202", START + "checks: handoff\n", '2:9 expected a list, got "handoff"'),
    ("E202", START + "areas: []\n", "2:8 expected a mapping, got a list"),
    ("E202", START + "roles: { qa: [li] }\n", "2:14 expected a role, got a list"),
    ("E202", item("ci"), '5:12 expected a proof, got "ci"'),
    ("E202", item("{ approvals: 11 }"), "5:25 expected a number from 1 to 10, got the number 11"),
    ("E202", item("{ check: true }"), "5:21 expected the name of a check, got the word true"),
    ("E203", START + "mode: off\n", '2:7 "off" is not a mode; one of observe, advise, enforce'),
    ("E203", START + "checks: [handof]\n", '2:10 "handof" is not a check; one of handoff, quality'),
    ("E204", "mode: observe\n", '1:1 "version" is missing; write version: 1'),
    ("E204", item("{ companion: { of: [tests] } }"), '5:25 "needs" is missing: These must change'),
    ("E204", item("{ contract: { file: a } }"), "5:24 contract needs at least one of allow,"),
    ("E204", item("{ all: [] }"), "5:19 the list is empty"),
    ("E204", item("{ labels: {} }"), "5:22 labels needs at least one of has, has-none"),
    ("E205", START + 'hours: { from: "9" }\n', '2:16 expected a time like "09:00", got "9"'),
    ("E205", item('{ check: "" }'), '5:21 expected the name of a check, got ""'),
    ("E205", START + "applies-from: tomorrow\n", "2:15 expected a date like 2026-12-01, got"),
    ("E205", START + "ci: { wait-at-most: soon }\n", "2:21 expected a duration like 4h, got"),
    ("E205", START + "areas: { Docs: [a] }\n", '2:10 "Docs" is not a name: lower-case letters,'),
    ("E205", START + "away: { li: monday }\n", "2:13 expected days like"),
    (
        "E205",
        START + 'away: { "@li": until 2026-12-02 }\n',
        '2:9 expected a login like ana, got "@li"',
    ),
    (
        "E205",
        START + 'roles: { qa: { people: ["dependabot[bot]", corp_li, li-, "acme/li"] } }\n',
        '2:58 expected a login like ana, got "acme/li"',
    ),
    ("E205", item('{ check: { name: ci, status-by: "bo b" } }'), "5:44 expected a login like ana,"),
    ("E206", START + 'areas: { docs: ["/docs/**"] }\n', "2:17 a glob starts at the repository's"),
    ("E206", START + 'areas: { docs: ["a/../b"] }\n', '2:17 ".." leaves the repository'),
    ("E206", START + 'areas: { docs: ["[ab].py"] }\n', '2:17 "[" has no meaning in a glob'),
    (
        "E206",
        item("{ added-lines: { in: [tests], pattern: '(?=x)' } }"),
        '5:51 not an re2 pattern: "(?=" looks ahead; use "except" for what must not count',
    ),
    ("E205", item("{ check: " + "x" * 501 + " }"), "5:21 the name of a check has at most 500"),
    ("E207", item("{}"), "5:12 a proof is empty"),
    (
        "E207",
        item("{ check: ci, attested-by: author }"),
        '5:12 a proof has exactly one key, found "check" and "attested-by"; for several, write a',
    ),
    (
        "E207",
        START + "roles: { qa: { team: acme/qa, people: [li] } }\n",
        '2:10 role "qa" needs exactly one of team, people, codeowners, permission, found team and',
    ),
    ("E208", "version: 2\n", "1:10 this bot reads version 1"),
]

# What only the loader can see: names, sense, patterns, limits.
SENSE = [
    (
        "E201",
        item("{ builtin: { rule: no-secrets-added, guards: [x] } }"),
        '5:49 unknown key "guards" in builtin no-secrets-added',
    ),
    ("E104", "version https://git-lfs.github.com/spec/v1\noid sha256:a\n", "1:1 an LFS pointer"),
    ("E105", item(DEEP), "a proof is nested deeper than 6"),
    ("E105", item("[" + "{ check: ci }, " * 200 + "{ check: ci }]"), "at most 200 entries"),
    (
        "E105",
        item("{ any: [" + ("[" + "{ check: ci }, " * 150 + "{ check: ci }], ") * 2 + "] }"),
        "more than 200 proofs in one policy",
    ),
    (
        "E202",
        item("{ ast-grep: { in: [tests], language: go, rule: f } }"),
        "expected a rule object as a mapping",
    ),
    ("E205", item('{ check: " " }'), '5:21 expected the name of a check, got ""'),
    ("E205", START + "away: { li: 2026-12-02 to 2026-12-01 }\n", "2:13 expected days like"),
    ("E205", START + "away: { li: until 2026-13-01 }\n", "2:13 expected days like"),
    (
        "E206",
        item(
            "{ ast-grep: { in: [tests], language: go, rule: { any: ["
            + ("{ pattern: '" + "x" * 450 + "' }, ") * 10
            + "] } } }"
        ),
        "5:59 the rule has more than 4096 characters",
    ),
    (
        "E206",
        item("{ added-lines: { in: [tests], pattern: '(a)\\1' } }"),
        '5:51 not an re2 pattern: "\\1" refers back; write the text out',
    ),
    ("E202", "- version: 1\n", "1:1 a policy is a mapping; it begins with version: 1"),
    ("E203", START + "commands: { waive: { reason: optional } }\n", '2:30 "waive" needs a reason;'),
    ("E204", item("{ check: ci }").replace("    title: Own\n", ""), '3:3 item "own" has no title'),
    ("E204", START + "checklist: { own: { title: Own } }\n", '2:14 item "own" has no proof'),
    ("E205", START + "ci: { wait-at-most: 2d }\n", '2:21 "2d" is not within 5m to 24h'),
    ("E205", START + "hours: { zone: Europe/Bielefeld }\n", '2:16 "Europe/Bielefeld" is no time'),
    ("E205", START + 'hours: { from: "18:00" }\n', "2:8 working hours end before they begin"),
    ("E205", START + "applies-from: 2026-02-30\n", "2:15 expected a date"),
    ("E206", item("{ added-lines: { in: [tests], pattern: '(' } }"), "5:51 not an re2 pattern: "),
    (
        "E206",
        item("{ ast-grep: { in: [tests], language: go, rule: { has: { stopBy: end } } } }"),
        '5:76 "end" is not a bound: to the end takes quadratic time; write "neighbor"',
    ),
    (
        "E201",
        item("{ ast-grep: { in: [tests], language: go, rule: { patterns: f } } }"),
        '5:61 unknown key "patterns" in a rule object; did you mean "pattern"?',
    ),
    (
        "E203",
        item("{ ast-grep: { in: [tests], language: gp, rule: { pattern: f } } }"),
        '5:49 "gp" is not a language',
    ),
    (
        "E204",
        item("{ ast-grep: { in: [tests], language: go, rule: { regex: f } } }"),
        "5:59 a rule object needs at least one of pattern, kind, all, any",
    ),
    ("E301", item("{ changed: [tets] }"), '5:24 unknown area "tets"; did you mean "tests"?'),
    ("E302", item("{ attested-by: ana }"), '5:27 unknown role "ana"'),
    ("E302", item("{ check: ci }\n    if-unsure: ask reviwer"), '6:16 unknown role "reviwer"; did'),
    ("E303", item("{ builtin: secret }"), '5:23 unknown rule "secret"; did you mean "secrets"?'),
    (
        "E303",
        item("{ builtin: { rule: secrets, kinds: { secret-aded: off } } }"),
        'unknown finding of no-secrets-added "secret-aded"; did you mean "secret-added"?',
    ),
    (
        "E303",
        item("{ builtin: { rule: endpoints-are-guarded, kinds: { endpoint-guarded: off } } }"),
        'unknown finding of endpoints-are-guarded "endpoint-guarded"',
    ),
    (
        "E303",
        item("{ builtin: { rule: secret, kinds: { secret-added: off } } }"),
        '5:31 unknown rule "secret"; did you mean "secrets"?',
    ),
    ("E303", item("{ builtin: required-checks-pass }"), '5:23 unknown rule "required-checks-pass"'),
    ("E303", item("{ check: ci }", rest="lists: { handoff: [owm] }\n"), '2:20 unknown item "owm"'),
    (
        "E303",
        item("{ check: ci }\n    when: { changed-by-others: [core] }"),
        '6:33 unknown component "core"',
    ),
    ("E304", START + "preset: backend-dve@1\n", '2:9 unknown preset "backend-dve@1"; did you mean'),
    (
        "E305",
        START + "extends: other/policies:a.yml\n",
        '2:10 "other/policies:a.yml" is not of the',
    ),
    (
        "E305",
        START + "extends: acme/policies:gone.yml\n",
        '2:10 "acme/policies:gone.yml" could not',
    ),
    ("E401", START + TWO_ROLES, '3:3 "then" of role "a" goes in a circle: a → b → a'),
    ("E401", START + "roles:\n" + LONG + "  r6: { people: [bo] }\n", "is longer than 4"),
    ("E402", START + "checks: [quality]\n", '2:9 "checks" must hold handoff, the required one'),
    (
        "E403",
        item("{ check: ci }", rest="lists: { handoff: [], quality: [] }\n"),
        '4:3 item "own" is in no list; add it to lists.handoff or lists.quality',
    ),
    ("E404", item("{ attested-by: qa }"), '5:27 nobody is in role "qa", and its word is needed'),
    ("E404", item("{ check: ci }\n    waive-by: [frontend]"), "6:15 nobody is in frontend; define"),
    ("E404", item("{ check: ci }\n    waive-by: qa"), "6:15 nobody is in qa; define it in roles"),
    ("E404", START + "commands: { decide: { by: [qa, frontend] } }\n", "2:27 nobody is in qa or"),
    ("E404", START + "policy-changes: { approved-by: qa }\n", '2:32 nobody is in role "qa"'),
    (
        "E404",
        START + "escalate: { data-model: { when: { labelled: x }, ask: operations } }\n",
        '2:55 nobody is in role "operations", and its word is needed',
    ),
    (
        "E404",
        item("{ attested-by: boss }", rest="roles: { boss: { people: [] } }\n"),
        '6:27 nobody is in role "boss"',
    ),
    ("E405", item("{ not: { check: ci } }"), '5:12 "not" cannot stand around check'),
    ("E405", item("{ not: { any: [{ approvals: 1 }] } }"), '5:12 "not" cannot stand around approv'),
    (
        "E407",
        START + "handoff: { qa: { to: qa, after: merged, answer: before-merge } }\n",
        '2:12 notice "qa" wants an answer before merge and is told after it',
    ),
    (
        "E407",
        START + "handoff: { qa: { to: qa, answer: before-merge } }\n",
        '2:12 notice "qa" wants an answer before merge and is told after it',
    ),
    ("E408", START + "stack: [fastapi]\n", '2:8 "stack" has no effect: frameworks are recogni'),
    (
        "E408",
        START + "commands: { ack: { lasts: 1d } }\n",
        '2:27 "commands.ack.lasts" has no effect: only of attest and n/a and waive; leave it out',
    ),
    (
        "E408",
        START + "commands: { decide: { persons: 2 } }\n",
        '2:32 "commands.decide.persons" has no effect: only of waive; leave it out',
    ),
]
