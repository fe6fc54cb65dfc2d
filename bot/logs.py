"""What the process says: one line per event on standard output, with every secret blacked out.

Nothing is written before `configure`, so that commands which print for people stay clean.
"""

from __future__ import annotations

import base64
import logging
import re
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from structlog.typing import EventDict, WrappedLogger

MASK = "[secret]"
# What is shorter would black out ordinary words; such a secret is warned about by the settings.
_SHORTEST = 6
# Tokens live an hour; this is several hours of a busy App.
_REMEMBERED = 5000
# Lines of a key are 64 characters; shorter ones hold too little to give it away.
_KEY_LINE = 40
_OFF = logging.CRITICAL + 1
_SAME_AGAIN = 10.0

_PATTERNS = re.compile(
    r"-----BEGIN [A-Z ]*-----(?s:.)*?(?:-----END [A-Z ]*-----|\Z)"
    r"|(?<![A-Za-z0-9])gh[a-z]_[A-Za-z0-9._-]{8,}"
    r"|github_pat_[A-Za-z0-9_]+"
    r"|xox[a-z]-[A-Za-z0-9-]+"
    r"|eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+"
    r"|(?<=://)[^/\s:@]{0,200}:[^/\s@]{1,500}(?=@)"
)


class Redactor:
    """Blacks out what was registered, in plain, URL and base64 form, and what looks like a key."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._kept = frozenset(form for one in secrets for form in _forms(one))
        self._minted: dict[str, None] = {}
        self._by_length = sorted(self._kept, key=len)

    def add(self, token: str) -> None:
        """Never show this token; thousands of newer ones push out the oldest."""
        if token in self._minted:
            return
        self._minted.update(dict.fromkeys(_forms(token)))
        while len(self._minted) > _REMEMBERED:
            del self._minted[next(iter(self._minted))]
        self._by_length = sorted({*self._kept, *self._minted}, key=len)

    def scrub(self, text: str) -> str:
        """The text without secrets."""
        found = []
        for form in self._by_length:
            if len(form) > len(text):
                break
            if form in text:
                found.append(form)
        # The longest first: what is left of it would still tell.
        for form in reversed(found):
            text = text.replace(form, MASK)
        return _PATTERNS.sub(MASK, text)

    def clean(self, value: object) -> object:
        """The same JSON data without secrets; what is no JSON data becomes its scrubbed `repr`."""
        if isinstance(value, str):
            return self.scrub(value)
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, dict):
            return {self.scrub(str(key)): self.clean(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.clean(item) for item in value]
        return self.scrub(repr(value))


def _forms(secret: str) -> Iterator[str]:
    if len(secret) < _SHORTEST:
        return
    raw = secret.encode(errors="surrogatepass")
    yield secret
    yield quote(secret, safe="", errors="replace")
    for lead in range(3):
        # A secret behind a user name or in a larger blob starts at any of three offsets, and
        # shares its first and last character with its neighbours.
        text = base64.b64encode(bytes(lead) + raw).decode().rstrip("=")
        form = text[(0, 2, 3)[lead] : None if (lead + len(raw)) % 3 == 0 else -1]
        yield form
        yield form.replace("+", "-").replace("/", "_")
    yield from (line for line in secret.splitlines() if len(line) >= _KEY_LINE)


class Log:
    """Says events with fields; below the configured level a call costs next to nothing."""

    __slots__ = ("_fields",)

    def __init__(self, **fields: object) -> None:
        self._fields = fields

    def bind(self, **fields: object) -> Log:
        """A log whose lines carry these fields too."""
        return Log(**{**self._fields, **fields})

    def debug(self, event: str, **fields: object) -> None:
        """For those who look for a fault."""
        if _output.level <= logging.DEBUG:
            _output.write("debug", event, {**self._fields, **fields})

    def info(self, event: str, **fields: object) -> None:
        """Something was done."""
        if _output.level <= logging.INFO:
            _output.write("info", event, {**self._fields, **fields})

    def warning(self, event: str, **fields: object) -> None:
        """Something went wrong that mends itself."""
        if _output.level <= logging.WARNING:
            _output.write("warning", event, {**self._fields, **fields})

    def error(self, event: str, **fields: object) -> None:
        """A person of operations must act; `exc_info=error` adds the traceback."""
        if _output.level <= logging.ERROR:
            _output.write("error", event, {**self._fields, **fields})


class _Output:
    """Where lines go: nowhere until configured."""

    def __init__(self) -> None:
        self.level = _OFF
        self.processors: tuple[Callable[[WrappedLogger, str, EventDict], Any], ...] = ()
        self.stream: TextIO | None = None

    def write(self, level: str, event: str, fields: dict[str, Any]) -> None:
        line: Any = {"ts": None, "level": level, "event": event, **fields}
        for process in self.processors:
            line = process(None, level, line)
        # A closed pipe must not take the bot down with it.
        with suppress(OSError, ValueError):
            if self.stream is not None:
                self.stream.write(f"{line}\n")
                self.stream.flush()


# A process has one standard output, and libraries log into it whenever they like.
_output = _Output()


def get_logger(**fields: object) -> Log:
    """A log; its lines carry `fields` and what `bound` has set."""
    return Log(**fields)


def bound(**fields: object) -> AbstractContextManager[None]:
    """Within it every line of this task carries the fields (`delivery`, `repo`, `pr`, ...)."""
    from structlog.contextvars import bound_contextvars  # noqa: PLC0415  see `configure`

    return bound_contextvars(**fields)


def configure(
    redactor: Redactor, *, form: str = "", level: str = "info", stream: TextIO | None = None
) -> None:
    """Say events of `level` and above, and warnings of libraries, on `stream` (standard output).

    `form`: `json`, `console`, or empty for console on a terminal and JSON elsewhere.
    """
    # Loading it takes longer than most commands run.
    import structlog  # noqa: PLC0415

    stream = stream or sys.stdout
    people = form == "console" or (not form and stream.isatty())
    render = (
        structlog.dev.ConsoleRenderer(
            colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
        if people
        else structlog.processors.JSONRenderer()
    )
    _output.processors = (
        structlog.contextvars.merge_contextvars,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="timestamp" if people else "ts"),
        structlog.processors.format_exc_info,
        lambda _logger, _level, line: redactor.clean(_without_empty(line)),
        render,
    )
    _output.stream = stream
    _output.level = logging.getLevelNamesMapping()[level.upper()]
    _take_over_libraries()


def silence() -> None:
    """Say nothing any more, as before `configure`."""
    _output.level, _output.stream, _output.processors = _OFF, None, ()
    logging.captureWarnings(capture=False)
    root = logging.getLogger()
    root.handlers = [one for one in root.handlers if not isinstance(one, _FromLibraries)]


def _without_empty(line: EventDict) -> EventDict:
    return {key: value for key, value in line.items() if value is not None}


class _FromLibraries(logging.Handler):
    """Lines of the standard library's loggers, in our form; one that is said again and again is
    said once in `_SAME_AGAIN` seconds."""

    def __init__(self) -> None:
        super().__init__(level=logging.WARNING)
        self._last: tuple[object, float] = (None, 0.0)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            said = record.getMessage()
        except (TypeError, ValueError):
            said = str(record.msg)
        error = record.exc_info[1] if record.exc_info else None
        this, (before, at) = (said, type(error)), self._last
        if this == before and record.created - at < _SAME_AGAIN:
            return
        self._last = (this, record.created)
        if type(error).__module__ == "aiohttp.http_exceptions":
            # Anybody who reaches the port can send what is no HTTP: nothing for people to mend.
            get_logger().info("request_malformed", said=said, why=type(error).__name__)
            return
        level = "error" if record.levelno >= logging.ERROR else "warning"
        fields = {"logger": record.name, "said": said, "exc_info": record.exc_info}
        _output.write(level, "library_said", fields)


def _take_over_libraries() -> None:
    root = logging.getLogger()
    root.handlers = [*(one for one in root.handlers if not isinstance(one, _FromLibraries))]
    root.addHandler(_FromLibraries())
    logging.captureWarnings(capture=True)
