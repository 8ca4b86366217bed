"""Law 2: the same decision gives the same bytes, in whatever process and after whatever else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from models.alerts import Transition
from models.documents import encode
from rules.records import Recorder
from tests.builders import DEPLOYMENT, catalogue, record_of, shipped_outputs

ROOT = Path(__file__).parents[2]

IN_ANOTHER_PROCESS = """
import sys
from models.documents import encode
from tests.builders import record_of, shipped_outputs
sys.stdout.buffer.write(b"\\n".join(encode(record_of(each)) for each in shipped_outputs()))
"""


def test_another_process_gives_each_decision_the_same_bytes() -> None:
    """What that process keeps in sets stands in another order."""
    ended = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "7"},
        check=True,
        capture_output=True,
        timeout=60,
    )
    assert ended.stdout.split(b"\n") == [encode(record_of(each)) for each in shipped_outputs()]


def test_what_was_recorded_before_changes_no_byte_of_a_record() -> None:
    recorder = Recorder(catalogue(), DEPLOYMENT)
    for output in shipped_outputs():
        if isinstance(output, Transition):
            assert encode(recorder.alert(output)) == encode(record_of(output))
