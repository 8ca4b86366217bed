"""Where the configuration comes from: one YAML file, and the environment over it.

`PULSE_TIME__CLOCK=records` sets `time.clock`; two underscores part the keys, and in the names of
rules `-` is written `_`. Values are read as YAML. An unknown key is an error that names it.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from rules.catalogue import Catalogue
from rules.configuration import Configuration, parse_configuration
from rules.documents import DocumentError, read_mapping

_PREFIX = "PULSE_"
_OF_PULSEAUDIO = {
    "PULSE_BINARY",
    "PULSE_CLIENTCONFIG",
    "PULSE_COOKIE",
    "PULSE_LATENCY_MSEC",
    "PULSE_RUNTIME_PATH",
    "PULSE_SERVER",
    "PULSE_SINK",
    "PULSE_SOURCE",
    "PULSE_STATE_PATH",
}
"""What a desktop tells the clients of PulseAudio, which shares the prefix (its manual page)."""

_OTHER_USES = frozenset({"PULSE_CONFIG", *_OF_PULSEAUDIO})
_OF_KUBERNETES = re.compile(
    r"PULSE(_[A-Z0-9]+)*_"
    r"(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)=.*"
    r"|PULSE(_[A-Z0-9]+)*_PORT=(tcp|udp|sctp)://.*"
)
"""What a container is told of each service `pulse` or `pulse-…` beside it."""


def load_configuration(
    path: Path | None, catalogue: Catalogue, environment: Mapping[str, str] = os.environ
) -> Configuration:
    """Read the configuration file (`path`, else `PULSE_CONFIG`, else none) and the environment.

    DocumentError names the file or the variable, the key and the reason.
    """
    if path is None and environment.get("PULSE_CONFIG"):
        path = Path(environment["PULSE_CONFIG"])
    values: dict[str, Any] = {}
    document = "defaults"
    if path is not None:
        document = str(path)
        values = read_mapping(document, _read(path))
    configuration = parse_configuration(document, values, catalogue)
    for name in sorted(environment):
        if _is_setting(name, environment[name]):
            _set(values, name, environment[name])
            configuration = parse_configuration(name, values, catalogue)
    return configuration


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise DocumentError(str(path), "", f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DocumentError(str(path), "", "is not UTF-8") from None


def _is_setting(name: str, text: str) -> bool:
    if not name.startswith(_PREFIX) or name in _OTHER_USES:
        return False
    return _OF_KUBERNETES.fullmatch(f"{name}={text}") is None


def _set(values: dict[str, Any], name: str, text: str) -> None:
    keys = name.removeprefix(_PREFIX).lower().split("__")
    if keys[0] == "rules" and len(keys) > 1:
        keys[1] = keys[1].replace("_", "-")
    if len(keys) == 1 or keys[0] == "communities":
        raise DocumentError(name, "", "unknown variable (write PULSE_<SECTION>__<KEY>)")
    try:
        # `${PREFIX:-}` in a container's file sets an empty text, where YAML would read null.
        content = yaml.safe_load(text) if text else ""
    except (yaml.YAMLError, ValueError, RecursionError):
        # A name may look like a date and be none: 2025-02-30.
        content = text
    section = values
    for key in keys[:-1]:
        inner = section.get(key)
        section[key] = dict(inner) if isinstance(inner, dict) else {}
        section = section[key]
    section[keys[-1]] = content
