"""Addresses that a person types for a target: the same spellings of inner networks at save as when they are called."""

from __future__ import annotations

from typing import Any

import pytest

from connectors import services
from connectors.sinks import http, opensearch, s3
from eventplatform.core.errors import RejectedError
from eventplatform.outbound.errors import OutboundUrlError, PrivateAddressError
from tests.test_outbound import MUTANTS

# Names are looked up when they are called, not when they are saved; what stands behind # is never sent.
BY_NAME = ("//localhost", "//LOCALHOST", "//example.org#")


@pytest.mark.parametrize("mutant", [one for one in MUTANTS if not any(name in one for name in BY_NAME)])
def test_target__webhook_spelt_into_an_inner_network__not_saved(mutant: str) -> None:
    url = mutant.format(port=8080)

    with pytest.raises((OutboundUrlError, PrivateAddressError)) as caught:
        services.check_target(http.Target, {"url": url})

    assert caught.value.pointer == "/url"


def test_target__webhook_that_an_operator_allows__saved(settings: Any) -> None:
    settings.OUTBOUND_PRIVATE_HOSTS = ["10.0.0.7"]

    services.check_target(http.Target, {"url": "http://10.0.0.7/hook"})
    services.check_target(http.Target, {"url": "https://hooks.example.org/hook", "signing_secret": "file:webhook"})


def test_target__cluster_in_an_inner_network__saved_but_not_with_a_password_in_it() -> None:
    services.check_target(opensearch.Target, {"url": "http://10.0.0.7:9200"})

    with pytest.raises(OutboundUrlError) as caught:
        services.check_target(opensearch.Target, {"url": "http://user:s3cr3t@10.0.0.7:9200"})

    assert "s3cr3t" not in str(caught.value)


def test_target__s3_at_an_address_without_a_scheme__not_saved() -> None:
    services.check_target(s3.Target, {"bucket": "b"})

    with pytest.raises(OutboundUrlError) as caught:
        services.check_target(s3.Target, {"bucket": "b", "endpoint_url": "localhost:9000"})

    assert caught.value.pointer == "/endpoint_url"


@pytest.mark.parametrize(
    "values",
    [
        {"signing_secret": "s3cr3t-too-short"},
        {"signing_secret": "whsec_czNjcjN0"},
        {"former_signing_secret": "whsec_s3cr3t"},
        {"signing_secret": "whsec_s3cr3t-é"},
        {"token": "s3cr3t\nX-Injected: 1"},
        {"token": "s3cr3t "},
        {"headers": {"Host": "inner"}},
        {"headers": {"webhook-id": "1"}},
        {"headers": {"X-A": "b\r\nX-Injected: 1"}},
        {"headers": {"X A": "b"}},
        {"headers": {"X-A": " b"}},
    ],
)
def test_target__webhook_with_headers_or_secrets_that_are_none__refused_without_the_secret(values: dict[str, Any]) -> None:
    with pytest.raises(RejectedError) as caught:
        services.check_target(http.Target, {"url": "https://hooks.example.org/", **values})

    assert caught.value.pointer == f"/{next(iter(values))}"
    assert "s3cr3t" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("key", ["s3cr3t ", "s3cr3t\n", "s3cr3t-é"])
def test_target__cluster_with_a_key_that_no_header_holds__refused_without_the_key(key: str) -> None:
    with pytest.raises(RejectedError) as caught:
        services.check_target(opensearch.Target, {"url": "https://search.example.org:9200", "api_key": key})

    assert caught.value.pointer == "/api_key"
    assert "s3cr3t" not in f"{caught.value} {caught.value.hint}"
