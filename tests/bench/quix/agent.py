"""The peer: Quix Streams as its documentation writes a tumbling window count.

Counts the speech of each community and day (UTC, by the records' timestamps), which is a small
part of what Pulse does. Runs in an environment of its own (requirements.lock).
"""

import os
import time
from datetime import timedelta
from itertools import count
from typing import Any

from quixstreams import Application

EVENTS = int(os.environ["BENCH_EVENTS"])
MILESTONES = {int(os.environ["BENCH_SKIPPED"]), EVENTS // 2, EVENTS}
SPEECH = {"post.created", "reply.created"}

app = Application(
    broker_address=os.environ["KAFKA_BOOTSTRAP_SERVERS"],
    consumer_group=os.environ["BENCH_GROUP"],
    auto_offset_reset="earliest",
    state_dir=os.environ["BENCH_STATE"],
    loglevel="WARNING",
    # One checkpoint, right after the last event: the default's would come up to 5 s later.
    commit_interval=3_600,
    commit_every=EVENTS,
)
numbers = count(1)


def is_speech(interaction: dict[str, Any]) -> bool:
    number = next(numbers)
    if number in MILESTONES:
        print(f"milestone {number} {time.time() * 1_000:.0f}", flush=True)
    return interaction["type"] in SPEECH


interactions = app.topic(os.environ["BENCH_TOPIC"], key_deserializer="str")
counts = app.dataframe(interactions).filter(is_speech)
# The grace is longer than the job, so that no event comes too late for its window.
counts.tumbling_window(timedelta(days=1), grace_ms=timedelta(days=40)).count().current()

if __name__ == "__main__":
    app.run()
