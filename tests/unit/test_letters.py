"""Dead letters: the record as it was, and in its headers why it is one and where it stood."""

from __future__ import annotations

from dataclasses import dataclass

from models.rejections import Rejection, RejectionReason
from streams.letters import dead_letter


@dataclass(frozen=True)
class Unreadable:
    """A record whose value is no text."""

    key: bytes | None = b"\xff"
    value: bytes | None = b"\xfe\x00"
    timestamp: int = 1_795_348_800_000
    headers: tuple[tuple[str, bytes], ...] = (("trace", b"\x01"),)


def test_key_value_and_headers_are_kept_and_ours_stand_behind_them() -> None:
    rejection = Rejection(RejectionReason.BAD_UTF8, "byte 0xfe at 0")
    assert dead_letter("x.community.events.v1", 3, 17, Unreadable(), rejection) == (
        b"\xff",
        b"\xfe\x00",
        [
            ("trace", b"\x01"),
            ("pulse-reason", b"bad_utf8"),
            ("pulse-detail", b"byte 0xfe at 0"),
            ("pulse-topic", b"x.community.events.v1"),
            ("pulse-partition", b"3"),
            ("pulse-offset", b"17"),
            ("pulse-timestamp", b"1795348800000"),
        ],
    )


def test_a_tombstone_stays_one() -> None:
    rejection = Rejection(RejectionReason.EMPTY, "no value")
    key, value, _ = dead_letter("events", 0, 0, Unreadable(key=None, value=None), rejection)
    assert (key, value) == (None, None)


def test_a_detail_is_cut_and_can_be_written_whatever_it_quotes() -> None:
    rejection = Rejection(RejectionReason.BAD_JSON, "\ud800" + "ü" * 1_000)
    _, _, headers = dead_letter("events", 0, 0, Unreadable(), rejection)
    assert dict(headers)["pulse-detail"].decode() == "?" + "ü" * 499
