from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from monitoring.volumes import configuration_trouble, headers_of_the_proxy


@pytest.mark.slow
def test_headers_of_the_proxy__production__inner_address_passes_host_and_https(
    db: None, client: Client, settings: Settings
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.ALLOWED_HOSTS = [".events.example"]

    plain = client.get("/metrics", headers={"Host": "web:8000"})
    through = client.get("/metrics", headers=headers_of_the_proxy())

    assert (plain.status_code, through.status_code) == (400, 200)


FOLLOWED = """\
# TYPE eventplatform_snapshot_confirmed_timestamp_seconds gauge
eventplatform_snapshot_confirmed_timestamp_seconds 1000.0
# TYPE eventplatform_snapshot_revision gauge
eventplatform_snapshot_revision 12.0
"""


def test_configuration_trouble__all_processes_follow__none() -> None:
    assert configuration_trouble(FOLLOWED, now=1010.0) == ""
    assert configuration_trouble("", now=1e9) == ""  # an intake that doesn't say


def test_configuration_trouble__one_is_stuck__told_with_revision_and_age() -> None:
    assert configuration_trouble(FOLLOWED, now=1045.0) == "a process has a configuration (revision 12) that is 45 s old"
