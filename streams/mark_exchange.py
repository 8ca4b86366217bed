"""Workers tell each other how far they have routed, through a topic of one partition.

Each publishes the marks of its partitions a few times a second, and reads what comes from when it
started; what it has missed comes again. A message is a row of numbers: its version, the number of
partitions, the ends that all its marks share, then four numbers for each mark: the source
partition, its channel clock, the first offset not routed, when it was last seen to be fully read.
"""

import asyncio
import logging
import struct
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streams.connection import Connection
from streams.marks import Mark, Marks

LOG = logging.getLogger("pulse")

_VERSION: Final = 1
_NUMBER: Final = 8


def encode_marks(marks: Mapping[int, Mark], ends: Sequence[int]) -> bytes:
    """Return a message with these marks by source partition; they all have these `ends`."""
    numbers = [_VERSION, len(ends), *ends]
    for source, mark in marks.items():
        numbers += (source, mark.clock, mark.routed, mark.read_at)
    return struct.pack(f"<{len(numbers)}q", *numbers)


def decode_marks(value: bytes | None, partitions: int) -> dict[int, Mark]:
    """Return the marks of a message; none where it is not one of ours for so many partitions."""
    count, rest = divmod(len(value or b""), _NUMBER)
    numbers = struct.unpack(f"<{count}q", value or b"") if not rest else ()
    begin = 2 + partitions
    if numbers[:2] != (_VERSION, partitions) or (count - begin) % 4:
        return {}
    ends = numbers[2:begin]
    rows = (numbers[start : start + 4] for start in range(begin, count, 4))
    return {
        source: Mark(clock, routed, read_at, ends)
        for source, clock, routed, read_at in rows
        if 0 <= source < partitions
    }


class MarkExchange:
    """Publishes the marks of one worker, and learns those of the others."""

    def __init__(self, connection: Connection, topic: str, marks: Marks) -> None:
        """Bind the topic; what is read goes to `marks`."""
        self._connection = connection
        self._place = TopicPartition(topic, 0)
        self._marks = marks

    async def publish(self, producer: AIOKafkaProducer, marks: Mapping[int, Mark]) -> None:
        """Send marks, which are all of one moment. Nobody waits for them: the next say more."""
        for mark in marks.values():
            value = encode_marks(marks, mark.ends)
            sent = await producer.send(self._place.topic, value, partition=self._place.partition)
            sent.add_done_callback(_log_failure)
            return

    async def read(self, notice: Callable[[], Awaitable[None]]) -> None:
        """Learn what other workers say, for ever; `notice` is called whenever there is more."""
        consumer: Any = AIOKafkaConsumer(
            **self._connection.aiokafka(),
            enable_auto_commit=False,
            group_id=None,
            auto_offset_reset="latest",
        )
        await consumer.start()
        try:
            consumer.assign([self._place])
            await consumer.seek_to_end(self._place)
            while True:
                fetched = await consumer.getmany(timeout_ms=1_000)
                for record in fetched.get(self._place, ()):
                    for source, mark in decode_marks(record.value, self._marks.partitions).items():
                        self._marks.learn(source, mark)
                if fetched:
                    await notice()
        finally:
            await consumer.stop()


def _log_failure(sent: "asyncio.Future[Any]") -> None:
    if not sent.cancelled() and (error := sent.exception()) is not None:
        LOG.warning("marks were not published: %s", error)
