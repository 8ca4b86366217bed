"""Runs the demo: broker, topics, events, worker, alerts, summary (contract, section 6)."""

import os
import time
from pathlib import Path
from typing import Any, Final

from models.documents import encode
from models.topics import ALERTS, DEAD_LETTERS, EVENTS, MEMBER_ALERTS
from rules.catalogue import Catalogue
from rules.configuration import Configuration
from streams import sample as samples
from streams.broker import Broker, open_broker
from streams.connection import Connection, read_connection
from streams.demo.options import DemoError, DemoOptions, Say
from streams.demo.stage import Events, gather_events, topics, write_configuration
from streams.demo.summary import Seen, summary_lines, unexplained
from streams.demo.worker_process import Samples, WorkerProcess, total, worker_process
from streams.demo.workplace import workplace
from streams.produce import produce
from streams.progress import file_bar
from streams.readable import line_of, steps_of
from streams.subscribe import Subscriber
from streams.whole_file import whole_file

STALL_PATIENCE: Final = 90.0
"""Seconds without any progress after which the demo gives up."""


def run_demo(options: DemoOptions, catalogue: Catalogue, say: Say) -> None:
    """Run the whole service once; DemoError where a planted incident was not found."""
    with workplace() as folder:
        events = gather_events(options, folder, say)
        with open_broker(folder / "broker", report=say) as broker:
            connection = _connection(broker)
            file = folder / "pulse.yaml"
            configuration = write_configuration(options, events.settings, file, catalogue)
            demo = _Demo(options, catalogue, say, connection, configuration)
            with topics(connection, configuration, say):
                demo.play(events, file)
    demo.judge(events)


def _connection(broker: Broker) -> Connection:
    environment = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers}
    return read_connection(environment)


class _Demo:
    """One run: what it was asked, where it plays, what it has seen."""

    def __init__(
        self,
        options: DemoOptions,
        catalogue: Catalogue,
        say: Say,
        connection: Connection,
        configuration: Configuration,
    ) -> None:
        self._options = options
        self._catalogue = catalogue
        self._say = say
        self._connection = connection
        self._prefix = configuration.kafka.topic_prefix
        self._seen = Seen()
        self._figures: Samples = {}

    def play(self, events: Events, file: Path) -> None:
        """Send the events, run a worker over them, and show its alerts."""
        lines = self._send(events.path)
        environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith("PULSE_")},
            "KAFKA_BOOTSTRAP_SERVERS": self._connection.servers,
            "PULSE_CONFIG": str(file),
        }
        alert_topics = [self._prefix + topic.name for topic in (ALERTS, MEMBER_ALERTS)]
        with (
            worker_process(file.parent / "worker", environment) as worker,
            Subscriber(self._connection, alert_topics, from_beginning=True) as subscriber,
        ):
            worker.wait_until_ready()
            self._say("worker ready; the alerts as they come:\n")
            seconds = self._follow(worker, subscriber, lines)
            for received in subscriber.until_end():
                self._show(received.document)
            self._figures = worker.samples()
        self._say("")
        for line in summary_lines(self._figures, self._seen, seconds):
            self._say(line)
        if self._options.out is not None:
            self._write(self._options.out)

    def _send(self, path: str) -> int:
        begun = time.monotonic()
        with file_bar("sending events", path) as watch:
            produced = produce(self._connection, self._prefix + EVENTS.name, path, watch)
        self._say(f"sent {produced.lines:,} lines in {time.monotonic() - begun:.1f} s")
        return produced.lines

    def _follow(self, worker: WorkerProcess, subscriber: Subscriber, lines: int) -> float:
        """Show alerts until the worker has applied all `lines`; return the seconds it took."""
        begun = moved = time.monotonic()
        done = 0.0
        while True:
            for received in subscriber.poll(0.25):
                self._show(received.document)
            worker.check()
            figures = worker.samples()
            applied = total(figures, "pulse_events_total")
            applied += total(figures, "pulse_events_rejected_total")
            if applied >= lines:
                return time.monotonic() - begun
            if applied > done:
                done, moved = applied, time.monotonic()
            elif time.monotonic() - moved > STALL_PATIENCE:
                raise DemoError(
                    f"the worker stands at {done:,.0f} of {lines:,} events\n{worker.tail()}"
                )

    def _show(self, record: dict[str, Any]) -> None:
        if self._seen.add(record):
            self._say(line_of(record))
            for step in steps_of(record, self._catalogue):
                self._say(step)

    def _write(self, path: Path) -> None:
        with whole_file(path) as file:
            for record in self._seen.records.values():
                file.write(encode(record) + b"\n")
        self._say(f"alert records written to {path}")

    def judge(self, events: Events) -> None:
        """Say what the records prove; DemoError where that is not what it should be."""
        records = self._seen.records.values()
        problems = unexplained(records, self._catalogue)
        explained = len(records) - len(problems)
        self._say(f"\nexplained from the records alone: {explained:,} of {len(records):,}")
        for problem in problems[:10]:
            self._say(f"  {problem}")
        if events.planted is not None:
            problems += self._judge_planted(events.planted)
        if problems:
            raise DemoError(f"the demo did not show what it should: {len(problems)} problems")

    def _judge_planted(self, planted: samples.Sample) -> list[str]:
        self._say("planted incidents:")
        records = self._seen.records.values()
        findings = samples.check(planted.incidents, planted.quiet, records)
        rejected = total(self._figures, "pulse_events_rejected_total")
        expected = sum(planted.rejected.values())
        sentence = f"{rejected:.0f} of {expected} went to {DEAD_LETTERS.name}."
        findings.append(samples.Finding("dead letters", rejected == expected, sentence))
        for finding in findings:
            mark = "ok    " if finding.ok else "FAILED"
            self._say(f"  {mark} {finding.name}: {finding.sentence}")
        return [finding.name for finding in findings if not finding.ok]
