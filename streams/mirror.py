"""What is known of a changelog partition, in the local store: that need not be read again.

The values that count stand there under the keys of the changelog, byte for byte, with what waits
for its marker and the position up to which the changelog was read or written. A step is written all
at once: whenever the process ends, what is found is what the changelog says up to the position.
"""

from collections.abc import Iterable, Iterator, Set
from typing import Final

from models.position import NOTHING, Position, decode_position, encode_position
from models.recovered import Candidate, Recovered
from models.state import is_outbox_key, outbox_key
from streams.changelog import Record
from streams.local_store import Section

_POSITION: Final = b"i"
_VALUE: Final = b"v"
_WAITING: Final = b"w"
_OFFSET: Final = 8
_OUTBOX: Final = _VALUE + outbox_key(0)[:1]

MOST_BYTES: Final = 4 << 20
"""How much is held back in memory before it is written."""


def position_of(recovered: Recovered, end: int) -> Position:
    """Return the position of a reading that has come to before the offset `end`."""
    return Position(end, recovered.marker, recovered.place, recovered.disturbed)


class Mirror:
    """The contents of one changelog partition (`models.recovered.Contents`), in the local store.

    While the partition is read, changes are held back, and written with the position by `settle`;
    where there are too many before, the position is deleted with them until then: to be killed in
    between costs no more than reading from the start.
    """

    def __init__(self, section: Section) -> None:
        """Open what is there; begin with nothing where no position says how far it goes."""
        self._section = section
        self._changes: dict[bytes, bytes | None] = {}
        self._size = 0
        self._waiting: dict[bytes, list[Candidate]] = {}
        self._waiting_size = 0
        self._spilled: set[bytes] = set()
        found = section.get(_POSITION)
        if found is None:
            self.clear()
        else:
            self.position = decode_position(found)
            self._spilled = {key[1:-_OFFSET] for key, _ in section.scan(_WAITING)}

    def clear(self) -> None:
        """Forget everything."""
        self._section.write([], [b""])
        self._changes.clear()
        self._waiting.clear()
        self._spilled.clear()
        self._size = self._waiting_size = 0
        self.position = NOTHING

    # While the partition is read ----------------------------------------------------------------

    def get(self, key: bytes) -> bytes | None:
        """Return the value that counts, where there is one."""
        try:
            return self._changes[_VALUE + key]
        except KeyError:
            return self._section.get(_VALUE + key)

    def put(self, key: bytes, value: bytes) -> None:
        """Let the value count."""
        self._change(_VALUE + key, value)

    def delete(self, key: bytes) -> None:
        """Forget what counts of the key, and what waits of it."""
        self._change(_VALUE + key, None)
        self._waiting.pop(key, None)
        if key in self._spilled:
            self._spilled.discard(key)
            for stored, _ in self._section.scan(_WAITING + key):
                if len(stored) == 1 + len(key) + _OFFSET:
                    self._change(stored, None)

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield keys that begin with `prefix`, in their order, and the values that count."""
        assert not self._changes, "what was read is not settled"
        for key, value in self._section.scan(_VALUE + prefix):
            yield key[1:], value

    def wait(self, candidate: Candidate) -> None:
        """Keep a value that waits for its marker."""
        self._waiting.setdefault(candidate.key, []).append(candidate)
        self._waiting_size += len(candidate.value)
        if self._waiting_size > MOST_BYTES:
            self._spill()

    def waiting(self) -> Set[bytes]:
        """Return the keys of which something waits."""
        return self._waiting.keys() | self._spilled

    def take_waiting(self) -> Iterable[Candidate]:
        """Give out all that waits, in the order of the log for each key; nothing waits then."""
        waiting, self._waiting, self._waiting_size = self._waiting, {}, 0
        if self._spilled:
            self._spilled = set()
            # Changes that are held back may be of what stands there.
            self._write_changes()
            for key, value in self._section.scan(_WAITING):
                self._change(key, None)
                offset = int.from_bytes(key[-_OFFSET:], "big")
                yield Candidate(key[1:-_OFFSET], offset, value)
        for candidates in waiting.values():
            yield from candidates

    def settle(self, position: Position) -> None:
        """Write what was held back, and the position that it belongs to."""
        if self._waiting:
            self._spill()
        self._changes[_POSITION] = encode_position(position)
        self._section.write(self._changes.items())
        self._changes.clear()
        self._size = 0
        self.position = position

    def _change(self, key: bytes, value: bytes | None) -> None:
        self._changes[key] = value
        self._size += len(key) + len(value or b"")
        if self._size > MOST_BYTES:
            self._write_changes()

    def _spill(self) -> None:
        for candidates in self._waiting.values():
            for key, offset, value in candidates:
                self._changes[_WAITING + key + offset.to_bytes(_OFFSET, "big")] = value
        self._spilled |= self._waiting.keys()
        self._waiting, self._waiting_size = {}, 0
        self._write_changes()

    def _write_changes(self) -> None:
        self._section.write([*self._changes.items(), (_POSITION, None)])
        self._changes.clear()
        self._size = 0

    # While the partition is owned ---------------------------------------------------------------

    def begin(self, repairs: Iterable[Record], position: Position) -> None:
        """Note the takeover of the partition: what waited or was disturbed is made good."""
        self._spilled.clear()
        changes = [(_VALUE + key, value) for key, value in repairs]
        self._section.write(
            [*changes, (_POSITION, encode_position(position))], cleared=[_WAITING, _OUTBOX]
        )
        self.position = position

    def write(self, records: Iterable[Record], position: Position) -> None:
        """Note a batch whose alerts are published: its outbox is not needed any more."""
        changes = [(_VALUE + key, value) for key, value in records if not is_outbox_key(key)]
        changes.append((_POSITION, encode_position(position)))
        self._section.write(changes)
        self.position = position
