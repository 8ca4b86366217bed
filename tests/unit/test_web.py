"""The worker's pages: every rule and playbook that an alert may link to, and no other."""

from __future__ import annotations

import asyncio
import re

import pytest
from aiohttp import ClientSession
from yarl import URL

from rules.catalogue import Catalogue
from rules.configuration import DeploymentSection
from rules.records import Recorder
from streams.catalogue import shipped_catalogue, shipped_playbooks
from streams.metrics import Metrics
from streams.web import Readiness, WebServer, bind
from tests.builders import catalogue_with, density_alert


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
def test_another_playbook_is_not(name: str) -> None:
    known = catalogue_with("speech-density-drop", playbook_cases=LADDER)
    only = {"speech-density-drop": known["speech-density-drop"]}
    answer = asyncio.run(got(only, f"/playbooks/{name}"))
    assert answer == (404, "text/plain", "no such playbook\n")


@pytest.mark.parametrize("rule_id", shipped_catalogue())
def test_the_page_of_every_rule_is_served_and_its_links_lead_on(rule_id: str) -> None:
    known = shipped_catalogue()

    status, media_type, text = asyncio.run(got(known, f"/rules/{rule_id}"))

    assert (status, media_type) == (200, "text/markdown")
    assert text.startswith(f"# {rule_id}\n")
    linked = re.findall(r"\]\(\.\./playbooks/([^)]*)\)", text)
    assert set(linked) == {book.id for book in known[rule_id].playbooks}
    assert "rules/playbooks" not in text


def test_where_an_alert_says_it_comes_from_a_worker_answers() -> None:
    known = shipped_catalogue()
    record = Recorder(known, DeploymentSection(base_url="http://pulse")).alert(density_alert())
    address = record["data"]["generatorURL"].removeprefix("http://pulse")

    status, _, text = asyncio.run(got(known, address))

    assert address.startswith("/rules/")
    assert (status, text.splitlines()[0]) == (200, f"# {record['data']['rule']['id']}")


def test_a_rule_that_is_not_there_is_not_served() -> None:
    answer = asyncio.run(got(shipped_catalogue(), "/rules/no-such-rule"))
    assert answer == (404, "text/plain", "no such rule\n")
