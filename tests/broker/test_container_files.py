"""The image and the compose file agree with the repository, and with what the service promises."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.broker.container_broker import IMAGE as BROKER_IMAGE

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
PINNED = re.compile(r"^[\w./-]+:v?\d+\.\d+[\w.-]*$")


def dockerfile_instructions() -> list[tuple[str, str]]:
    text = (DOCKER / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines()]
    steps = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    return [(name, rest) for name, rest in steps]


def arguments_of(instruction: str) -> list[str]:
    return [rest for name, rest in dockerfile_instructions() if name == instruction]


def final_stage() -> list[tuple[str, str]]:
    steps = dockerfile_instructions()
    last_from = max(place for place, (name, _) in enumerate(steps) if name == "FROM")
    return steps[last_from:]


def compose() -> dict[str, Any]:
    parsed = yaml.safe_load((DOCKER / "compose.yaml").read_text())
    assert isinstance(parsed, dict)
    return parsed


def services() -> dict[str, dict[str, Any]]:
    found = compose()["services"]
    assert isinstance(found, dict)
    return found


def allowed_by_dockerignore(path: str) -> bool:
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    return any(
        path == rule[1:] or path.startswith(rule[1:] + "/") for rule in rules if rule[0] == "!"
    )


def copied_sources() -> list[str]:
    copies = [shlex.split(rest) for rest in arguments_of("COPY") if "--from=" not in rest]
    return [source for copy in copies for source in copy[:-1]]


def test_the_image_is_built_in_stages_from_pinned_images() -> None:
    bases = [rest.split()[0] for rest in arguments_of("FROM")]
    assert len(bases) >= 2
    assert [base for base in bases if not PINNED.match(base)] == []


def test_the_image_runs_as_a_numeric_user_that_is_not_root() -> None:
    users = [rest for name, rest in final_stage() if name == "USER"]
    assert users == ["10001:10001"]


def test_the_image_checks_the_worker_s_health_where_the_worker_serves_it() -> None:
    (check,) = (rest for name, rest in final_stage() if name == "HEALTHCHECK")
    (command,) = (rest for name, rest in final_stage() if name == "CMD")
    assert "http://127.0.0.1:6066/healthz" in check
    assert '"--web-port", "6066"' in command


@pytest.mark.parametrize("source", copied_sources())
def test_what_the_image_copies_exists_and_is_sent_to_the_builder(source: str) -> None:
    assert (ROOT / source).exists()
    assert allowed_by_dockerignore(source)


def test_every_package_of_the_wheel_is_copied_into_the_image() -> None:
    assert {"models", "rules", "streams"} <= set(copied_sources())


def test_every_service_has_a_pinned_image() -> None:
    images = {name: service["image"] for name, service in services().items()}
    assert {name: image for name, image in images.items() if not PINNED.match(image)} == {}


def test_compose_runs_the_same_kafka_as_the_demo() -> None:
    assert services()["kafka"]["image"] == BROKER_IMAGE


def test_every_lasting_service_is_checked_for_health() -> None:
    checked = {
        name for name, service in services().items() if "test" in service.get("healthcheck", {})
    }
    # The worker's check is the image's, tested above.
    assert checked | {"worker"} == set(services()) - {"topics"}


def test_the_worker_waits_for_a_healthy_broker_and_its_topics() -> None:
    assert services()["worker"]["depends_on"] == {
        "kafka": {"condition": "service_healthy"},
        "topics": {"condition": "service_completed_successfully"},
    }


def test_the_broker_keeps_its_data_in_a_named_volume() -> None:
    folder = services()["kafka"]["environment"]["KAFKA_LOG_DIRS"]
    assert services()["kafka"]["volumes"] == [f"kafka-data:{folder}"]
    assert "kafka-data" in compose()["volumes"]


def test_pulse_reaches_the_broker_at_an_address_that_it_advertises() -> None:
    used = services()["worker"]["environment"]["KAFKA_BOOTSTRAP_SERVERS"]
    advertised = services()["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    assert used in [listener.split("://")[1] for listener in advertised.split(",")]


def test_every_mounted_file_exists() -> None:
    mounts = [mount for service in services().values() for mount in service.get("volumes", [])]
    sources = [mount.split(":")[0] for mount in mounts if mount.startswith(".")]
    assert len(sources) >= 4
    assert [source for source in sources if not (DOCKER / source).exists()] == []


def test_prometheus_scrapes_the_worker_and_loads_rules_that_exist() -> None:
    settings = yaml.safe_load((DOCKER / "prometheus.yaml").read_text())
    (job,) = settings["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["worker:6066"]}]
    names = [Path(rules).name for rules in settings["rule_files"]]
    assert names
    assert [name for name in names if not (ROOT / "deploy" / "prometheus" / name).exists()] == []
