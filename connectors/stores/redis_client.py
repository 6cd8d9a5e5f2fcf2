"""A connection to Redis or a Redis Cluster, and what its errors mean for a slice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.cluster import RedisCluster
from redis.exceptions import (
    AskError,
    AuthenticationError,
    ClusterCrossSlotError,
    MovedError,
    NoPermissionError,
    RedisError,
)
from redis.retry import Retry

from connectors.sinks.base import StoreDeniedError, StoreUnavailableError
from eventplatform.core.errors import FatalError

_SAFE = re.compile(r"[^\w .,:/'()&-]+")
_SCRIPT = re.compile(r"\s*,?\s*script: \w+, on @?user_script:\d+.*")
_DENIED = ("no permissions", "can't run this command", "can't access")  # how scripts speak of rights
_LONGEST_REASON = 160
_ANSWER_SECONDS = 15


class ClusterError(FatalError):
    """The keys of a batch don't lie together, or the server is a cluster and wasn't said to be."""

    code = "sink.redis_cluster"
    message = "The server is part of a Redis Cluster, and the connector does not write as one needs it."
    remedy = "Set cluster in the target's options, then resume the connector."


class ModuleMissingError(FatalError):
    """The server lacks the module that the type of keys is made of."""

    code = "sink.redis_module"
    message = "This Redis has no command {command}, which keys of type {type} need."
    remedy = "Load the module (Redis 8 has it built in), or choose another type; then resume the connector."


class EvictsError(FatalError):
    """The server may throw away any key when its memory is full, the position among them."""

    code = "sink.redis_evicts"
    message = (
        "This Redis evicts any key when its memory is full ({policy}): also the position, which would double every record."
    )
    remedy = "Set maxmemory-policy to noeviction or to one of volatile-*, then resume the connector."


class TornError(FatalError):
    """A batch ended amid its commands; the position stayed."""

    code = "sink.redis_torn"
    message = "Redis carried out {done} commands of a batch and refused the next one: {reason}. The position stayed."
    remedy = "Mend the cause; delete what the batch wrote, or accept it twice; then resume the connector."


def connect(url: str, password: str, *, is_cluster: bool) -> Any:
    """A client that never repeats a command by itself: whether a batch was written, the next slice asks the store."""
    options: dict[str, Any] = {
        "socket_connect_timeout": 5,
        "socket_timeout": _ANSWER_SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }
    if password:
        options["password"] = password
    made: Any = (RedisCluster if is_cluster else redis.Redis).from_url(url, **options)
    return made


@contextmanager
def errors() -> Iterator[None]:
    """Translate the driver's errors."""
    try:
        yield
    except (ClusterCrossSlotError, MovedError, AskError) as error:
        raise ClusterError from error
    except (RedisError, OSError, ValueError) as error:
        raise unavailable(error) from error


def unavailable(error: Exception | str | bytes) -> StoreUnavailableError:
    """An error that is not the records' fault: a missing right, or else the server."""
    why = reason(error)
    is_denied = isinstance(error, (AuthenticationError, NoPermissionError)) or any(sign in why for sign in _DENIED)
    return StoreDeniedError(reason=why) if is_denied else StoreUnavailableError(reason=why)


def raise_failed(answer: Sequence[Any]) -> None:
    """What a `failed` batch means: nothing of it is there, or a person must look."""
    done, why = int(answer[1]), reason(answer[2])
    if done:
        raise TornError(done=done, reason=why)
    raise unavailable(why)


def reason(error: Exception | str | bytes) -> str:
    """The first line, without what could be a value."""
    text = error.decode(errors="replace") if isinstance(error, bytes) else str(error)
    first = _SCRIPT.sub("", (text.strip() or type(error).__name__).split("\n")[0])
    return _SAFE.sub(" ", first)[:_LONGEST_REASON].rstrip(". ")
