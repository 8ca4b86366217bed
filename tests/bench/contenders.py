"""Who takes part: which peers there are, how often each runs, and over how many events."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from streams.broker.handle import PrerequisiteMissing
from tests.bench.faust_tutorial.peer import FaustTutorial
from tests.bench.kafka_streams.peer import (
    KafkaStreamsInMemory,
    KafkaStreamsRocksDb,
    build_program,
)
from tests.bench.peers import Peer, Place
from tests.bench.pulse import (
    Everything,
    EverythingCompiled,
    Pulse,
    PulseCompiled,
    compiled_wheel,
)
from tests.bench.quix.peer import Quix, make_environment, version

PULSE: Final = "pulse"
EVERYTHING: Final = "everything"
KAFKA_STREAMS: Final = "kafka-streams"
QUIX: Final = "quix"
TUTORIAL: Final = "tutorial"
NAMES: Final = (PULSE, EVERYTHING, KAFKA_STREAMS, QUIX, TUTORIAL)

# The slow ones get less to do; their speed does not depend on it.
QUIX_EVENTS: Final = 200_000
TUTORIAL_EVENTS: Final = 30_000


@dataclass(frozen=True, slots=True)
class Contender:
    """A peer, how many rounds it gets on each variant, and over how many events."""

    name: str
    rounds: int
    events: int
    enter: Callable[[Place], Peer]


def contenders(
    names: Sequence[str],
    rounds: int,
    slow_rounds: int,
    events: int,
    report: Callable[[str], None],
) -> tuple[list[Contender], Mapping[str, str]]:
    """Prepare the peers of these names; return them, and the version of each foreign program."""
    found: list[Contender] = []
    versions: dict[str, str] = {}
    own = {PULSE: (Pulse, PulseCompiled), EVERYTHING: (Everything, EverythingCompiled)}
    asked = [pair for name, pair in own.items() if name in names]
    wheel = compiled_wheel(report) if asked else None
    for plain, compiled in asked:
        found.append(Contender(plain.name, rounds, events, plain))
        if wheel is not None:
            enter = partial(compiled, wheel=wheel)
            found.append(Contender(compiled.name, rounds, events, enter))
    if KAFKA_STREAMS in names:
        try:
            program = build_program(report)
        except PrerequisiteMissing as lack:
            raise PrerequisiteMissing(
                f"{lack}, which the Kafka Streams peer needs: install it, or leave that peer out "
                f"with --peers {','.join(name for name in NAMES if name != KAFKA_STREAMS)}"
            ) from None
        found += [
            Contender(kind.name, rounds, events, partial(kind, program=program))
            for kind in (KafkaStreamsInMemory, KafkaStreamsRocksDb)
        ]
        versions |= {"Kafka Streams": program.version, "Java": program.java}
    if QUIX in names:
        python = make_environment(report)
        some = min(events, QUIX_EVENTS)
        found.append(Contender(Quix.name, slow_rounds, some, partial(Quix, python=python)))
        versions["Quix Streams"] = version()
    if TUTORIAL in names:
        few = min(events, TUTORIAL_EVENTS)
        found.append(Contender(FaustTutorial.name, slow_rounds, few, FaustTutorial))
    return found, versions
