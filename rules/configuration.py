"""The configuration: one mapping in, frozen values out (contract, section 7).

An unknown key is an error that names it. Files and the environment are read by the shell.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from models.days import calendar
from models.instants import DAY, HOUR, MINUTE, SECOND
from rules.catalogue import Catalogue, parse_parameters
from rules.documents import DocumentError

_UNITS = {"ms": 1, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
_DURATION = re.compile(r"(?:(\d+)(ms|s|m|h|d))+", re.ASCII)
_PART = re.compile(r"(\d+)(ms|s|m|h|d)", re.ASCII)
_LONGEST = 14 * DAY


def parse_duration(value: object) -> int:
    """Read a duration such as `90s`, `15m`, `1h30m` or `2d`; return milliseconds.

    ValueError where it is anything else; a bare number has no unit and is refused, save 0, of
    which all units are the same (as in Prometheus).
    """
    # YAML reads a bare 0 as a number; False and 0.0 equal it, too.
    if value == "0" or (type(value) is int and value == 0):
        return 0
    if not isinstance(value, str) or not _DURATION.fullmatch(value):
        raise ValueError(f"not a duration such as 90s, 15m, 1h30m or 2d: {value!r}")
    duration = sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(value))
    if duration > _LONGEST:
        raise ValueError(f"longer than 14 days: {value!r}")
    return duration


def _zone(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"not the name of a time zone: {value!r}")  # noqa: TRY004
    return calendar(value).name


Duration = Annotated[int, BeforeValidator(parse_duration)]
Timezone = Annotated[str, BeforeValidator(_zone)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class KafkaSection(_Section):
    """Topics as Pulse names and creates them."""

    topic_prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]*$", max_length=200)] = ""
    partitions: Annotated[int, Field(ge=1, le=10_000)] = 12
    replication_factor: Annotated[int, Field(ge=1, le=32_767)] = 1


class TimeSection(_Section):
    """Days and clocks; durations in milliseconds."""

    timezone: Timezone = "UTC"
    lateness: Duration = HOUR
    dedupe: Duration = 15 * MINUTE
    clock: Literal["wall", "records"] = "wall"


class StateSection(_Section):
    """Where the state is kept beside its changelog.

    With `disk` it is in the worker's data folder, and at most `hot_communities` are in memory too.
    `standby_replicas` is how many other workers follow each partition's changelog.
    """

    store: Literal["memory", "disk"] = "memory"
    hot_communities: Annotated[int, Field(ge=1)] = 10_000
    standby_replicas: Annotated[int, Field(ge=0, le=10)] = 0


class DeploymentSection(_Section):
    """Who speaks (`source` of the alert records) and where its pages are read."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$", max_length=100)] = "default"
    base_url: Annotated[str, Field(pattern=r"^https?://[^\s]+[^\s/]$")] = (
        "https://pulse.example.org"
    )


class CommunitySection(_Section):
    """What one community has of its own."""

    timezone: Timezone | None = None
    rules: dict[str, dict[str, Any]] = {}


class Configuration(_Section):
    """The whole configuration; every value has its default (contract, sections 4 and 7)."""

    kafka: KafkaSection = KafkaSection()
    time: TimeSection = TimeSection()
    state: StateSection = StateSection()
    deployment: DeploymentSection = DeploymentSection()
    rules: dict[str, dict[str, Any]] = {}
    communities: dict[Annotated[str, Field(min_length=1, max_length=256)], CommunitySection] = {}


def parse_configuration(
    document: str, values: Mapping[Any, Any], catalogue: Catalogue
) -> Configuration:
    """Build the configuration from `values`; DocumentError names the file, the key and the reason.

    Every set of rule parameters, global and per community, is built once, so that a bad one is
    refused before anything starts.
    """
    try:
        configuration = Configuration(**values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        unknown = first["type"] == "extra_forbidden"
        problem = "unknown key" if unknown else first["msg"].removeprefix("Value error, ")
        raise DocumentError(document, key, problem) from None
    except TypeError:
        keys = [key for key in values if not isinstance(key, str)]
        raise DocumentError(document, str(keys[0]), "unknown key") from None
    for key, overrides in _overrides(configuration):
        _check_rules(document, key, overrides, configuration.rules, catalogue)
    return configuration


def _overrides(configuration: Configuration) -> Iterator[tuple[str, dict[str, dict[str, Any]]]]:
    yield "rules", configuration.rules
    for community_id, section in configuration.communities.items():
        yield f"communities.{community_id}.rules", section.rules


def _check_rules(
    document: str,
    key: str,
    overrides: Mapping[str, dict[str, Any]],
    general: Mapping[str, dict[str, Any]],
    catalogue: Catalogue,
) -> None:
    for rule_id, values in overrides.items():
        if rule_id not in catalogue:
            known = ", ".join(catalogue)
            raise DocumentError(document, f"{key}.{rule_id}", f"unknown rule (known: {known})")
        rule = catalogue[rule_id]
        merged = {**rule.definition.parameters, **general.get(rule_id, {}), **values}
        parse_parameters(document, f"{key}.{rule_id}", rule.definition, merged)
