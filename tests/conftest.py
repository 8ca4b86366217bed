"""What every test may ask for."""

import os
import re
import signal
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from streams.broker import Broker, open_broker

# Deadlines measure the machine and not the code. CI draws the same examples each time, and prints
# what to paste to see a failing one again.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


# A shell starts what it puts in the background with SIGINT ignored, and children inherit that: the
# tests of Ctrl-C must not depend on how the runner was started.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    """One Kafka broker for all tests: the given one, else a container, else the jars."""
    with (
        tempfile.TemporaryDirectory(prefix="pulse-tests-") as folder,
        open_broker(Path(folder, "kafka"), report=print, prefer_container=True) as running,
    ):
        yield running


@pytest.fixture
def topic_prefix(request: pytest.FixtureRequest) -> str:
    """A prefix for this test's topics and groups that no other test or run has."""
    test = re.sub(r"[^a-zA-Z0-9]+", "-", request.node.name)[:40].strip("-")
    return f"{test}-{uuid.uuid4().hex[:8]}."
