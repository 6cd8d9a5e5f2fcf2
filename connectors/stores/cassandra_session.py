"""A session with Cassandra, and what its errors mean for a slice."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from cassandra import AuthenticationFailed, DriverException, InvalidRequest, Unauthorized
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable, ResultSet, Session
from cassandra.concurrent import execute_concurrent
from cassandra.policies import DCAwareRoundRobinPolicy, RetryPolicy, RoundRobinPolicy
from cassandra.protocol import ErrorMessage
from cassandra.query import ConsistencyLevel, Statement, tuple_factory

from connectors.sinks.base import RecordRefusedError, StoreDeniedError, StoreUnavailableError

CONSISTENCIES = ("LOCAL_QUORUM", "QUORUM", "EACH_QUORUM", "ALL", "TWO", "THREE", "LOCAL_ONE", "ONE")
SERIAL_CONSISTENCIES = ("SERIAL", "LOCAL_SERIAL")
_PROTOCOL = 5  # Cassandra 4.0 and newer
_SECONDS = 15
_SAFE = re.compile(r"[^\w .,:/()=-]+")
_LONGEST_REASON = 200


class Connection:
    """A cluster's session; made anew by each slice, in some 30 ms, since drivers don't survive a fork."""

    def __init__(
        self,
        *,
        hosts: Sequence[str],
        port: int,
        user: str,
        password: str,
        local_dc: str,
        is_tls: bool,
        ca_file: str,
        consistency: str,
        serial_consistency: str,
    ) -> None:
        profile = ExecutionProfile(
            load_balancing_policy=DCAwareRoundRobinPolicy(local_dc) if local_dc else RoundRobinPolicy(),
            retry_policy=RetryPolicy(),
            consistency_level=ConsistencyLevel.name_to_value[consistency],
            serial_consistency_level=ConsistencyLevel.name_to_value[serial_consistency],
            request_timeout=_SECONDS,
            row_factory=tuple_factory,
        )
        self._serial = ConsistencyLevel.name_to_value[serial_consistency]
        self._cluster = Cluster(
            list(hosts),
            port=port,
            auth_provider=PlainTextAuthProvider(user, password) if user else None,
            ssl_context=ssl.create_default_context(cafile=ca_file or None) if is_tls else None,
            execution_profiles={EXEC_PROFILE_DEFAULT: profile},
            schema_metadata_enabled=False,  # hundreds of tables, read by each slice
            token_metadata_enabled=False,
            protocol_version=_PROTOCOL,
            connect_timeout=5,
            control_connection_timeout=5,
        )
        with errors():
            try:
                self._session: Session = self._cluster.connect()
            except Exception:
                self._cluster.shutdown()
                raise

    def run(self, statement: str | Statement, values: Sequence[Any] | None = None) -> ResultSet:
        """Carry it out, and wait for its answer."""
        with errors():
            return self._session.execute(statement, values)

    def read_newest(self, prepared: Any, values: Sequence[Any]) -> tuple[Any, ...] | None:
        """The row as the last compare-and-set left it, one that was interrupted finished first."""
        bound = prepared.bind(values)
        bound.consistency_level = self._serial
        found: tuple[Any, ...] | None = self.run(bound).one()
        return found

    def define(self, statement: str) -> None:
        """Carry out a change of the schema, and wait until all nodes agree on it."""
        self.run(statement)
        with errors():
            is_agreed = self._cluster.control_connection.wait_for_schema_agreement(wait_time=_SECONDS)
        if not is_agreed:
            raise StoreUnavailableError(reason="its nodes do not agree on the schema yet")

    def prepare(self, statement: str) -> Any:
        with errors():
            return self._session.prepare(statement)

    def run_all(self, statements: Sequence[Statement], *, at_once: int) -> None:
        """Carry out all of them, some at once; the first error ends it."""
        with errors(of_rows=True):
            execute_concurrent(
                self._session, [(one, None) for one in statements], concurrency=at_once, raise_on_first_error=True
            )

    def close(self) -> None:
        self._cluster.shutdown()


@contextmanager
def errors(*, of_rows: bool = False) -> Iterator[None]:
    """Translate the driver's errors; what is invalid `of_rows` is the rows' fault, else the schema's or a right's."""
    try:
        yield
    except (AuthenticationFailed, Unauthorized) as error:
        raise StoreDeniedError(reason=reason(error)) from error
    except NoHostAvailable as error:
        causes = list(error.errors.values()) if isinstance(error.errors, dict) else [error]
        kind = StoreDeniedError if any(isinstance(one, AuthenticationFailed) for one in causes) else StoreUnavailableError
        raise kind(reason=reason(causes[0] if causes else error)) from error
    except InvalidRequest as error:
        raise (RecordRefusedError if of_rows else StoreUnavailableError)(reason=reason(error)) from error
    except (DriverException, ErrorMessage, OSError) as error:  # timeouts, too few replicas, overload, schema in motion
        raise StoreUnavailableError(reason=reason(error)) from error


def reason(error: Exception) -> str:
    """Its first line, without what could be a value."""
    text = str(error).strip().split("\n")[0] or type(error).__name__
    found = re.search(r'message="([^"]*)"', text)  # of a server's error, which comes as code and message
    return _SAFE.sub(" ", found[1] if found else text)[:_LONGEST_REASON].rstrip(". ")
