"""What a demo plays on: its events, its configuration, its topics."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from rules.catalogue import Catalogue
from rules.configuration import Configuration
from streams import sample as samples
from streams.connection import Connection
from streams.demo.options import DemoOptions, Say
from streams.progress import bar
from streams.settings import load_configuration
from streams.topics import administration, apply_topics

_SHOW_EVERY: Final = 5_000


@dataclass(frozen=True, slots=True)
class Events:
    """The events of a demo: a file, and what is planted in it where it is the built-in sample."""

    path: str
    planted: samples.Sample | None
    settings: dict[str, Any]


def gather_events(options: DemoOptions, folder: Path, say: Say) -> Events:
    """Return the user's file, or write the simulated sample to `folder`."""
    if options.events is not None:
        say(f"events: {options.events}")
        return Events(options.events, None, {})
    planted = samples.sample(options.seed)
    path = folder / "sample.ndjson"
    with path.open("wb") as file, bar("simulating communities", planted.line_count) as move:
        for number, line in enumerate(planted.lines, 1):
            file.write(line + b"\n")
            if number % _SHOW_EVERY == 0:
                move(number)
    say(f"events: {planted.line_count:,} simulated ones ({planted.label})")
    return Events(str(path), planted, dict(planted.configuration))


def write_configuration(
    options: DemoOptions, settings: dict[str, Any], file: Path, catalogue: Catalogue
) -> Configuration:
    """Write this run's configuration to `file`: the given one, on topics of its own."""
    given = load_configuration(options.configuration, catalogue)
    own = given.model_dump(mode="json", exclude_unset=True)
    values = {**own, **settings}
    values["rules"] = _merged(own.get("rules", {}), settings.get("rules", {}))
    values["time"] = {**_time_section(values.get("time", {}), given), "clock": "records"}
    values["kafka"] = {
        **values.get("kafka", {}),
        "topic_prefix": f"demo-{os.getpid()}-{int(time.time())}.",
        "partitions": options.partitions,
        "replication_factor": 1,
    }
    file.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    return load_configuration(file, catalogue, {})


def _merged(given: dict[str, Any], planted: dict[str, Any]) -> dict[str, Any]:
    """Join settings of rules: those that the sample needs go before those that were given."""
    return {name: {**given.get(name, {}), **planted.get(name, {})} for name in {**given, **planted}}


def _time_section(section: dict[str, Any], given: Configuration) -> dict[str, Any]:
    """Write durations, which are milliseconds once read, with their unit again."""
    durations = {
        name: f"{getattr(given.time, name)}ms"
        for name in ("lateness", "dedupe")
        if isinstance(section.get(name), int)
    }
    return {**section, **durations}


@contextmanager
def topics(connection: Connection, configuration: Configuration, say: Say) -> Iterator[None]:
    """Create the run's topics; where the broker is somebody's, remove them afterwards."""
    with administration(connection, say) as client:
        created = list(apply_topics(client, configuration, alter=False))
    say(f"topics: {len(created)} created")
    try:
        yield
    finally:
        if os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
            prefix = configuration.kafka.topic_prefix
            with administration(connection, say) as client:
                ours = [name for name in client.list_topics() if name.startswith(prefix)]
                client.delete_topics(ours)
                client.delete_groups([f"{prefix}pulse"])
