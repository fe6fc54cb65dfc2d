"""Whatever a migration file holds, it ends in a reading or in a reason."""

from __future__ import annotations

import random

import pytest

from bot.model.known import Unknown
from bot.readers.migrations import read
from bot.readers.models import read as read_models
from bot.sandbox.frame import Job

NOISE = random.Random(7).randbytes(50_000)
TEXTS = [
    b"",
    NOISE,
    b"\xff\xfe" + "revision = 'x'".encode("utf-16-le"),
    b"x=" + b"(" * 3_000 + b")" * 3_000,
    b"x=" + b"-" * 20_000 + b"1",
    b"class A < ActiveRecord::Migration[7.0]\n" + b"  def up\n" * 3_000,
    b"class A < ActiveRecord::Migration[7.0]\n def change\n <<~A\n <<~B\n end\nend\n",
    b"class Migration(migrations.Migration):\n operations = operations",
    b"(" * 50_000 + b";",
    b"/*" * 50_000,
    b"'" * 100_001,
    b"$a$" * 30_001,
    b"-- +goose Up\n" * 2_000,
    b"revision = 'a'\ndef upgrade(): upgrade()\ndef downgrade(): downgrade()\n",
    b"revision = 'a'\ndef upgrade(): op.execute(f'{f}' % x + y)\ndef downgrade(): pass\n",
]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
@pytest.mark.parametrize("path", ["m/1_a.py", "m/20260101_a.rb", "m/1_a.sql", "V1__a.sql"])
def test_no_text_stops_the_reader(path: str, text: bytes) -> None:
    found = read(Job(reading="migration", path=path, head=text))

    assert isinstance(found, Unknown) or found.tool


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
@pytest.mark.parametrize("path", ["models.py", "schema.prisma", "A.java"])
def test_no_text_stops_the_reader_of_columns(path: str, text: bytes) -> None:
    found = read_models(Job(reading="models", path=path, head=text))

    assert isinstance(found, Unknown) or found.columns is not None
