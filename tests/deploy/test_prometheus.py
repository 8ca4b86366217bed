"""The alert rules are valid, each fires and keeps quiet when it should, and each is explained."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "prometheus"
TEST_FILES = ("pulse-alerts.test.yaml", "pulse-alerts.slow.test.yaml")
ANNOTATIONS = {"summary", "description", "runbook_url"}
METRIC = re.compile(r"\bpulse_[a-z_]+")
HISTOGRAM_SERIES = re.compile(r"_(bucket|sum|count)$")

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None,
    reason="promtool is not installed (it comes with Prometheus; on Debian: package prometheus)",
)


def read(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text("utf-8"))


def rules() -> list[dict[str, Any]]:
    return [rule for group in read("pulse-alerts.yaml")["groups"] for rule in group["rules"]]


RULES = {rule["alert"]: rule for rule in rules()}


def situations(alert: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each tested situation of the alert: the group with its series, and what is expected."""
    for name in TEST_FILES:
        for group in read(name)["tests"]:
            for case in group["alert_rule_test"]:
                if case["alertname"] == alert:
                    yield group, case


def promtool(*arguments: str) -> str:
    """Run promtool beside the rules; return what it wrote, and fail where it failed."""
    command = ["promtool", *arguments]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_promtool
def test_promtool_finds_no_fault_in_the_rules() -> None:
    assert f"{len(RULES)} rules found" in promtool(
        "check", "rules", "--lint-fatal", "pulse-alerts.yaml"
    )


@needs_promtool
@pytest.mark.parametrize("name", TEST_FILES)
def test_every_alert_fires_and_keeps_quiet_when_it_should(name: str) -> None:
    assert "SUCCESS" in promtool("test", "rules", name)


@needs_promtool
def test_the_example_configuration_loads_the_rules() -> None:
    assert "1 rule files found" in promtool("check", "config", "--lint=all", "scrape.example.yaml")


def test_no_two_alerts_share_a_name() -> None:
    assert len(RULES) == len(rules())


def test_the_example_scrapes_the_job_that_the_rules_ask_for() -> None:
    jobs = {scrape["job_name"] for scrape in read("scrape.example.yaml")["scrape_configs"]}
    asked = {job for rule in rules() for job in re.findall(r'job="([^"]*)"', rule["expr"])}
    assert jobs == asked == {"pulse"}


@pytest.mark.parametrize("alert", RULES)
def test_an_alert_is_named_graded_and_annotated_as_prometheus_people_expect(alert: str) -> None:
    rule = RULES[alert]
    assert re.fullmatch(r"Pulse([A-Z][a-z]+)+", alert)
    assert rule["labels"].keys() == {"severity"}
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    assert rule["annotations"].keys() == ANNOTATIONS
    assert re.fullmatch(r"[A-Z][^{}]*\.", rule["annotations"]["summary"])


@pytest.mark.parametrize("alert", RULES)
def test_an_alert_has_a_situation_in_which_it_fires_with_all_its_annotations(alert: str) -> None:
    fired = [each for _, case in situations(alert) for each in case.get("exp_alerts") or ()]
    assert fired
    assert all(each["exp_annotations"].keys() == ANNOTATIONS for each in fired)


@pytest.mark.parametrize("alert", RULES)
def test_an_alert_has_a_situation_with_all_its_metrics_in_which_it_keeps_quiet(alert: str) -> None:
    needed = set(re.findall(r"\b(?:pulse_[a-z_]+|up)(?={)", RULES[alert]["expr"]))
    quiet = [
        {series["series"].partition("{")[0] for series in group["input_series"]}
        for group, case in situations(alert)
        if not case.get("exp_alerts")
    ]
    if alert == "PulseInputUnknown":
        # It is about a metric that is missing; where it is there, the alert must keep quiet.
        needed -= {"pulse_consumer_lag_records"}
    if alert == "PulseRestarting":
        # Its two metrics are alternatives.
        needed -= {"up"}
    assert any(needed <= present for present in quiet)


@pytest.mark.parametrize("alert", RULES)
def test_an_alert_links_to_its_section_of_the_runbook(alert: str) -> None:
    sections = re.split(r"^## ", (FOLDER / "runbook.md").read_text("utf-8"), flags=re.MULTILINE)
    section = next(each for each in sections if each.startswith(f"{alert}\n"))
    headings = re.findall(r"^### (\w+)\n+\S", section, flags=re.MULTILINE)
    assert headings == ["Meaning", "Impact", "Diagnosis", "Mitigation"]
    address = RULES[alert]["annotations"]["runbook_url"]
    assert address.endswith(f"/deploy/prometheus/runbook.md#{alert.lower()}")


def test_the_runbook_has_no_section_without_an_alert() -> None:
    text = (FOLDER / "runbook.md").read_text("utf-8")
    assert re.findall(r"^## (\S+)$", text, flags=re.MULTILINE) == list(RULES)


def test_one_replacement_moves_all_links_to_the_runbook() -> None:
    addresses = {rule["annotations"]["runbook_url"].partition("/deploy/")[0] for rule in rules()}
    assert addresses == {"https://pulse.example.org"}


def test_the_rules_use_only_metrics_that_the_worker_exposes() -> None:
    from streams.metrics import METRIC_NAMES

    used = {name for rule in rules() for name in METRIC.findall(rule["expr"])}
    unknown = used - METRIC_NAMES
    assert {HISTOGRAM_SERIES.sub("", name) for name in unknown} <= METRIC_NAMES
    assert unknown <= {"pulse_day_close_delay_seconds_bucket"}


def test_no_label_of_a_rule_names_a_community_or_a_member() -> None:
    for rule in rules():
        assert not re.search(r"community_id|member_id|user_id", rule["expr"])
