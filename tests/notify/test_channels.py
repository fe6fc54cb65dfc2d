"""The channels file: what is taken, and every mistake at once without a word of what is secret."""

from __future__ import annotations

import pytest

from bot.notify.channels import Channels, Target, parse
from bot.settings import Secret

WHOLE = """
targets:
  ops: {slack: {token: xoxb-1, channel: C1}}
  room: {slack-webhook: {url: "https://hooks.slack.example/services/T/B/x"}}
  team: {teams: {url: "https://prod.example:443/workflows?sig=s"}}
  qa: {mail: {to: [qa@acme.example]}}
  hook: {webhook: {url: "https://in.acme.example/x", secret: new, old-secret: old}}
smtp: {host: mail.acme.example, from: handoff@acme.example, user: u, password: 123456}
people:
  Ana: {slack: U012ABC, mail: ana@acme.example}
  ben: {slack: U012DEF}
"""


def complaints(text: str) -> list[str]:
    found = parse(Secret(text))
    assert isinstance(found, tuple)
    return [f"{one.where.key}: {one.what}" for one in found]


def test_a_whole_file_is_taken() -> None:
    found = parse(Secret(WHOLE))

    assert isinstance(found, Channels)
    assert [(alias, one.channel) for alias, one in found.targets.items()] == [
        *(("ops", "slack"), ("room", "slack-webhook"), ("team", "teams")),
        *(("qa", "mail"), ("hook", "webhook")),
    ]
    ops = {"alias": "ops", "channel": "slack", "url": "https://slack.com/api", "room": "C1"}
    assert found.targets["ops"] == Target(**ops, to=(), keys=(Secret("xoxb-1"),))
    assert found.targets["hook"].keys == (Secret("new"), Secret("old"))
    assert found.targets["qa"].to == ("qa@acme.example",)
    assert found.smtp is not None
    assert (found.smtp.port, found.smtp.password) == (587, Secret("123456"))
    assert not found.smtp.insecure
    assert found.slack == {"ana": "U012ABC", "ben": "U012DEF"}
    assert found.mail == {"ana": "ana@acme.example"}
    assert found.secrets == (
        *("xoxb-1", "new", "old"),
        *("https://hooks.slack.example/services/T/B/x", "services/T/B/x"),
        *("https://prod.example:443/workflows?sig=s", "workflows?sig=s"),
        "123456",
    )
    assert "123456" not in repr(found.smtp)


@pytest.mark.parametrize(
    ("more", "direct"),
    [
        ("", {}),
        ("  dm: {slack: {token: xoxb-2}}\n  dm2: {slack: {token: x}}\n",
         {"ana": "dm", "ben": "dm"}),
        ("  post: {mail: {}}\n", {"ana": "post"}),
        ("  post: {mail: {}}\n  dm: {slack: {token: xoxb-2}}\n", {"ana": "dm", "ben": "dm"}),
    ],
)  # fmt: skip
def test_people_are_written_to_alone_under_a_target_without_an_addressee(
    more: str, direct: dict[str, str]
) -> None:
    found = parse(Secret(WHOLE.replace("smtp:", f"{more}smtp:")))

    assert isinstance(found, Channels)
    assert found.direct == direct


def test_nothing_need_be_configured() -> None:
    texts = ("{}", '{"targets": {}, "people": {}}', "targets: {}")
    assert [parse(one) for one in (None, *map(Secret, texts))] == [Channels()] * 4


def test_all_mistakes_are_named_at_once_with_their_places() -> None:
    text = """
targets:
  ops: {slack: {token: xoxb-1, chanel: C1}}
  two: {teams: {url: "https://a.example"}, mail: {}}
  qa: {mail: {to: [qa@acme.example, 3]}}
  hook: {webhook: {url: "http://in.example"}}
smtp: {host: "a b", port: 99999, user: u, tls: never}
people: {ana: {slack: bob, mail: "x@y\\nBcc: z"}}
more: 1
"""

    assert complaints(text) == [
        "HANDOFF_CHANNELS: must be a mapping with only targets, smtp, people (line 2)",
        "HANDOFF_CHANNELS: targets.ops.slack: must be a mapping with only token, channel, url"
        " (line 3)",
        "HANDOFF_CHANNELS: targets.two: must have one of slack, slack-webhook, teams, mail,"
        " webhook (line 4)",
        "HANDOFF_CHANNELS: targets.qa.mail.to: must be a list of addresses such as"
        " qa@acme.example (line 5)",
        "HANDOFF_CHANNELS: targets.hook.webhook: lacks secret (line 6)",
        "HANDOFF_CHANNELS: targets.hook.webhook.url: must be https://NAME/PATH, without a user"
        " and with no number for a name (line 6)",
        "HANDOFF_CHANNELS: people.ana.slack: must be a member id such as U012ABC, "
        "of a team a group id such as S012ABC (line 8)",
        "HANDOFF_CHANNELS: people.ana.mail: must be an address such as ana@acme.example (line 8)",
        "HANDOFF_CHANNELS: smtp: lacks from (line 7)",
        "HANDOFF_CHANNELS: smtp.host: must be the name of a host (line 7)",
        "HANDOFF_CHANNELS: smtp.port: must be the number of a port (line 7)",
        "HANDOFF_CHANNELS: smtp.tls: must be required or offered (line 7)",
        "HANDOFF_CHANNELS: smtp: must have both user and password, or none (line 7)",
    ]


@pytest.mark.parametrize(
    "url",
    [
        *("http://a.example", "a.example", "https://", "https://u:p@a.example", "ftp://a.example"),
        *("https://127.0.0.1", "https://[::1]/x", "https://2130706433", "https://0x7f.1"),
        *("https://a.0x7f000001", "https://a.example:99999", "https://a.example/a b"),
        "https://a.example/\u202e",
    ],
)
def test_only_a_name_by_https_is_an_address(url: str) -> None:
    (said,) = complaints(f'{{"targets": {{"a": {{"teams": {{"url": "{url}"}}}}}}}}')

    assert "must be https://NAME/PATH" in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- 1", "must be a mapping with only targets, smtp, people (line 1)"),
        ("targets: [1]", "targets: must be a mapping of names (line 1)"),
        ("targets: {a: {mail: {}}}", "smtp: is missing: mail needs a server"),
        ("targets: {a: {teams: {url: }}}", "targets.a.teams.url: must be https://NAME/PATH"),
        ("targets: {a: {slack: {token: [x]}}}", "targets.a.slack.token: must be a text (line 1)"),
    ],
)
def test_every_mistake_has_its_sentence(text: str, says: str) -> None:
    assert complaints(text)[0].startswith(f"HANDOFF_CHANNELS: {says}")


@pytest.mark.parametrize(
    "text",
    [
        "password: hunter2: x",
        "password: @hunter2",
        "a: *hunter2",
        "a: 1\na: hunter2",
        "hunter2: 1",
        "targets: {a: {slack: {token: x, hunter2: 1}}}",
        "targets: {a: {teams: {url: hunter2}}}",
    ],
)
def test_no_mistake_shows_what_stands_in_the_file(text: str) -> None:
    found = parse(Secret(text))

    assert isinstance(found, tuple)
    assert found
    assert "hunter2" not in repr(found)
