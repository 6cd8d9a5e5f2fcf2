"""Servers for tests that speak S3."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from tests.free_ports import free_ports
from tests.servers.base import Server, running

if TYPE_CHECKING:  # its driver takes its time, which most tests don't need
    from connectors.sinks.s3 import Target as S3Target


class Buckets:
    """Fresh buckets on a server that speaks S3."""

    def __init__(self, url: str, keys: tuple[str, str]) -> None:
        self.url = url
        self.keys = keys

    def fresh_bucket(self) -> S3Target:
        """A target whose bucket is there and empty."""
        import boto3

        from connectors.sinks.s3 import Target as S3Target

        bucket = f"b-{uuid.uuid4().hex[:16]}"
        access, secret = self.keys
        client: Any = boto3.client(
            "s3", endpoint_url=self.url, region_name="us-east-1", aws_access_key_id=access, aws_secret_access_key=secret
        )
        client.create_bucket(Bucket=bucket)
        return S3Target(bucket, "", self.url, "us-east-1", access, secret, path_style=True)


@pytest.fixture(scope="session")
def moto_server() -> Iterator[Buckets]:
    """The light S3, in this process."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=free_ports(1), verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield Buckets(f"http://{host}:{port}", ("any", "any"))
    server.stop()


class S3Gateway(Server, Buckets):
    """A versitygw of deploy/services/s3."""

    name = "s3"
    ready_seconds = 300  # on a machine that is new to it, it is built first

    def __init__(self, folder: Path) -> None:
        Server.__init__(self, folder)
        Buckets.__init__(self, f"http://{self.address}", ("eventplatform", "eventplatform-secret"))


@pytest.fixture(scope="session")
def s3_gateway(service_missing: Callable[[str], NoReturn]) -> Iterator[Server]:
    """One S3 gateway for all tests; each takes a bucket of its own."""
    yield from running(S3Gateway(Path(tempfile.mkdtemp(prefix="ep-s3-"))), service_missing)
