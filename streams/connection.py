"""The connection to Kafka, from the standard `KAFKA_…` environment variables (contract, section 7).

One frozen description, and what each of the two clients wants to hear of it: aiokafka (inside
Faust) and kafka-python (administration, producing files, reading the alert topics).
"""

import os
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import faust
from faust.types.auth import CredentialsT
from yarl import URL

from rules.documents import DocumentError

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")

_SERVER: Final = re.compile(r"[^\s/]+:(\d{1,5})", re.ASCII)
_LAST_PORT: Final = 65_535


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach and enter the cluster; `password` never appears in its representation."""

    bootstrap_servers: tuple[str, ...]
    protocol: str = "PLAINTEXT"
    mechanism: str | None = None
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None

    @property
    def servers(self) -> str:
        """The bootstrap servers as Kafka writes them."""
        return ",".join(self.bootstrap_servers)

    def password(self) -> str | None:
        """Read the password from its file, without a trailing line end."""
        if self.password_file is None:
            return None
        return self.password_file.read_text(encoding="utf-8").rstrip("\r\n")

    def tls_context(self) -> ssl.SSLContext | None:
        """Return the TLS context, or None where the protocol has no TLS."""
        if "SSL" not in self.protocol:
            return None
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.certificate_file is not None:
            context.load_cert_chain(self.certificate_file, self.key_file)
        return context

    def faust_broker(self) -> list[URL]:
        """Return the brokers as Faust names them."""
        return [URL(f"kafka://{server}") for server in self.bootstrap_servers]

    def faust_credentials(self) -> CredentialsT | None:
        """Return the credentials as Faust takes them; None for a plain connection."""
        context = self.tls_context()
        if self.protocol.startswith("SASL"):
            return faust.SASLCredentials(
                username=self.username,
                password=self.password(),
                mechanism=self.mechanism,
                ssl_context=context,
            )
        return faust.SSLCredentials(context) if context is not None else None

    def aiokafka(self) -> dict[str, Any]:
        """Return the arguments that every client of aiokafka takes."""
        arguments: dict[str, Any] = {
            "bootstrap_servers": list(self.bootstrap_servers),
            "security_protocol": self.protocol,
            "ssl_context": self.tls_context(),
        }
        if self.protocol.startswith("SASL"):
            arguments["sasl_mechanism"] = self.mechanism
            arguments["sasl_plain_username"] = self.username
            arguments["sasl_plain_password"] = self.password()
        return arguments

    def kafka_python(self) -> dict[str, Any]:
        """Return the arguments that every client of kafka-python takes."""
        arguments: dict[str, Any] = {
            "bootstrap_servers": list(self.bootstrap_servers),
            "security_protocol": self.protocol,
        }
        context = self.tls_context()
        if context is not None:
            arguments["ssl_context"] = context
        if self.protocol.startswith("SASL"):
            arguments["sasl_mechanism"] = self.mechanism
            arguments["sasl_plain_username"] = self.username
            arguments["sasl_plain_password"] = self.password()
        return arguments


def read_connection(environment: Mapping[str, str] = os.environ) -> Connection:
    """Read the `KAFKA_…` variables; DocumentError names the one that is missing or wrong."""
    servers = environment.get("KAFKA_BOOTSTRAP_SERVERS", "")
    names = tuple(name.strip() for name in servers.split(",") if name.strip())
    if not names:
        raise DocumentError(
            "KAFKA_BOOTSTRAP_SERVERS", "", "is not set: the cluster's host:port, several by commas"
        )
    for name in names:
        server = _SERVER.fullmatch(name)
        if server is None or not 1 <= int(server[1]) <= _LAST_PORT:
            raise DocumentError("KAFKA_BOOTSTRAP_SERVERS", "", f"not host:port: {name!r}")
    protocol = _choice(environment, "KAFKA_SECURITY_PROTOCOL", PROTOCOLS) or "PLAINTEXT"
    mechanism = _choice(environment, "KAFKA_SASL_MECHANISM", MECHANISMS)
    username = environment.get("KAFKA_SASL_USERNAME")
    password_file = _file(environment, "KAFKA_SASL_PASSWORD_FILE")
    if protocol.startswith("SASL"):
        mechanism = mechanism or "PLAIN"
        if not username or password_file is None:
            raise DocumentError(
                "KAFKA_SECURITY_PROTOCOL",
                "",
                f"{protocol} needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD_FILE",
            )
    connection = Connection(
        names,
        protocol,
        mechanism,
        username,
        password_file,
        _file(environment, "KAFKA_SSL_CAFILE"),
        _file(environment, "KAFKA_SSL_CERTFILE"),
        _file(environment, "KAFKA_SSL_KEYFILE"),
    )
    _check_secrets(connection)
    return connection


def _choice(environment: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str | None:
    # `${PROTOCOL:-}` in a container's file sets an empty text.
    value = environment.get(name) or None
    if value is not None and value not in allowed:
        raise DocumentError(name, "", f"{value!r} is not one of {', '.join(allowed)}")
    return value


def _file(environment: Mapping[str, str], name: str) -> Path | None:
    value = environment.get(name)
    if not value:
        return None
    path = Path(value)
    with _told_of(name):
        if not path.is_file():
            raise DocumentError(name, "", f"no such file: {value}")
    return path


def _check_secrets(connection: Connection) -> None:
    """Use every file once, so that a wrong one is told of now and by its name."""
    with _told_of("KAFKA_SASL_PASSWORD_FILE"):
        connection.password()
    has_key_alone = connection.key_file is not None and connection.certificate_file is None
    if "SSL" in connection.protocol and has_key_alone:
        raise DocumentError("KAFKA_SSL_KEYFILE", "", "needs KAFKA_SSL_CERTFILE")
    with _told_of("KAFKA_SSL_CAFILE"):
        replace(connection, certificate_file=None).tls_context()
    with _told_of("KAFKA_SSL_CERTFILE"):
        connection.tls_context()


@contextmanager
def _told_of(name: str) -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError:
        raise DocumentError(name, "", "is not UTF-8") from None
    except OSError as error:
        raise DocumentError(name, "", f"cannot be used: {error.strerror or error}") from None
