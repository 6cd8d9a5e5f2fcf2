"""Tokens for kafka-python by OAuth's client credentials: asked for once, kept until they are about to end."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from kafka.net.sasl.oauth import AbstractTokenProvider

from eventplatform.broker.kafka.errors import TokenUnavailableError
from eventplatform.broker.security import Security

_TIMEOUT_SECONDS = 5.0
_KEPT_SHARE = 0.8  # of a token's life
_LONGEST_ANSWER = 64 * 1024
_SCHEMES = ("https://", "http://")

Token = tuple[str, float]  # and when it ends, in seconds since 1970


class TokenSource:
    """Asks the token endpoint; safe to share between threads."""

    def __init__(self, security: Security) -> None:
        self._security = security
        self._lock = threading.Lock()
        self._kept: Token = ("", 0.0)
        self._ask_again_at = 0.0

    def token(self) -> Token:
        """A token that holds for a while.

        Raises:
            TokenUnavailableError: the endpoint is away, or refuses the client.
        """
        with self._lock:
            now = time.time()
            if now >= self._ask_again_at:
                self._kept = self._ask(now)
                self._ask_again_at = now + (self._kept[1] - now) * _KEPT_SHARE
            return self._kept

    def _ask(self, now: float) -> Token:
        url = self._security.token_url
        if not url.startswith(_SCHEMES):
            raise TokenUnavailableError(reason="KAFKA_TOKEN_URL is neither https nor http")
        try:
            with urllib.request.urlopen(self._request(), timeout=_TIMEOUT_SECONDS, context=self._tls()) as answer:  # noqa: S310  # see above
                found = json.loads(answer.read(_LONGEST_ANSWER))
            return str(found["access_token"]), now + float(found.get("expires_in", 300))
        except urllib.error.HTTPError as error:
            raise TokenUnavailableError(reason=f"{url} answers {error.code}") from None
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
            reason = getattr(error, "reason", None) or type(error).__name__
            raise TokenUnavailableError(reason=f"{url}: {reason}") from None

    def _request(self) -> urllib.request.Request:
        fields = {"grant_type": "client_credentials", "scope": self._security.token_scope}
        body = urllib.parse.urlencode({name: value for name, value in fields.items() if value}).encode()
        account = f"{urllib.parse.quote(self._security.username)}:{urllib.parse.quote(self._security.password)}"
        headers = {"Authorization": "Basic " + base64.b64encode(account.encode()).decode(), "Accept": "application/json"}
        return urllib.request.Request(self._security.token_url, body, headers)  # noqa: S310  # checked by the caller

    def _tls(self) -> ssl.SSLContext | None:
        if not self._security.token_url.startswith("https:"):
            return None
        return ssl.create_default_context(cafile=self._security.ca_file or None)


class _Provider(AbstractTokenProvider):  # type: ignore[misc]  # kafka-python has no types
    """The source as kafka-python asks for it."""

    def __init__(self, source: TokenSource) -> None:
        super().__init__()
        self._source = source

    def token(self) -> str:
        return self._source.token()[0]


def for_kafka_python(security: Security) -> AbstractTokenProvider:
    """What kafka-python calls before it connects."""
    return _Provider(TokenSource(security))
