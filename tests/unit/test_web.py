"""The worker's pages: every playbook that an alert may link to, and no other."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import ClientSession
from yarl import URL

from rules.catalogue import Catalogue
from streams.catalogue import shipped_playbooks
from streams.metrics import Metrics
from streams.web import Readiness, WebServer, bind
from tests.builders import catalogue_with


def ready() -> Readiness:
    return Readiness(True, "ready")


def nothing() -> None:
    """No gauge to refresh."""


async def got(catalogue: Catalogue, path: str) -> tuple[int, str, str]:
    """What a worker with that catalogue answers: status, media type, text."""
    bound = bind("127.0.0.1", 0)
    server = WebServer(bound, Metrics(catalogue, "0"), catalogue, ready, nothing)
    await server.start()
    try:
        address = URL(f"http://127.0.0.1:{bound.getsockname()[1]}{path}", encoded=True)
        async with ClientSession() as session, session.get(address) as response:
            return response.status, response.content_type, await response.text()
    finally:
        await server.stop()


LADDER = {"first": "recall-gift-pack", "second": "free-upgrade", "third": "free-upgrade"}
SERVED = [
    ("the usual one of a rule", "launch-topic-challenge"),
    ("one of a case", "recall-gift-pack"),
    ("one of two cases", "free-upgrade"),
    ("one of another rule", "targeted-activation-plan"),
]


@pytest.mark.parametrize("name", [pytest.param(name, id=case) for case, name in SERVED])
def test_a_playbook_that_a_rule_names_in_any_case_is_served(name: str) -> None:
    known = catalogue_with("speech-density-drop", playbook_cases=LADDER)
    answer = asyncio.run(got(known, f"/playbooks/{name}"))
    assert answer == (200, "text/markdown", shipped_playbooks()[name].body)


NOT_SERVED = [
    ("one that no rule names", "targeted-activation-plan"),
    ("one that does not exist", "no-such-thing"),
    ("a file elsewhere", "..%2Fdefinitions%2Fmember-silent"),
]


@pytest.mark.parametrize("name", [pytest.param(name, id=case) for case, name in NOT_SERVED])
def test_a_playbook_that_no_rule_of_the_worker_names_is_not_found(name: str) -> None:
    known = catalogue_with("speech-density-drop", playbook_cases=LADDER)
    only = {"speech-density-drop": known["speech-density-drop"]}
    answer = asyncio.run(got(only, f"/playbooks/{name}"))
    assert answer == (404, "text/plain", "no such playbook\n")
