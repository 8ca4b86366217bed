"""The oracle against the worked examples that come with the contract."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from .oracle import judge, row
from .reading import murmur2

EXAMPLES = Path(__file__).resolve().parents[3] / "shared" / "examples"


@pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the worked examples are not on this machine")
@pytest.mark.parametrize("name", ["a", "b"])
def test_the_oracle_gives_exactly_the_records_of_the_worked_example(name: str) -> None:
    lines = (EXAMPLES / f"{name}.ndjson").read_bytes().split(b"\n")
    configuration = yaml.safe_load((EXAMPLES / f"{name}.config.yaml").read_text("utf-8"))
    expected = (EXAMPLES / f"{name}.expected.ndjson").read_text("utf-8").splitlines()
    assert [row(each) for each in judge(lines, configuration)] == [json.loads(e) for e in expected]


@pytest.mark.parametrize(
    ("key", "signed"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_murmur2_gives_the_values_of_kafkas_own_test(key: bytes, signed: int) -> None:
    assert murmur2(key) == signed % 2**32
