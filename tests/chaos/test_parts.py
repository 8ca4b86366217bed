"""The parts of a round that can be shown without a broker."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from models.decode import decode
from models.events import CloudEvent, Event
from streams.produce import messages

from .__main__ import main
from .feeding import in_all_shapes
from .fleet import reasons
from .history import Size, write_history
from .outcome import Mark
from .plan import PAUSE_SECONDS, WORKERS, Counts, Kind, plan
from .stalls import measure
from .truth import line_of

SIZE = Size(2_000, days=60, communities=6)


def test_a_seed_gives_one_history_and_another_seed_another(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("one", "same", "other")]
    configurations = [
        write_history(file, SIZE, seed) for file, seed in zip(files, (1, 1, 2), strict=True)
    ]
    one, same, other = (file.read_bytes() for file in files)
    assert (one, configurations[0]) == (same, configurations[1])
    assert one != other
    assert 1_900 < len(one.splitlines()) < 2_100


def test_the_events_come_in_all_three_shapes_and_mean_the_same(tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    write_history(file, SIZE, 1)
    shapes: Counter[str] = Counter()
    for sent, (_, line, _, _) in zip(in_all_shapes(file), messages(str(file)), strict=True):
        names = [name for name, _ in sent[3]]
        shapes["binary" if "ce_id" in names else "structured" if names else "flat"] += 1
        if "ce_id" in names:
            assert json.loads(line_of(sent[1], sent[3])) == json.loads(line)
        else:
            assert sent[1] == line
    assert min(shapes[each] for each in ("flat", "structured", "binary")) > 50


def test_a_plan_has_every_fault_asked_for_and_a_seed_gives_one_plan() -> None:
    counts = Counts()
    faults = plan(5, counts)
    assert faults == plan(5, counts)
    assert faults != plan(6, counts)
    found = Counter(fault.kind for fault in faults)
    assert found[Kind.KILL] == 20
    assert found[Kind.STOP] == 6
    assert found[Kind.PAUSE] == 3
    assert found[Kind.BROKER_KILL] == found[Kind.BROKER_STOP] == 1
    assert {fault.worker for fault in faults} == set(range(WORKERS))
    assert not faults[0].together
    assert any(fault.together for fault in faults)


def test_a_pause_is_longer_than_the_session_of_a_worker() -> None:
    app = Path(__file__).parents[2] / "streams" / "faust_app.py"
    found = re.search(r"broker_session_timeout=([\d.]+)", app.read_text(encoding="utf-8"))
    assert found is not None
    assert PAUSE_SECONDS[0] > float(found[1])


def test_a_stall_is_the_time_in_which_something_was_unread() -> None:
    # Partition 0: read at 10 what came at 9; nothing unread until 20; read at 38.
    # Partition 1: nothing comes after 9, so no time passes for it.
    marks = {0: [Mark(10.0, 4), Mark(38.0, 9)], 1: [Mark(11.0, 4)]}
    sent = [(9.0, Counter({0: 5, 1: 5})), (20.0, Counter({0: 10, 1: 5}))]
    stalls = measure(marks, sent, [(15.0, {0, 1}), (30.0, {0}), (50.0, {0, 1})])
    assert stalls.longest == 18.0
    assert stalls.after_kills == [18.0, 8.0]
    assert (stalls.longest_after_kill, stalls.median_after_kill) == (18.0, 13.0)


def test_values_of_a_batch_that_is_applied_again_are_no_progress() -> None:
    marks = {0: [Mark(10.0, 4), Mark(12.0, 4), Mark(20.0, 5)]}
    sent = [(9.0, Counter({0: 6}))]
    assert measure(marks, sent, []).longest == 10.0


def test_endings_are_counted_by_their_reason() -> None:
    ended = [
        f"exit code 1: 2026-11-22 20:00:4{digit} CRITICAL pulse InterferenceError: "
        f"chaos-4c265b7{digit}.pulse-state-changelog: another worker has written to "
        f"partition {digit} too"
        for digit in (1, 2)
    ]
    assert reasons(ended) == {
        "InterferenceError: pulse-state-changelog: another worker has written to too": 2
    }


@pytest.mark.parametrize("arguments", [["--kills", "0"], ["--rounds", "-1"], ["--what"]])
def test_wrong_usage_exits_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_with_every_rule_on_the_same_events_say_more(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("few", "all")]
    for file, all_rules in zip(files, (False, True), strict=True):
        write_history(file, SIZE, 1, all_rules=all_rules)
    few, more = (file.read_bytes().splitlines() for file in files)
    assert len(few) == len(more)
    assert b"campaign_id" not in b"".join(few)
    for field in (b"campaign_id", b"inviter_id", b"target_user_id", b"amount", b"score"):
        assert sum(field in line for line in more) > 5
    told = [
        [(event["time"], event.get("user_id")) for line in lines if (event := _flat(line))]
        for lines in (few, more)
    ]
    assert told[0] == told[1]


def _flat(line: bytes) -> dict[str, Any] | None:
    """A flat event; None of what is something else."""
    event = decode(line)
    if not isinstance(event, Event) or isinstance(event, CloudEvent):
        return None
    content: dict[str, Any] = json.loads(line)
    return content
