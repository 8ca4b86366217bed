from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.bench.plot import draw
from tests.bench.report import COLUMNS, Run, ratio, report, rounds_of, spread
from tests.bench.rounds import Half, Result

PULSE = "Pulse"
STREAMS = "Kafka Streams, in memory"
SPEED, COST = (figure for _, figure, _ in COLUMNS[:2])


def result(
    peer: str, number: int, seconds: float, cpu: float = 0.9, variant: str = "zipf"
) -> Result:
    half = Half(50_000, seconds / 4, cpu / 4) if peer == STREAMS else None
    return Result(peer, variant, number, 100_000, seconds, cpu, 64 << 20, "much", half, 0.25)


def run(results: list[Result], pinned: bool = True) -> Run:
    return Run(results, {"Kafka Streams": "4"}, 100_000, pinned, 1.5, "bench.svg")


def test_a_result_counts_per_second_and_per_event() -> None:
    one = result(PULSE, 1, seconds=2, cpu=0.5)
    assert (SPEED(one), COST(one), one.peak_mebibytes) == (50_000, 5, 64)


def test_the_spread_is_the_median_between_the_ends() -> None:
    assert spread([3, 9, 4]) == (4, 3, 9)


def test_the_ratio_is_that_of_the_medians_and_its_ends_those_of_equal_rounds() -> None:
    mine = [result(PULSE, number, seconds) for number, seconds in ((1, 1), (2, 2), (3, 4))]
    others = [result(STREAMS, number, seconds) for number, seconds in ((1, 4), (2, 2), (3, 8))]
    assert ratio(mine, others, SPEED) == (2, 1, 4)


def test_rounds_that_the_other_did_not_run_count_in_the_medians_only() -> None:
    mine = [result(PULSE, number, seconds) for number, seconds in ((1, 1), (2, 2), (3, 4))]
    assert ratio(mine, [result("Faust tutorial", 1, 8)], SPEED) == (4, 8, 8)


def test_rounds_are_parted_by_variant_and_peer_in_their_order() -> None:
    rounds = [result(PULSE, 1, 1), result(STREAMS, 1, 1), result(PULSE, 1, 1, variant="uniform")]
    parted = rounds_of(rounds, "zipf")
    assert {peer: len(mine) for peer, mine in parted.items()} == {PULSE: 1, STREAMS: 1}


@pytest.mark.parametrize(
    ("seconds", "cpu", "verdicts"),
    [
        (1.30, 0.9, ["held", "held"]),
        (1.29, 0.9, ["**MISSED**", "held"]),
        (1.30, 1.1, ["held", "**MISSED**"]),
    ],
)
def test_the_report_tells_which_bars_held(seconds: float, cpu: float, verdicts: list[str]) -> None:
    text = report(run([result(PULSE, 1, 1, cpu), result(STREAMS, 1, seconds, 3)]))
    row = next(line for line in text.splitlines() if line.startswith(f"| {STREAMS} | 1."))
    bar = next(line for line in text.splitlines() if line.startswith("At most 10 µs"))
    assert [row.split(" | ")[3], bar.rpartition(", ")[2].rstrip(".")] == verdicts


def test_the_report_has_a_table_per_variant_and_says_what_the_peers_leave_out() -> None:
    text = report(run([result(PULSE, 1, 1), result(STREAMS, 1, 2, 3, "uniform")]))
    assert text.count("| worker |") == 2
    assert "| 100,000 | 50,000 (50,000..50,000) | 30.0 (30.0..30.0) | 64 (64..64) |" in text
    assert "| 100,000 events/s, 15.0 µs |" in text
    assert "The peers do only the speech count per community and day" in text
    assert "Kafka Streams 4" in text
    assert "25% of the worker's core" in text


def test_without_pulse_nothing_is_compared() -> None:
    text = report(run([result(STREAMS, 1, 1)], pinned=False))
    assert "against" not in text
    assert "nothing pinned" in text


def test_the_plot_names_everything_as_text(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    file = tmp_path / "bench.svg"
    draw([result(PULSE, 1, 1), result(PULSE, 2, 2), result(STREAMS, 1, 2)], file)
    texts = {element.text for element in ET.parse(file).iter() if element.text}
    assert {PULSE, STREAMS, "events/s", "CPU µs per event", "peak memory, MiB"} <= texts
    assert {"75,000", "50,000"} <= texts
