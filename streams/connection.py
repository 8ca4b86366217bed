"""The connection to Kafka, from the standard `KAFKA_…` environment variables (contract, section 7).

One frozen description, and what each of the two clients wants to hear of it: aiokafka (inside
Faust) and kafka-python (administration, producing files, reading the alert topics).
"""

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faust
from faust.types.auth import CredentialsT
from yarl import URL

from rules.documents import DocumentError

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


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
        if not name.rpartition(":")[2].isdigit():
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
    return Connection(
        names,
        protocol,
        mechanism,
        username,
        password_file,
        _file(environment, "KAFKA_SSL_CAFILE"),
        _file(environment, "KAFKA_SSL_CERTFILE"),
        _file(environment, "KAFKA_SSL_KEYFILE"),
    )


def _choice(environment: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str | None:
    value = environment.get(name)
    if value is not None and value not in allowed:
        raise DocumentError(name, "", f"{value!r} is not one of {', '.join(allowed)}")
    return value


def _file(environment: Mapping[str, str], name: str) -> Path | None:
    value = environment.get(name)
    if not value:
        return None
    path = Path(value)
    if not path.is_file():
        raise DocumentError(name, "", f"no such file: {value}")
    return path
