"""What Java and Kotlin share: the names of one platform's libraries."""

from __future__ import annotations

import re

from bot.readers.signals.words import Words, listed

WORDS = Words(
    sleeps=frozenset(
        {"Thread.sleep", "TimeUnit.SECONDS.sleep", "TimeUnit.MILLISECONDS.sleep", "delay"}
    ),
    randoms=frozenset(
        {"Math.random", "ThreadLocalRandom.current().nextInt", "Random.nextInt", "Random.nextLong"}
    ),
    clocks=listed(
        "Instant.now LocalDate.now LocalDateTime.now ZonedDateTime.now OffsetDateTime.now"
        " System.currentTimeMillis System.nanoTime UUID.randomUUID Clock.System.now"
    ),
    requests=frozenset({"URI.create", "URL.openConnection", "Jsoup.connect"}),
    environment=frozenset({"System.getenv", "getenv"}),
    skips=listed(
        "assumeTrue assumeFalse assumeThat Assumptions.assumeTrue Assumptions.assumeFalse"
        " Assume.assumeTrue Assume.assumeFalse"
    ),
    prints=listed(
        "System.out.println System.out.print System.out.printf System.err.println println print"
        " e.printStackTrace"
    ),
    doubles=frozenset({"wiremock", "mockwebserver", "mockserver", "hoverfly"}),
    frozen=frozenset({"MockedStatic"}),
)
TESTS = frozenset({"Test", "ParameterizedTest", "RepeatedTest", "TestFactory", "TestTemplate"})
SKIPS = frozenset({"Disabled", "Ignore", "DisabledOnOs", "DisabledIf", "EnabledIf"})
SUPPRESSES = frozenset({"SuppressWarnings", "Suppress", "SuppressFBWarnings"})
CONSTRAINTS = listed(
    "Valid Validated NotNull NotBlank NotEmpty Size Min Max DecimalMin DecimalMax Digits Pattern"
    " Email Positive PositiveOrZero Negative NegativeOrZero Past PastOrPresent Future"
    " FutureOrPresent AssertTrue AssertFalse Length Range URL"
)
ENVIRONMENT_VALUE = re.compile(r"\$\{([A-Z][A-Z0-9_]+)(:[^}]*)?\}")
# Types that catch nearly everything: only there is an answer that says nothing a swallowed error.
BROAD = frozenset({"Exception", "Throwable", "RuntimeException", "Error", "java.lang.Exception"})
