"""What the environment says of the connection to Kafka, and what each client hears of it."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth

from rules.documents import DocumentError
from streams.connection import MECHANISMS, Connection, read_connection

SERVERS = "one.example.org:9092, two.example.org:9093"
PASSWORD = "correct horse"
AUTHORITY = """\
-----BEGIN CERTIFICATE-----
MIIBljCCATugAwIBAgIUPrAWhMHV/6oeQXspJNMICawqUTQwCgYIKoZIzj0EAwIw
HzEdMBsGA1UEAwwUUHVsc2UgdGVzdCBhdXRob3JpdHkwIBcNMjYxMTI5MDE1MTQ3
WhgPMjEyNjExMDUwMTUxNDdaMB8xHTAbBgNVBAMMFFB1bHNlIHRlc3QgYXV0aG9y
aXR5MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEFMRfC9XnO6wf76cWWfOl9s0X
OAlFrmmqgCAVy7RXcOuIfNnb4ejRl3oHZ6lYi3efGXUN+ZkJudsnSrcu+3xq26NT
MFEwHQYDVR0OBBYEFLhTsBNpZmoMn/gSsrOLbBZeHM0AMB8GA1UdIwQYMBaAFLhT
sBNpZmoMn/gSsrOLbBZeHM0AMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwID
SQAwRgIhAJhTCGiXo//jZe1N1cr4Q2BT2V2/7fMdoUF3l/Ybu4w/AiEAtDTCzJAT
lp9WjFUDtvDDGCOwlpLaIKkGkrlrjpzvt3s=
-----END CERTIFICATE-----
"""


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files that variables name: a password, an authority."""
    (tmp_path / "password").write_text(f"{PASSWORD}\n", encoding="utf-8")
    (tmp_path / "authority.pem").write_text(AUTHORITY, encoding="ascii")
    monkeypatch.chdir(tmp_path)


def read(protocol: str = "PLAINTEXT", **changes: str) -> Connection:
    """The connection of these variables, without `KAFKA_`, and of all that some protocol needs."""
    variables = {
        "BOOTSTRAP_SERVERS": SERVERS,
        "SECURITY_PROTOCOL": protocol,
        "SASL_USERNAME": "pulse",
        "SASL_PASSWORD_FILE": "password",
        "SSL_CAFILE": "authority.pem",
    }
    return read_connection({f"KAFKA_{name}": text for name, text in (variables | changes).items()})


def heard_by_the_worker(connection: Connection) -> dict[str, Any]:
    """What Faust tells aiokafka."""
    credentials = connection.faust_credentials()
    return dict(credentials_to_aiokafka_auth(credentials, None))


def heard_by_all(connection: Connection) -> list[dict[str, Any]]:
    clients = connection.aiokafka(), connection.kafka_python(), heard_by_the_worker(connection)
    return [{name: told[name] for name in told if told[name] is not None} for told in clients]


def test_without_more_than_servers_the_connection_is_plain() -> None:
    connection = read_connection({"KAFKA_BOOTSTRAP_SERVERS": SERVERS})
    assert connection == Connection(("one.example.org:9092", "two.example.org:9093"))
    for told in heard_by_all(connection):
        assert told["security_protocol"] == "PLAINTEXT"
        assert not any("ssl" in name or "sasl" in name for name in told)


def test_each_client_is_told_of_every_server() -> None:
    connection = read()
    servers = ["one.example.org:9092", "two.example.org:9093"]
    assert connection.aiokafka()["bootstrap_servers"] == servers
    assert connection.kafka_python()["bootstrap_servers"] == servers
    assert [f"{url.host}:{url.port}" for url in connection.faust_broker()] == servers


@pytest.mark.parametrize("protocol", ["SSL", "SASL_SSL"])
def test_tls_checks_the_name_of_the_broker_against_the_given_authority_alone(protocol: str) -> None:
    for told in heard_by_all(read(protocol)):
        context = told["ssl_context"]
        assert told["security_protocol"] == protocol
        assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
        subjects = [dict(pair for (pair,) in each["subject"]) for each in context.get_ca_certs()]
        assert subjects == [{"commonName": "Pulse test authority"}]


@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL"])
@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_each_client_enters_with_the_mechanism_and_the_password_of_the_file(
    protocol: str, mechanism: str
) -> None:
    for told in heard_by_all(read(protocol, SASL_MECHANISM=mechanism)):
        assert told["security_protocol"] == protocol
        assert told["sasl_mechanism"] == mechanism
        assert told["sasl_plain_username"] == "pulse"
        assert told["sasl_plain_password"] == PASSWORD


def test_without_a_mechanism_the_password_is_sent_as_it_is() -> None:
    assert read("SASL_SSL").mechanism == "PLAIN"


def test_the_password_stands_in_no_representation() -> None:
    assert PASSWORD not in repr(read("SASL_SSL"))


REFUSED = [
    ("no servers", {"BOOTSTRAP_SERVERS": " , "}, "BOOTSTRAP_SERVERS", "is not set"),
    ("no port", {"BOOTSTRAP_SERVERS": "a:1,b"}, "BOOTSTRAP_SERVERS", "not host:port: 'b'"),
    ("a port in words", {"BOOTSTRAP_SERVERS": "a:http"}, "BOOTSTRAP_SERVERS", "not host:port"),
    ("another protocol", {"SECURITY_PROTOCOL": "TLS"}, "SECURITY_PROTOCOL", "'TLS' is not one of"),
    ("another mechanism", {"SASL_MECHANISM": "GSSAPI"}, "SASL_MECHANISM", "not one of PLAIN"),
    ("no user", {"SASL_USERNAME": ""}, "SECURITY_PROTOCOL", "needs KAFKA_SASL_USERNAME"),
    ("no password", {"SASL_PASSWORD_FILE": ""}, "SECURITY_PROTOCOL", "KAFKA_SASL_PASSWORD_FILE"),
    ("a lost password", {"SASL_PASSWORD_FILE": "x"}, "SASL_PASSWORD_FILE", "no such file: x"),
    ("a lost authority", {"SSL_CAFILE": "x.pem"}, "SSL_CAFILE", "no such file: x.pem"),
    ("a lost certificate", {"SSL_CERTFILE": "x.pem"}, "SSL_CERTFILE", "no such file: x.pem"),
    ("a lost key", {"SSL_KEYFILE": "x.pem"}, "SSL_KEYFILE", "no such file: x.pem"),
]


@pytest.mark.parametrize(
    ("changes", "variable", "said"), [pytest.param(*row[1:], id=row[0]) for row in REFUSED]
)
def test_a_variable_that_is_wrong_or_missing_is_named(
    changes: dict[str, str], variable: str, said: str
) -> None:
    with pytest.raises(DocumentError) as refusal:
        read(**{"protocol": "SASL_SSL"} | changes)
    assert str(refusal.value).startswith(f"KAFKA_{variable}: ")
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)
