"""Carries a plan of faults out while events come in, and follows how the workers fare."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from streams.broker import Broker, BrokerError

from .feeding import UNBOUND, Feeder
from .fleet import Fleet, Say
from .plan import Fault, Kind
from .stalls import Killed

RECOVERY_PATIENCE = 60.0
END_PATIENCE = 240.0
AIM_PATIENCE = 3.0
LOOK_EVERY = 0.2
CaughtUp = Callable[[], bool]


class Ends:
    """Where the partitions of a topic end: what was written to it so far."""

    def __init__(self, servers: str, topic: str, partitions: int) -> None:
        self._servers = servers
        self._places = [TopicPartition(topic, number) for number in range(partitions)]
        self._consumer: KafkaConsumer | None = None

    def now(self) -> list[int] | None:
        """The end of each partition; None where the broker does not say."""
        try:
            if self._consumer is None:
                self._consumer = KafkaConsumer(
                    bootstrap_servers=self._servers, enable_auto_commit=False, group_id=None
                )
            found = self._consumer.end_offsets(self._places)
        except (KafkaError, OSError):
            self.close()
            return None
        return [found[place] for place in self._places]

    def close(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            with suppress(KafkaError, OSError):
                consumer.close()


@dataclass
class Driver:
    """One round's faults."""

    faults: Sequence[Fault]
    events: int
    feeder: Feeder
    fleet: Fleet
    broker: Broker
    ends: Ends
    say: Say
    targets: Sequence[Ends] = ()
    """Topics whose growth shows that a batch is being written, for faults that are aimed."""
    kills: list[Killed] = field(default_factory=list)
    struck: Counter[Kind] = field(default_factory=Counter)
    _side: list[threading.Thread] = field(default_factory=list)
    _failures: list[BaseException] = field(default_factory=list)

    def run(self, caught_up: CaughtUp, patience: float = END_PATIENCE) -> bool:
        """Strike as planned, then let the workers finish; whether they did so in time."""
        slices = sum(not fault.together for fault in self.faults) + 1
        allowed = self.events // slices
        self.feeder.allow(allowed, UNBOUND)
        for fault in self.faults:
            if not fault.together:
                self.feeder.trickle(allowed + self.events // slices // 3)
                self._wait_for_work()
                allowed += self.events // slices
            # Asked before, not at the strike: a worker answers between two batches.
            worker = self.fleet.pick(fault.worker)
            owned = self.fleet.owned(worker)
            if not fault.together:
                self.feeder.allow(allowed, fault.rate)
            self._take_aim(fault)
            self._strike(fault, worker, owned)
        self._wait_for_work()
        self.feeder.allow(1 << 62, UNBOUND)
        return self._finish(caught_up, patience)

    def _take_aim(self, fault: Fault) -> None:
        if not (fault.aimed and self.targets):
            time.sleep(fault.delay)
            return
        target = self.targets[self.struck.total() % len(self.targets)]
        before = target.now()
        deadline = time.monotonic() + AIM_PATIENCE
        while target.now() == before and time.monotonic() < deadline:
            pass

    def _wait_for_work(self) -> None:
        """Return when every partition is written to again, or after a time without."""
        before = None
        deadline = time.monotonic() + RECOVERY_PATIENCE
        while time.monotonic() < deadline:
            self._check()
            ends = self.ends.now()
            if ends is not None:
                before = before or ends
                # A partition that no community falls on is never written to.
                moved = [now > then for now, then in zip(ends, before, strict=True) if now]
                if moved and all(moved):
                    return
            time.sleep(LOOK_EVERY)

    def _strike(self, fault: Fault, worker: int, owned: set[int]) -> None:
        chosen, worker = worker, self.fleet.pick(worker)
        if fault.kind is Kind.KILL:
            at = self.fleet.kill(worker, fault.restart_after)
            self.kills.append((at, owned if worker == chosen else set()))
        elif fault.kind is Kind.PAUSE:
            self.fleet.pause(worker, fault.lasts)
        elif fault.kind is Kind.STOP:
            self._beside(lambda: self.fleet.stop(worker, fault.restart_after))
        else:
            self._join()
            self._beside(lambda: self._restart_broker(fault))
        self._tell(fault, worker)

    def _tell(self, fault: Fault, worker: int) -> None:
        self.struck[fault.kind] += 1
        place = "" if fault.kind.is_of_broker else f" worker {worker + 1}"
        aimed = ", aimed" if fault.aimed and self.targets else ""
        how = ", on top of the one before" if fault.together else aimed
        self.say(
            f"fault {self.struck.total():2}/{len(self.faults)}  {fault.kind}{place}{how}"
            f"  ({self.feeder.sent:,} events sent)"
        )

    def _restart_broker(self, fault: Fault) -> None:
        if fault.kind is Kind.BROKER_KILL:
            self.broker.kill()
            time.sleep(fault.restart_after / 4)
        self.broker.restart()
        self.say("the broker is back")

    def _beside(self, work: Callable[[], None]) -> None:
        """Do it in a thread, so that the next fault may strike meanwhile."""

        def guarded() -> None:
            try:
                work()
            except BaseException as failure:  # noqa: BLE001 (raised by `_check`)
                self._failures.append(failure)

        thread = threading.Thread(target=guarded, name="fault", daemon=True)
        thread.start()
        self._side.append(thread)

    def _join(self) -> None:
        while self._side:
            self._side.pop().join()
        self._check()

    def _check(self) -> None:
        self.feeder.check()
        if self._failures:
            failure = self._failures[0]
            if isinstance(failure, BrokerError):
                raise failure
            raise AssertionError(f"a fault could not be carried out: {failure!r}") from failure

    def _finish(self, caught_up: CaughtUp, patience: float) -> bool:
        self._join()
        self.say("no more faults; the rest of the events")
        moved, before = time.monotonic(), None
        while time.monotonic() - moved < patience:
            self._check()
            ends = self.ends.now()
            if ends != before:
                moved, before = time.monotonic(), ends
            if self.feeder.done and self.fleet.settled() and caught_up():
                return True
            time.sleep(1.0)
        return False
