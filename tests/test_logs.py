"""One line per event, and no secret in any of them."""

from __future__ import annotations

import base64
import json
import logging
import warnings
from collections.abc import Iterator
from io import StringIO
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp.http_exceptions import BadStatusLine
from hypothesis import given
from hypothesis import strategies as st

from bot.logs import MASK, Redactor, bound, configure, get_logger, silence

SECRET = "hunter2/hunter+2&so on"
TOKEN = "ghs_" + "1a2B" * 9


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    silence()
    yield
    silence()


def lines(stream: StringIO) -> list[dict[str, Any]]:
    return [json.loads(one) for one in stream.getvalue().splitlines()]


def listening(form: str = "json", level: str = "info", *secrets: str) -> StringIO:
    stream = StringIO()
    configure(Redactor(secrets or (SECRET,)), form=form, level=level, stream=stream)
    return stream


def test_an_event_is_one_line_of_json() -> None:
    stream = listening()

    get_logger(build="b1").bind(repo="acme/shop").info("delivery_stored", ms=3, action=None)

    (line,) = lines(stream)
    assert list(line) == ["ts", "level", "event", "build", "repo", "ms"]
    assert line.pop("ts").endswith("Z")
    assert line == {
        "level": "info",
        "event": "delivery_stored",
        "build": "b1",
        "repo": "acme/shop",
        "ms": 3,
    }


def test_what_is_below_the_level_is_not_said() -> None:
    stream = listening("json", "warning")
    log = get_logger()

    log.debug("a_done")
    log.info("b_done")
    log.warning("c_failed")
    log.error("d_failed")

    assert [(one["level"], one["event"]) for one in lines(stream)] == [
        ("warning", "c_failed"),
        ("error", "d_failed"),
    ]


def test_debug_is_said_when_asked_for() -> None:
    stream = listening("json", "debug")

    get_logger().debug("a_done")

    assert [one["event"] for one in lines(stream)] == ["a_done"]


def test_nothing_is_said_before_it_is_configured(capsys: pytest.CaptureFixture[str]) -> None:
    get_logger().error("a_failed")

    assert capsys.readouterr() == ("", "")


def test_lines_go_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    configure(Redactor())

    get_logger().info("a_done")

    assert json.loads(capsys.readouterr().out)["event"] == "a_done"


def test_people_are_shown_a_console_line() -> None:
    stream = listening("console")

    get_logger().info("delivery_stored", repo="acme/shop")

    assert "[info     ] delivery_stored" in stream.getvalue()
    assert "repo=acme/shop" in stream.getvalue()


def test_a_run_binds_its_fields_to_every_line() -> None:
    stream = listening()

    with bound(pr="7#118"):
        get_logger().info("a_done")
    get_logger().info("b_done")

    assert [one.get("pr") for one in lines(stream)] == ["7#118", None]


def test_a_closed_pipe_takes_nobody_down() -> None:
    stream = listening()
    stream.close()

    get_logger().error("a_failed")

    assert stream.closed


def test_a_library_that_repeats_itself_is_heard_once() -> None:
    stream = listening()

    for said in ("no more files", "no more files", "no more files", "something else"):
        logging.getLogger("asyncio").error(said)

    assert [one["said"] for one in lines(stream)] == ["no more files", "something else"]


def test_what_is_no_http_is_no_fault_of_ours() -> None:
    stream = listening()
    server = logging.getLogger("aiohttp.server")

    server.error("Error handling request from 10.0.0.9", exc_info=BadStatusLine("\x00"))
    server.error("Error handling request from 10.0.0.9", exc_info=KeyError("ours"))

    stranger, fault = lines(stream)
    assert (stranger["level"], stranger["event"]) == ("info", "request_malformed")
    assert "Traceback" not in json.dumps(stranger)
    assert (fault["level"], fault["event"]) == ("error", "library_said")
    assert "KeyError" in fault["exception"]


# ── secrets ───────────────────────────────────────────────────────────────────────────────────


def in_basic_credentials(user: str) -> str:
    return base64.b64encode(f"{user}:{SECRET}".encode()).decode()


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        f"before {SECRET} after {SECRET}",
        quote(SECRET, safe=""),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
        in_basic_credentials("x"),
        in_basic_credentials("xy"),
        in_basic_credentials("xyz"),
    ],
)
def test_a_secret_is_blacked_out_in_every_form(text: str) -> None:
    stream = listening()

    get_logger(**{f"key {text}": 1}).info(
        f"said {text}", field=text, inside=[{text: (text, 1)}], value=text.encode()
    )

    said = stream.getvalue()
    assert MASK in said
    assert "hunter2" not in said
    assert base64.b64encode(SECRET.encode()).decode()[4:-4] not in said


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"token {TOKEN}.with-more_1", f"token {MASK}"),
        ("github_pat_11ABC_def", MASK),
        ("xoxb-12-abc", MASK),
        ("Bearer eyJhbGciOi.eyJpc3Mi.c2ln-_", f"Bearer {MASK}"),
        ("postgres://bot:pw@host/db", f"postgres://{MASK}@host/db"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----.", f"{MASK}."),
        ("cut: -----BEGIN PRIVATE KEY-----\nMIIE", f"cut: {MASK}"),
        ("-----BEGIN PRIVATE KEY-----\\nMIIE\\n-----END PRIVATE KEY-----", MASK),
        ("https://host:8080/path", "https://host:8080/path"),
        ("highs_and_lows ghx_short", "highs_and_lows ghx_short"),
    ],
)
def test_what_looks_like_a_secret_is_blacked_out(text: str, left: str) -> None:
    assert Redactor().scrub(text) == left


def test_a_minted_token_is_blacked_out_whatever_it_looks_like() -> None:
    redactor = Redactor()

    redactor.add("opaque.token.of.github")
    redactor.add("opaque.token.of.github")

    assert redactor.scrub("got opaque.token.of.github") == f"got {MASK}"


def test_thousands_of_tokens_never_push_out_the_settings() -> None:
    redactor = Redactor([SECRET])
    for nth in range(3000):
        redactor.add(f"token-number-{nth:06}")

    assert redactor.scrub(SECRET + "token-number-002999") == MASK * 2
    assert redactor.scrub("token-number-000000") == "token-number-000000"


def test_of_two_secrets_the_longer_goes_first() -> None:
    assert Redactor(["secret-one", "secret-one-and-more"]).scrub("secret-one-and-more") == MASK


def test_a_single_line_of_a_key_gives_nothing_away() -> None:
    line = "MIIE" * 16
    key = f"-----BEGIN RSA PRIVATE KEY-----\n{line}\nabc=\n-----END RSA PRIVATE KEY-----"

    assert Redactor([key]).scrub(f"bad line {line} in key abc=") == f"bad line {MASK} in key abc="


def test_very_short_secrets_black_out_nothing() -> None:
    assert Redactor(["a"]).scrub("a banana") == "a banana"


@given(st.text(min_size=6), st.text(), st.text())
def test_no_text_keeps_a_registered_secret(secret: str, before: str, after: str) -> None:
    scrubbed = Redactor([secret]).scrub(before + secret + after)

    assert secret not in scrubbed.replace(MASK, "") or secret in before + after or secret in MASK


def test_tracebacks_are_blacked_out() -> None:
    stream = listening()
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        get_logger().error("run_failed", exc_info=error)

    (line,) = lines(stream)
    assert line["exception"].endswith(f"ValueError: {MASK}")
    assert "hunter2" not in stream.getvalue()


def test_tracebacks_on_a_console_are_blacked_out() -> None:
    stream = listening("console")
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        get_logger().error("run_failed", exc_info=error)

    assert f"ValueError: {MASK}" in stream.getvalue()


# ── libraries ─────────────────────────────────────────────────────────────────────────────────


def test_libraries_are_heard_in_our_form() -> None:
    stream = listening()

    logging.getLogger("aiohttp.server").warning("broken by %s", SECRET)
    logging.getLogger("aiohttp.server").info("nothing of interest")
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("asyncio").exception("never retrieved")

    first, second = lines(stream)
    assert (first["level"], first["logger"], first["said"]) == (
        "warning",
        "aiohttp.server",
        f"broken by {MASK}",
    )
    assert (second["level"], second["said"]) == ("error", "never retrieved")
    assert second["exception"].endswith(f"ValueError: {MASK}")


def test_a_library_that_logs_wrongly_is_heard_all_the_same() -> None:
    stream = listening()

    record = logging.makeLogRecord(
        {"name": "odd", "levelno": 30, "msg": "%d of %d", "args": ("one",)}
    )
    logging.getLogger().handlers[-1].handle(record)

    assert [one["said"] for one in lines(stream)] == ["%d of %d"]


def test_warnings_become_lines() -> None:
    stream = listening()

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn(f"old {SECRET}", stacklevel=1)
        logging.captureWarnings(capture=False)

    (line,) = lines(stream)
    assert line["logger"] == "py.warnings"
    assert f"UserWarning: old {MASK}" in line["said"]


def test_configuring_twice_says_everything_once() -> None:
    listening()
    stream = listening()

    logging.getLogger("aiohttp.server").warning("broken")

    assert len(lines(stream)) == 1
