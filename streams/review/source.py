"""Where snapshots come from: a file of them, or the topic; the newest per community and day."""

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ValidationError

from models.days import day_from_iso
from models.documents import parse
from models.schemas.snapshots import Snapshot
from models.topics import SNAPSHOTS
from rules.configuration import Configuration
from rules.review.history import History, JudgedDay
from rules.review.judgements import more_measures
from streams.connection import Connection
from streams.lines import FileError, read_lines
from streams.progress import bar, file_bar

ALL = "all"
"""Stands for every community that has snapshots."""

Histories = dict[str, History]


def from_file(path: str, community: str) -> Histories:
    """Read snapshots of a community, or of `all`, from NDJSON; FileError where it has others."""
    with file_bar("reading snapshots", path) as watch:
        return _histories(_of_lines(path, read_lines(path, watch)), community, path)


def _of_lines(path: str, lines: Iterable[bytes]) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(lines, 1):
        try:
            yield f"{path}: line {number}", parse(line)
        except ValueError as error:
            raise FileError(f"{path}: line {number}: not JSON: {error}") from None


def from_topic(connection: Connection, configuration: Configuration, community: str) -> Histories:
    """Read them from the snapshots topic; ClusterError or FileError where that fails."""
    from streams.subscribe import Subscriber  # noqa: PLC0415 (a file needs no Kafka client)

    topic = configuration.kafka.topic_prefix + SNAPSHOTS.name
    with (
        Subscriber(connection, [topic], from_beginning=True) as subscriber,
        bar("reading snapshots", None) as move,
    ):

        def documents() -> Iterator[tuple[str, Any]]:
            for number, received in enumerate(subscriber.until_end(), 1):
                move(number)
                try:
                    yield f"topic {topic}", received.document
                except ValueError as error:
                    raise FileError(f"topic {topic}: not JSON: {error}") from None

        return _histories(documents(), community, f"topic {topic}")


def _histories(documents: Iterable[tuple[str, Any]], community: str, source: str) -> Histories:
    newest: dict[str, dict[int, Snapshot]] = {}
    others: set[str] = set()
    for place, document in documents:
        name = document.get("community_id") if isinstance(document, dict) else None
        if community not in (ALL, name) and isinstance(name, str):
            others.add(name)
            continue
        snapshot = _checked(place, document)
        newest.setdefault(snapshot.community_id, {})[day_from_iso(snapshot.day)] = snapshot
    if not newest:
        raise FileError(_nothing_found(source, community, others))
    return {name: _history(newest[name]) for name in sorted(newest)}


def _checked(place: str, document: Any) -> Snapshot:
    try:
        return Snapshot.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        problem = f"{key}: {first['msg']}" if key else first["msg"]
        raise FileError(f"{place}: not a snapshot: {problem}") from None


def _nothing_found(source: str, community: str, others: set[str]) -> str:
    if community == ALL or not others:
        return f"{source}: holds no snapshots"
    some = ", ".join(sorted(others)[:5]) + (", …" if len(others) > 5 else "")
    return f"{source}: no snapshots of community {community!r} (there are some of: {some})"


def _history(snapshots: dict[int, Snapshot]) -> History:
    days = tuple(_judged(day, snapshots[day]) for day in sorted(snapshots))
    last = snapshots[days[-1].day]
    return History(last.community_id, last.timezone, day_from_iso(last.first_day), days)


def _judged(day: int, snapshot: Snapshot) -> JudgedDay:
    evaluations = {
        rule_id: judgement.evaluation.model_dump()
        for rule_id, judgement in snapshot.verdicts.items()
    }
    # Measures are counts; what another deployment may add is no figure that the review knows.
    counts = {
        name: value
        for name, value in snapshot.measures.items()
        if value is None or isinstance(value, int)
    }
    return JudgedDay(
        day,
        {**counts, **more_measures(evaluations)},
        {rule_id: judgement.verdict for rule_id, judgement in snapshot.verdicts.items()},
        evaluations,
    )
