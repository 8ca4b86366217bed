"""The worker's pages: life, readiness, metrics; the rules and playbooks that alerts link to."""

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
from tests.builders import catalogue, catalogue_with, density_alert

READY = Readiness(True, "ready, 4 partitions")
WAITING = Readiness(False, "waiting for partitions")


async def got(catalogue: Catalogue, path: str, ready: Readiness = READY) -> tuple[int, str, str]:
    """What a worker with that catalogue answers: status, media type, text."""
    bound, metrics = bind("127.0.0.1", 0), Metrics(catalogue, "0")

    def refresh() -> None:
        metrics.communities.set(4)

    server = WebServer(bound, metrics, catalogue, lambda: ready, refresh)
    await server.start()
    try:
        address = URL(f"http://127.0.0.1:{bound.getsockname()[1]}{path}", encoded=True)
        async with ClientSession() as session, session.get(address) as response:
            return response.status, response.content_type, await response.text()
    finally:
        await server.stop()


@pytest.mark.parametrize("ready", [READY, WAITING], ids=["ready", "waiting"])
def test_a_worker_that_waits_is_alive_and_says_what_it_waits_for(ready: Readiness) -> None:
    expected = 200 if ready is READY else 503, "text/plain", f"{ready.detail}\n"
    assert asyncio.run(got(catalogue(), "/readyz", ready)) == expected
    assert asyncio.run(got(catalogue(), "/healthz", ready)) == (
        200,
        "text/plain",
        "the loop beats\n",
    )


def test_metrics_are_as_of_the_moment_at_which_they_are_asked_for() -> None:
    status, kind, text = asyncio.run(got(catalogue(), "/metrics"))
    assert (status, kind) == (200, "text/plain")
    assert "\npulse_communities 4.0\n" in text


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
