"""The connection to Kafka: what the environment says, and one line for each thing it says wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.documents import DocumentError
from streams.connection import Connection, read_connection

SERVER = "kafka-1:9092"


def read(**environment: str | Path) -> Connection:
    texts = {name: str(value) for name, value in environment.items()}
    return read_connection({"KAFKA_BOOTSTRAP_SERVERS": SERVER, **texts})


def refused(**environment: str | Path) -> str:
    with pytest.raises(DocumentError) as caught:
        read(**environment)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def rubbish(tmp_path: Path) -> Path:
    path = tmp_path / "rubbish"
    path.write_bytes(b"\xff\xfe neither text nor PEM")
    return path


@pytest.mark.parametrize(
    "servers", ["kafka-1:9092", "10.0.0.1:1", "[::1]:9092", "a:9092, b:65535 ,", "Ωmega:9092"]
)
def test_servers_are_read(servers: str) -> None:
    names = tuple(name.strip() for name in servers.split(",") if name.strip())
    assert read(KAFKA_BOOTSTRAP_SERVERS=servers).bootstrap_servers == names


@pytest.mark.parametrize(
    "server",
    ["kafka-1", "9092", ":9092", "kafka-1:", "kafka-1:0", "kafka-1:65536", "kafka-1:²",
     "kafka://kafka-1:9092", "two words:9092"],
)  # fmt: skip
def test_a_server_that_is_no_host_and_port_is_named(server: str) -> None:
    said = f"KAFKA_BOOTSTRAP_SERVERS: not host:port: {server!r}"
    assert refused(KAFKA_BOOTSTRAP_SERVERS=f"{SERVER},{server}") == said


def test_what_is_set_to_nothing_is_not_set() -> None:
    nothing = {
        "KAFKA_SECURITY_PROTOCOL": "", "KAFKA_SASL_MECHANISM": "", "KAFKA_SASL_USERNAME": "",
        "KAFKA_SASL_PASSWORD_FILE": "", "KAFKA_SSL_CAFILE": "",
    }  # fmt: skip
    assert read(**nothing).kafka_python() == read().kafka_python()


def test_a_password_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("geheim\n", encoding="utf-8")
    found = read(
        KAFKA_SECURITY_PROTOCOL="SASL_PLAINTEXT",
        KAFKA_SASL_USERNAME="pulse",
        KAFKA_SASL_PASSWORD_FILE=file,
    )
    assert found.kafka_python()["sasl_plain_password"] == "geheim"
    assert "geheim" not in repr(found)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("KAFKA_SASL_PASSWORD_FILE", "is not UTF-8"),
        ("KAFKA_SSL_CAFILE", "cannot be used: "),
        ("KAFKA_SSL_CERTFILE", "cannot be used: "),
        ("KAFKA_SSL_KEYFILE", "needs KAFKA_SSL_CERTFILE"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_by_the_variable_that_names_it(
    name: str, problem: str, rubbish: Path
) -> None:
    said = refused(KAFKA_SECURITY_PROTOCOL="SSL", **{name: rubbish})
    assert said.startswith(f"{name}: {problem}")


def test_a_file_that_is_missing_or_has_an_impossible_name_is_told(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert refused(KAFKA_SSL_CAFILE=missing) == f"KAFKA_SSL_CAFILE: no such file: {missing}"
    long = tmp_path / ("a" * 300)
    assert refused(KAFKA_SSL_CAFILE=long) == "KAFKA_SSL_CAFILE: cannot be used: File name too long"
