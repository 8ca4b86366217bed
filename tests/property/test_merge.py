"""Whatever comes first: each home applies its records by arrival, each of them once."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from models.decode import decode_records
from streams.marks import GRACE

from .crossing import World, expected_of, topic_of


def step(world: World, dice: random.Random) -> None:
    """Let one worker do something."""
    worker = dice.choice(world.workers)
    partition, number = dice.choice(worker.owned), dice.randint(1, 12)
    kind = dice.choices(
        ["route", "read", "apply", "hear", "settle", "zombie", "failure", "crash"],
        [20, 20, 20, 10, 5, 3, 1, 4],
    )[0]
    if kind == "route":
        worker.route(partition, number, since=dice.randint(0, 3))
    elif kind == "read":
        worker.read(partition, number)
    elif kind == "apply":
        worker.apply(partition, number, dice.randint(0, number))
    elif kind == "hear":
        worker.hear(number)
    elif kind == "settle":
        worker.settle(partition, GRACE + dice.randint(0, 3))
    elif kind == "zombie" and world.zombies:
        zombie = dice.choice(world.zombies)
        zombie.route(dice.choice(zombie.owned), number)
    elif kind == "failure":
        # A record batch is not written, and the next one is before the process has ended.
        worker.route(partition, number, lost=1)
        world.replace(worker, alive=False)
    elif kind == "crash":
        world.replace(worker, alive=True)


@settings(max_examples=400, deadline=None)
@given(seed=st.integers(0, 1 << 32), steps=st.integers(0, 400), workers=st.integers(1, 2))
def test_each_home_applies_its_records_in_one_order_and_once(
    seed: int, steps: int, workers: int
) -> None:
    dice = random.Random(seed)
    logs = topic_of(dice, dice.choice([2, 3, 4]), dice.choice([10, 60]))
    names = {
        (source, record.offset): (arrival, event.id)
        for source, log in enumerate(logs)
        for record in log
        for arrival, _, event in decode_records([record])[0]
    }
    world = World(logs, workers)

    for _ in range(steps):
        step(world, dice)
    world.finish()

    for home, expected in enumerate(expected_of(logs)):
        saved = world.saved[home]
        assert saved.applied == [names[source, offset] for _, source, offset in expected]
        unreadable = [r.offset for r in logs[home] if (home, r.offset) not in names]
        assert saved.refused == unreadable
        assert saved.next_offset == logs[home][-1].offset + 1 if logs[home] else True
