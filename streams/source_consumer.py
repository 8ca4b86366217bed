"""What Pulse asks of Faust's consumer while it reads: where partitions end, and to hold some up."""

from collections.abc import Callable, Set
from typing import Any

import faust
from faust.types import TP

from streams.backlog import Backlog
from streams.faust_internals import kafka_consumer


class Answers:
    """When Kafka answered the last two requests for records of each partition.

    A time of the client's clock says when an answer was taken in: where the process has stood
    still before, that is long after it was true. What it says was true after the answer before it,
    because that came before it was asked for.
    """

    def __init__(self) -> None:
        """Nothing was answered yet."""
        self._last: dict[int, tuple[int, int]] = {}

    def before(self, partition: int, last: int) -> int:
        """Hear when the last answer was taken in; return when an earlier one was, 0 for never."""
        earlier, latest = self._last.get(partition, (0, 0))
        if last != latest:
            earlier = latest
            self._last[partition] = earlier, last
        return earlier


class SourceConsumer:
    """The consumer of a running app, as far as the topic `topic` is concerned."""

    def __init__(self, app: Callable[[], faust.App], topic: str, backlog: Backlog) -> None:
        """Bind the app, which may be built later, and what bounds how far it reads ahead."""
        self._app = app
        self._topic = topic
        self._backlog = backlog
        self._answers = Answers()

    def end(self, partition: int) -> int | None:
        """Return the end of what is committed in an assigned partition, as of the last fetch.

        None before it.
        """
        try:
            end: int | None = self._kafka().last_stable_offset(TP(self._topic, partition))
        except (AssertionError, KeyError):
            # Between two assignments aiokafka does not know the partition.
            return None
        return end

    def end_before(self, partition: int) -> tuple[int, int]:
        """Return an end of the partition, and a time (milliseconds) at which it was there."""
        # In this order: the consumer's thread may write both in between.
        end = self.end(partition)
        return end or 0, self._answered_at(partition)

    def end_after(self, partition: int) -> tuple[int, int | None]:
        """Return a time (milliseconds), and an end that the partition had then or has had since."""
        # In this order: the end may be of a later answer, never of an earlier one.
        at = self._answers.before(partition, self._answered_at(partition))
        return at, self.end(partition)

    def pause(self, partitions: Set[int]) -> None:
        """Read all partitions of the topic that are assigned but these."""
        self._backlog.pause(partitions)

    def _answered_at(self, partition: int) -> int:
        try:
            return self._kafka().last_poll_timestamp(TP(self._topic, partition)) or 0
        except (AssertionError, KeyError):
            return 0

    def _kafka(self) -> Any:
        return kafka_consumer(self._app())
