"""How far a changelog partition is known, as it stands in the local store."""

from typing import Final, NamedTuple

import msgspec


class Position(NamedTuple):
    """The changelog is known up to before the offset `end`.

    `marker` is the value of the newest marker and `place` its offset; `disturbed` are the keys that
    must be written once more (`models.recovered`).
    """

    end: int
    marker: bytes | None = None
    place: int = -1
    disturbed: dict[bytes, int] = {}  # noqa: RUF012 (never changed)


NOTHING: Final = Position(0)
_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(tuple[int, bytes | None, int, dict[bytes, int]])


def encode_position(position: Position) -> bytes:
    """Return the position as bytes."""
    return _encode(tuple(position))


def decode_position(value: bytes) -> Position:
    """Return the position that `encode_position` was given."""
    return Position(*_decoder.decode(value))
