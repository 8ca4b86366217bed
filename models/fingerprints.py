"""Identities: of an alert (ours) and of a label set (Alertmanager's)."""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Final

_UNIT_SEPARATOR: Final = "\x1f"
_FNV_OFFSET: Final = 0xCBF29CE484222325
_FNV_PRIME: Final = 0x100000001B3
_MASK: Final = (1 << 64) - 1


def alert_id(rule_id: str, community_id: str, member_id: str | None, start: str) -> str:
    """Return the identity of the alert that started on the day `start` (ISO): 16 hex digits.

    BLAKE2b over the parts joined by U+001F (contract, section 5); the member is empty for an
    alert of the community.
    """
    text = _UNIT_SEPARATOR.join((rule_id, community_id, member_id or "", start))
    return blake2b(text.encode()).hexdigest()[:16]


def fingerprint(labels: Mapping[str, str]) -> str:
    """Return the fingerprint that Alertmanager computes for `labels`: 16 hex digits.

    FNV-1a, 64 bits, over the pairs sorted by name, each part followed by 0xFF
    (prometheus/common, model/signature.go and model/fingerprinting.go).
    """
    value = _FNV_OFFSET
    for name, content in sorted(labels.items()):
        value = _absorb(value, name, content)
    return f"{value:016x}"


@lru_cache(maxsize=16_384)  # most alerts begin with the labels of another, or have the same
def _absorb(value: int, name: str, content: str) -> int:
    for byte in b"%b\xff%b\xff" % (name.encode(), content.encode()):
        value = (value ^ byte) * _FNV_PRIME & _MASK
    return value
