"""Every change of an operation, its parameters, bodies, answers and credentials."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.model.contract import Change, Direction, Impact
from tests.readers.openapi.build import PLAIN, api, changes, operation, said

JSON = "{content: {application/json: {schema: {type: string}}}}"
MUST = "{required: true, content: {application/json: {schema: {type: string}}}}"
Q = "{in: query, name: q, schema: {type: string}%s}"


def query(more: str = "", place: str = "query") -> bytes:
    return operation(f"parameters: [{{in: {place}, name: q, schema: {{type: string}}{more}}}]")


def body(words: str) -> bytes:
    return operation(f"requestBody: {words}")


def answers(words: str) -> bytes:
    return api(f"{{/a: {{get: {{responses: {words}}}}}}}")


def header(words: str) -> bytes:
    return answers(f"{{200: {{headers: {{X-A: {{schema: {{type: string}}{words}}}}}}}}}")


def media(*names: str) -> str:
    return "{" + ", ".join(f"{name}: {{schema: {{type: string}}}}" for name in names) + "}"


def deprecated(sunset: str) -> bytes:
    return operation(f"deprecated: true, x-sunset: '{sunset}'")


SCHEMES = """components: {{securitySchemes: {{
 k: {{type: apiKey, in: {place}, name: key}}, b: {{type: http, scheme: {scheme}}},
 o: {{type: oauth2, flows: {{{flow}: {{tokenUrl: '{url}', scopes: {{r: r{more}}}}}}}}}}}}}"""


def schemes(**words: str) -> str:
    known = {
        "place": "header",
        "scheme": "bearer",
        "url": "https://t",
        "flow": "password",
        "more": ", w: w",
    }
    return SCHEMES.format(**{**known, **words})


def guarded(security: str, **words: str) -> bytes:
    return operation(f"security: {security}", schemes(**words))


def parameter_in_json(kind: str) -> bytes:
    content = f"{{application/json: {{schema: {{type: {kind}}}}}}}"
    return operation(f"parameters: [{{in: query, name: q, content: {content}}}]")


ROWS: list[tuple[str, bytes, bytes]] = [
    ("operation-deprecated H", operation(""), operation("deprecated: true")),
    ("operation-id-changed R", operation("operationId: a"), operation("operationId: b")),
    ("sunset-brought-forward R", deprecated("2030-01-01"), deprecated("2029-01-01")),
    ("sunset-removed H", deprecated("2030-01-01"), operation("deprecated: true")),
    ("optional-parameter-added H", operation(""), query()),
    ("required-parameter-added B", operation(""), query(", required: true")),
    ("parameter-became-required B", query(), query(", required: true")),
    ("parameter-became-optional H", query(", required: true"), query()),
    ("parameter-removed R", query(), operation("")),
    ("parameter-moved B", query(), query(place="header")),
    ("parameter-deprecated H", query(), query(", deprecated: true")),
    ("parameter-style-changed B", query(), query(", style: pipeDelimited")),
    ("parameter-explode-changed B", query(), query(", explode: false")),
    ("empty-value-disallowed B", query(", allowEmptyValue: true"), query()),
    ("reserved-characters-disallowed B", query(", allowReserved: true"), query()),
    ("optional-body-added H", operation(""), body(JSON)),
    ("required-body-added B", operation(""), body(MUST)),
    ("body-became-required B", body(JSON), body(MUST)),
    ("body-became-optional H", body(MUST), body(JSON)),
    ("body-removed R", body(JSON), operation("")),
    (
        "request-media-type-removed B",
        body(f"{{content: {media('a/a', 'b/b')}}}"),
        body(f"{{content: {media('a/a')}}}"),
    ),
    (
        "media-type-added H",
        body(f"{{content: {media('a/a')}}}"),
        body(f"{{content: {media('a/a', 'b/b')}}}"),
    ),
    (
        "media-type-generalized H",
        body(f"{{content: {media('a/a')}}}"),
        body("{content: {a/*: {schema: {type: string}}}}"),
    ),
    (
        "media-type-specialized B",
        body("{content: {'*/*': {schema: {type: string}}}}"),
        body(f"{{content: {media('a/a')}}}"),
    ),
    ("schema-introduced B", body("{content: {a/a: {}}}"), body(f"{{content: {media('a/a')}}}")),
    ("schema-dropped H", body(f"{{content: {media('a/a')}}}"), body("{content: {a/a: {}}}")),
    (
        "encoding-changed R",
        body("{content: {a/a: {schema: {}, encoding: {p: {contentType: b}}}}}"),
        body("{content: {a/a: {schema: {}, encoding: {p: {contentType: c}}}}}"),
    ),
    ("success-status-removed B", answers("{200: {}, 204: {}}"), answers("{200: {}}")),
    ("success-status-removed B", answers("{default: {}}"), answers("{400: {}}")),
    ("success-status-added R", answers("{200: {}}"), answers("{200: {}, 202: {}}")),
    ("error-status-removed R", answers("{200: {}, 404: {}}"), answers("{200: {}}")),
    ("error-status-added H", answers("{200: {}}"), answers("{200: {}, 5XX: {}}")),
    (
        "response-media-type-removed B",
        answers(f"{{200: {{content: {media('a/a', 'b/b')}}}}}"),
        answers(f"{{200: {{content: {media('a/a')}}}}}"),
    ),
    (
        "response-media-type-removed B",
        answers(f"{{200: {{content: {media('a/a')}}}}}"),
        answers("{200: {description: none}}"),
    ),
    (
        "media-type-added H",
        answers(f"{{200: {{content: {media('a/a')}}}}}"),
        answers(f"{{200: {{content: {media('a/a', 'b/b')}}}}}"),
    ),
    (
        "media-type-generalized B",
        answers(f"{{200: {{content: {media('a/a')}}}}}"),
        answers("{200: {content: {'*/*': {schema: {type: string}}}}}"),
    ),
    (
        "schema-dropped R",
        answers(f"{{200: {{content: {media('a/a')}}}}}"),
        answers("{200: {content: {a/a: {}}}}"),
    ),
    ("optional-header-removed R", header(""), answers("{200: {}}")),
    ("required-header-removed B", header(", required: true"), answers("{200: {}}")),
    ("header-added H", answers("{200: {}}"), header("")),
    ("header-became-optional B", header(", required: true"), header("")),
    ("header-became-required H", header(""), header(", required: true")),
    ("parameter-explode-changed B", header(""), header(", explode: true")),
    ("server-changed R", operation("servers: [{url: 'https://a'}]"), operation("")),
    (
        "server-changed R",
        api("{}", "servers: [{url: 'https://a'}]"),
        api("{}", "servers: [{url: 'https://b'}]"),
    ),
]
DEFAULTED = "in: query, name: q, schema: {type: string, default: %s}"


@pytest.mark.parametrize(("expected", "base", "head"), ROWS, ids=[row[0] for row in ROWS])
def test_a_change_of_an_operation_is_found(expected: str, base: bytes, head: bytes) -> None:
    assert said(base, head) == {expected}


@pytest.mark.parametrize(("expected", "base", "head"), ROWS, ids=[row[0] for row in ROWS])
def test_an_operation_that_stays_says_nothing(expected: str, base: bytes, head: bytes) -> None:
    assert said(base, base) == said(head, head) == set(), expected


MORE: list[tuple[set[str], bytes, bytes]] = [
    ({"scheme-changed B"}, guarded("[{o: []}]"), guarded("[{o: []}]", flow="implicit")),
    (set(), guarded("[{}]"), guarded("[{}, {k: []}]")),
    ({"type-narrowed B"}, parameter_in_json("number"), parameter_in_json("integer")),
    (set(), body("{content: {a/a;v=1: {}}}"), body("{content: {a/a;v=2: {}}}")),
    (
        set(),
        api("{}", "servers: [{url: 'https://a'}]"),
        api("{}", "servers: [{url: 'https://{h}', variables: {h: {default: a}}}]"),
    ),
]


@pytest.mark.parametrize(("expected", "base", "head"), MORE)
def test_a_change_says_this_and_no_more(expected: set[str], base: bytes, head: bytes) -> None:
    assert said(base, head) == expected


EQUAL: list[tuple[str, bytes, bytes]] = [
    ("explode of a form is true anyway", query(), query(", explode: true")),
    ("style of a query is form anyway", query(), query(", style: form")),
    (
        "a header has no case",
        header(""),
        answers("{200: {headers: {x-a: {schema: {type: string}}}}}"),
    ),
    (
        "a charset is no media type",
        body(f"{{content: {media('a/a')}}}"),
        body("{content: {'A/A; charset=utf-8': {schema: {type: string}}}}"),
    ),
    (
        "headers that say the media type are ignored",
        operation(""),
        operation("parameters: [{in: header, name: Accept, schema: {}}]"),
    ),
    ("a range covers its statuses", answers("{2XX: {}}"), answers("{2xx: {}}")),
    (
        "a status is covered by its range",
        answers("{200: {}, 404: {}}"),
        answers("{200: {}, 4XX: {}}"),
    ),
    ("a server is / where none is named", api("{}"), api("{}", "servers: [{url: /}]")),
    (
        "a parameter may be shared by the path",
        query(),
        api(f"{{'/a/{{id}}': {{parameters: [{Q % ''}], post: {{responses: {PLAIN}}}}}}}"),
    ),
    (
        "the path of the server may move into the paths",
        api(f"{{/a: {{get: {{responses: {PLAIN}}}}}}}", "servers: [{url: 'https://x/v1'}]"),
        api(f"{{/v1/a: {{get: {{responses: {PLAIN}}}}}}}", "servers: [{url: 'https://x'}]"),
    ),
    (
        "a parameter may be a reference",
        query(),
        operation(
            "parameters: [{$ref: '#/components/parameters/P'}]",
            f"components: {{parameters: {{P: {Q % ''}}}}}",
        ),
    ),
]


@pytest.mark.parametrize(("why", "base", "head"), EQUAL, ids=[row[0] for row in EQUAL])
def test_two_spellings_of_an_operation_are_equal(why: str, base: bytes, head: bytes) -> None:
    assert said(base, head) == said(head, base) == set(), why


def test_a_status_is_covered_by_default() -> None:
    assert said(answers("{200: {}, 404: {}}"), answers("{200: {}, default: {}}")) == set()


def test_a_default_of_a_parameter_is_not_told_twice() -> None:
    base, head = (operation(f"parameters: [{{{DEFAULTED % word}}}]") for word in "ab")

    assert said(base, head) == {"parameter-default-changed R"}


def test_a_default_of_a_parameter_may_stand_in_a_component() -> None:
    base, head = (
        operation(
            "parameters: [{in: query, name: q, schema: {$ref: '#/components/schemas/S'}}]",
            f"components: {{schemas: {{S: {{type: string, default: {word}}}}}}}",
        )
        for word in "ab"
    )

    assert said(base, head) == {"parameter-default-changed R"}


def test_a_parameter_with_a_default_may_become_required() -> None:
    base = operation(f"parameters: [{{{DEFAULTED % 'a'}}}]")
    head = operation(f"parameters: [{{required: true, {DEFAULTED % 'a'}}}]")

    assert said(base, head) == {"parameter-became-required-with-default R"}


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        ("{type: integer}", "{type: string}", "type-widened H"),
        ("{type: string}", "{type: integer}", "type-narrowed B"),
        ("{type: string}", "{type: array, items: {type: string}}", "type-widened H"),
    ],
)
def test_text_of_a_query_is_any_scalar(base: str, head: str, expected: str) -> None:
    one, other = (
        operation(f"parameters: [{{in: query, name: q, schema: {schema}}}]")
        for schema in (base, head)
    )

    assert expected in said(one, other)


def test_a_parameter_in_json_is_written_differently() -> None:
    head = operation("parameters: [{in: query, name: q, content: {a/json: {schema: {}}}}]")

    assert said(query(), head) == {"parameter-style-changed B"}


GET = f"{{get: {{responses: {PLAIN}}}}}"
OVER = f"{{get: {{deprecated: true, x-sunset: '2026-02-28', responses: {PLAIN}}}}}"
LATER = f"{{get: {{deprecated: true, x-sunset: '2026-03-02', responses: {PLAIN}}}}}"
PATHS = [
    ("path-removed B", f"{{/a: {GET}, /b: {GET}}}", f"{{/a: {GET}}}"),
    ("operation-added H", f"{{/a: {GET}}}", f"{{/a: {GET}, /b: {GET}}}"),
    ("operation-removed B", f"{{/a: {GET[:-1]}, put: {{responses: {PLAIN}}}}}}}", f"{{/a: {GET}}}"),
    ("operation-removed-after-sunset H", f"{{/a: {OVER}}}", "{}"),
    ("operation-removed B", f"{{/a: {LATER}}}", "{}"),
    ("path-parameter-renamed H", f"{{'/a/{{x}}': {GET}}}", f"{{'/a/{{y}}': {GET}}}"),
    ("path-parameter-renamed H", f"{{'/a/{{x}}': {GET}}}", f"{{'/a/:y': {GET}}}"),
]


@pytest.mark.parametrize(("expected", "base", "head"), PATHS)
def test_paths_are_matched_by_their_template(expected: str, base: str, head: str) -> None:
    assert said(api(base), api(head)) == {expected}


def test_a_renamed_path_parameter_is_still_compared() -> None:
    def of(name: str, kind: str) -> bytes:
        parameter = f"{{in: path, name: {name}, required: true, schema: {{type: {kind}}}}}"
        return api(
            f"{{'/a/{{{name}}}': {{parameters: [{parameter}], get: {{responses: {PLAIN}}}}}}}"
        )

    assert said(of("x", "string"), of("y", "integer")) == {
        "path-parameter-renamed H",
        "type-narrowed B",
    }


SECURITY = [
    ("security-added R", guarded("[]"), guarded("[{k: []}]")),
    ("security-removed H", guarded("[{k: []}]"), guarded("[{}]")),
    ("security-removed H", guarded("[{k: []}]"), guarded("[{k: []}, {}]")),
    ("security-alternative-removed B", guarded("[{k: []}, {b: []}]"), guarded("[{k: []}]")),
    ("security-alternative-removed B", guarded("[{k: []}]"), guarded("[{k: [], b: []}]")),
    ("security-alternative-added H", guarded("[{k: []}]"), guarded("[{k: []}, {b: []}]")),
    ("scope-added B", guarded("[{o: [r]}]"), guarded("[{o: [r, w]}]")),
    ("scope-removed H", guarded("[{o: [r, w]}]"), guarded("[{o: [r]}]")),
    ("scheme-changed B", guarded("[{k: []}]"), guarded("[{k: []}]", place="query")),
    ("scheme-changed B", guarded("[{b: []}]"), guarded("[{b: []}]", scheme="basic")),
    ("scheme-changed B", guarded("[{o: []}]"), guarded("[{o: []}]", url="https://u")),
    ("scheme-scope-removed R", guarded("[{o: [r]}]"), guarded("[{o: [r]}]", more="")),
]


@pytest.mark.parametrize(("expected", "base", "head"), SECURITY, ids=[one[0] for one in SECURITY])
def test_a_change_of_credentials_is_found(expected: str, base: bytes, head: bytes) -> None:
    assert said(base, head) == {expected}


@pytest.mark.parametrize(
    ("base", "head"),
    [
        (guarded("[{k: []}]"), guarded("[{k: []}]", scheme="basic")),
        (guarded("[{b: []}]"), guarded("[{b: []}]", scheme="Bearer")),
        (guarded("[{k: []}, {b: []}]"), guarded("[{b: []}, {k: []}]")),
        (guarded("[{k: []}]"), operation("", f"{schemes()}\nsecurity: [{{k: []}}]")),
    ],
    ids=["another scheme", "case of a scheme", "order", "the document says it"],
)
def test_credentials_that_stay_say_nothing(base: bytes, head: bytes) -> None:
    assert said(base, head) == set()


def test_a_scheme_may_be_called_otherwise() -> None:
    base = guarded("[{k: []}]")
    head = base.replace(b" k:", b" kk:").replace(b"[{k:", b"[{kk:")

    assert said(base, head) == set()


def hook(schema: str, name: str = "paid") -> bytes:
    body = f"{{content: {{application/json: {{schema: {schema}}}}}}}"
    return api("{}", f"webhooks: {{{name}: {{post: {{requestBody: {body}, responses: {PLAIN}}}}}}}")


def call(schema: str, name: str = "paid") -> bytes:
    body = f"{{content: {{application/json: {{schema: {schema}}}}}}}"
    item = f"{{post: {{requestBody: {body}, responses: {PLAIN}}}}}"
    return operation(f"callbacks: {{{name}: {{'{{$url}}': {item}}}}}")


@pytest.mark.parametrize("made", [hook, call])
def test_the_server_sends_what_a_client_is_called_with(made: Callable[[str], bytes]) -> None:
    wide, tight = made("{type: string}"), made("{type: string, enum: [a]}")

    assert said(wide, tight) == {"enum-introduced H"}
    assert said(tight, wide) == {"enum-dropped R"}


def test_calls_come_and_go() -> None:
    plain = operation("")

    assert said(hook("{}"), api("{}")) == {"webhook-removed B"}
    assert said(api("{}"), hook("{}")) == {"webhook-added H"}
    assert said(call("{}"), plain) == {"callback-removed B"}
    assert said(plain, call("{}")) == {"callback-added H"}


def test_the_version_of_the_document_is_told() -> None:
    head = api("{}").replace(b"'1'", b"'2'")

    assert changes(api("{}"), head) == (
        Change(
            kind="document-version-changed",
            severity=Impact.HARMLESS,
            direction=Direction.NEITHER,
            component="",
            pointer="/info/version",
            note="1 → 2",
            line=2,
        ),
    )
