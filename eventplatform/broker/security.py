"""How a Kafka cluster is reached: TLS, and the account by SASL; one declaration gives both clients their settings."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from eventplatform.core.errors import FatalError

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")


class SecurityInvalidError(FatalError):
    """The settings of TLS and SASL contradict each other, or name a file that can't be read."""

    code = "log.security_invalid"
    message = "Kafka can't be reached like this: {reason}."
    remedy = "Mend KAFKA_SECURITY_PROTOCOL and the settings that go with it, or the target's options of the same names."


@dataclass(frozen=True, slots=True)
class Security:
    """Kafka's own words. Empty names mean: not used; without a CA file the system's authorities are trusted.

    With OAUTHBEARER, `username` and `password` are the client id and secret for the token endpoint `token_url`.
    """

    protocol: str = "PLAINTEXT"
    mechanism: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""
    key_password: str = field(default="", repr=False)
    token_url: str = ""
    token_scope: str = ""

    def __post_init__(self) -> None:
        reason = self._contradiction()
        if reason:
            raise SecurityInvalidError(reason=reason)

    @property
    def is_tls(self) -> bool:
        """Whether what is sent is encrypted."""
        return self.protocol.endswith("SSL")

    @property
    def is_sasl(self) -> bool:
        """Whether an account is told to the brokers."""
        return self.protocol.startswith("SASL")

    def for_librdkafka(self) -> dict[str, Any]:
        """The settings of confluent-kafka's clients."""
        self._check_files()
        found: dict[str, Any] = {
            "security.protocol": self.protocol,
            "ssl.ca.location": self.ca_file,
            "ssl.certificate.location": self.certificate_file,
            "ssl.key.location": self.key_file,
            "ssl.key.password": self.key_password,
            "sasl.mechanism": self.mechanism if self.is_sasl else "",
        }
        if self.mechanism == "OAUTHBEARER":
            found |= self._own_tokens()
        elif self.is_sasl:
            found |= {"sasl.username": self.username, "sasl.password": self.password}
        return {name: value for name, value in found.items() if value}

    def for_kafka_python(self) -> dict[str, Any]:
        """The settings of kafka-python's clients."""
        self._check_files()
        found: dict[str, Any] = {
            "security_protocol": self.protocol,
            "ssl_cafile": self.ca_file,
            "ssl_certfile": self.certificate_file,
            "ssl_keyfile": self.key_file,
            "ssl_password": self.key_password,
            "sasl_mechanism": self.mechanism if self.is_sasl else "",
        }
        if self.mechanism == "OAUTHBEARER":
            from eventplatform.broker.kafka.tokens import for_kafka_python

            found["sasl_oauth_token_provider"] = for_kafka_python(self)
        elif self.is_sasl:
            found |= {"sasl_plain_username": self.username, "sasl_plain_password": self.password}
        return {name: value for name, value in found.items() if value}

    def _own_tokens(self) -> dict[str, str]:
        """Librdkafka asks for tokens by itself; a callback of ours would hold up whoever makes the client."""
        return {
            "sasl.oauthbearer.method": "oidc",
            "sasl.oauthbearer.token.endpoint.url": self.token_url,
            "sasl.oauthbearer.client.id": self.username,
            "sasl.oauthbearer.client.secret": self.password,
            "sasl.oauthbearer.scope": self.token_scope,
            "https.ca.location": self.ca_file,
        }

    def _contradiction(self) -> str:
        """Why these words can't stand together; empty where they can."""
        if self.protocol not in PROTOCOLS:
            return f"the protocol is one of {', '.join(PROTOCOLS)}"
        if not self.is_sasl:
            return "a SASL mechanism needs the protocol SASL_SSL or SASL_PLAINTEXT" if self.mechanism else self._of_files()
        if self.mechanism not in MECHANISMS:
            return f"the SASL mechanism is one of {', '.join(MECHANISMS)}"
        if not self.username or not self.password:
            return f"{self.mechanism} needs a user name and a password"
        if (self.mechanism == "OAUTHBEARER") != bool(self.token_url):
            return "a token URL and the mechanism OAUTHBEARER belong together"
        return self._of_files()

    def _of_files(self) -> str:
        if (self.ca_file or self.certificate_file) and not self.is_tls:
            return "certificates need the protocol SSL or SASL_SSL"
        if bool(self.certificate_file) != bool(self.key_file):
            return "a certificate and its key belong together"
        return ""

    def _check_files(self) -> None:
        for path in (self.ca_file, self.certificate_file, self.key_file):
            if path and not os.access(path, os.R_OK):
                raise SecurityInvalidError(reason=f"the file {path} can't be read")


PLAINTEXT = Security()
