"""`pulse explain`: each alert record of a file, judged again from the record alone."""

from collections.abc import Callable

from models.documents import parse
from rules.catalogue import Catalogue
from rules.explain import explain
from streams.lines import read_lines
from streams.progress import file_bar


def explain_file(file: str, catalogue: Catalogue, say: Callable[[str], None]) -> int:
    """Say one sentence per record; return how many do not match. FileError as `read_lines`."""
    mismatches = 0
    with file_bar("explaining", file) as watch:
        for number, line in enumerate(read_lines(file, watch), 1):
            try:
                record = parse(line)
            except ValueError as error:
                mismatches += 1
                say(f"line {number}: not JSON: {error}")
                continue
            explanation = explain(record, catalogue)
            mark = "" if explanation.matches else "MISMATCH "
            mismatches += not explanation.matches
            identity = record.get("id") if isinstance(record, dict) else None
            say(f"{identity or f'line {number}'}: {mark}{explanation.sentence}")
    return mismatches
