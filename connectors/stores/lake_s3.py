"""A lake in a bucket: S3 or whoever speaks its language and honours `If-None-Match: *`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from connectors.sinks.base import StoreDeniedError, StoreUnavailableError
from connectors.stores.lake_blobs import Blob, BlobStore, checked

_TAKEN = {"PreconditionFailed", "412"}
_GONE = {"NoSuchKey", "404", "NotFound"}
_DENIED = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "NoSuchBucket", "403"}
_MOST_DELETED = 1000  # in one request


class S3Blobs(BlobStore):
    """Below `prefix` of a bucket. A move is a copy and a deletion, so a reader may see the copy a moment before that."""

    def __init__(
        self, bucket: str, prefix: str, *, endpoint: str, region: str, credentials: tuple[str, str], path_style: bool
    ) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._connect: dict[str, Any] = {
            "endpoint_url": endpoint or None,
            "region_name": region or None,
            "aws_access_key_id": credentials[0] or None,
            "aws_secret_access_key": credentials[1] or None,
            "config": Config(
                s3={"addressing_style": "path" if path_style else "auto"},
                retries={"mode": "standard", "max_attempts": 4},
                connect_timeout=5,
                read_timeout=60,
                # Not every other server knows the newer checksums that S3 itself offers.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        }
        self._client: Any = None

    def open(self) -> None:
        with _errors():
            self._client = boto3.session.Session().client("s3", **self._connect)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def create_if_absent(self, key: str, content: bytes) -> bool:
        with _errors():
            try:
                self._client.put_object(Bucket=self._bucket, Key=self._key(key), Body=content, IfNoneMatch="*")
            except ClientError as error:
                if _code(error) not in _TAKEN:
                    raise
                return self.read(key) == content  # the client sends again what had no answer, and so may meet itself
        return True

    def write(self, key: str, content: bytes) -> None:
        with _errors():
            self._client.put_object(Bucket=self._bucket, Key=self._key(key), Body=content)

    def read(self, key: str) -> bytes | None:
        with _errors():
            try:
                content: bytes = self._client.get_object(Bucket=self._bucket, Key=self._key(key))["Body"].read()
            except ClientError as error:
                if _code(error) in _GONE:
                    return None
                raise
            return content

    def files(self, folder: str, *, after: str = "") -> Iterator[Blob]:
        prefix = f"{self._key(folder)}/"
        for page in self._pages(prefix, StartAfter=prefix + after):
            for found in page.get("Contents", ()):
                if name := found["Key"].removeprefix(prefix):  # some clients make an object for the folder itself
                    yield Blob(name, found["Size"])

    def folders(self, folder: str) -> Iterator[str]:
        prefix = f"{self._key(folder)}/"
        for page in self._pages(prefix):
            for found in page.get("CommonPrefixes", ()):
                yield found["Prefix"].removeprefix(prefix).rstrip("/")

    def move(self, source: str, target: str) -> None:
        with _errors():
            try:
                self._client.copy_object(
                    Bucket=self._bucket, Key=self._key(target), CopySource={"Bucket": self._bucket, "Key": self._key(source)}
                )
            except ClientError as error:
                if _code(error) in _GONE:
                    return
                raise
        self.delete(source)

    def delete(self, key: str) -> None:
        with _errors():
            self._client.delete_object(Bucket=self._bucket, Key=self._key(key))

    def delete_folder(self, folder: str) -> None:
        with _errors():
            prefix = f"{self._key(folder)}/"
            found = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=prefix, PaginationConfig={"PageSize": _MOST_DELETED}
            )
            for page in found:
                self._delete_all([{"Key": one["Key"]} for one in page.get("Contents", ())])

    def address(self, key: str) -> str:
        return f"s3://{self._bucket}/{self._key(key)}"

    def exists(self, key: str) -> bool:
        with _errors():
            try:
                self._client.head_object(Bucket=self._bucket, Key=self._key(key))
            except ClientError as error:
                if _code(error) in _GONE:
                    return False
                raise
            return True

    def _delete_all(self, keys: list[dict[str, str]]) -> None:
        if not keys:
            return
        answer = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": keys, "Quiet": True})
        for refused in answer.get("Errors", ()):
            raise StoreUnavailableError(reason=f"{refused.get('Code')} on deleting {refused.get('Key')}")

    def _pages(self, prefix: str, **more: str) -> Iterator[dict[str, Any]]:
        with _errors():
            yield from self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=prefix, Delimiter="/", **more
            )

    def _key(self, key: str) -> str:
        return self._prefix + checked(key)


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def _errors() -> Iterator[None]:
    """Whatever S3 says besides, it may not say the next time: slow down, no right, no such bucket yet, internal error."""
    try:
        yield
    except ClientError as error:
        kind = StoreDeniedError if _code(error) in _DENIED else StoreUnavailableError
        raise kind(reason=f"{_code(error) or 'an error'} on {error.operation_name}") from error
    except BotoCoreError as error:
        raise StoreUnavailableError(reason=type(error).__name__) from error
