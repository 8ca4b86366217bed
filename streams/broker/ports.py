"""Free TCP ports for a broker."""

import random
import socket

from streams.broker.handle import BrokerError

# Below those that systems hand out to clients (from 32768 on Linux, 49152 elsewhere), as binding
# to port 0 does: while a broker restarts, a client's end of a connection must not take its place.
_PORTS = range(20000, 32768)
_TRIES = 200


def free_ports(address: str, count: int) -> list[int]:
    """Return `count` different ports on which nobody listens at `address` now.

    Raises:
        BrokerError: 200 tries did not find as many.
    """
    found: list[int] = []
    for port in random.SystemRandom().sample(_PORTS, _TRIES):
        if len(found) == count:
            break
        with socket.socket() as trial:
            try:
                trial.bind((address, port))
            except OSError:
                continue
        found.append(port)
    if len(found) < count:
        raise BrokerError(f"no free port at {address} between {_PORTS.start} and {_PORTS.stop}")
    return found
