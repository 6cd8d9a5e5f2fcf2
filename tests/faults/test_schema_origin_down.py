"""F7: a schema repository that is cut off, slow, broken or talks nonsense harms no event, and mends without a restart."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from eventplatform.encryption import seal
from registry.git import command
from registry.repositories import pulling
from tests import configuring
from tests.faults.intakes import Intake, until
from tests.faults.verifying import tell
from tests.free_ports import free_ports
from tests.registry import https_origin
from tests.registry.https_origin import HttpsOrigin
from tests.registry.origins import Origin, schema
from tests.registry.pulls import mine, repository
from tests.servers.kafka import KafkaServer

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_mirrors")]

STREAM = "fault.origin"
_SEEN_SECONDS = 5.0


class Scene(NamedTuple):
    """A repository behind https, an intake that knows its first version, and a client."""

    origin: Origin
    server: HttpsOrigin
    intake: httpx.Client

    def post(self, version: str) -> tuple[int, dict[str, Any]]:
        answer = self.intake.post("/v1/events", json={"$schema": f"/a/b/{version}", "meta": {"stream": STREAM}})
        results = answer.json()["results"] if answer.status_code != httpx.codes.CREATED else [{}]
        return answer.status_code, results[0]


@pytest.fixture
def own_mirrors(tmp_path: Path, settings: Any) -> None:
    settings.VAR_DIR = tmp_path / "var"


@pytest.fixture
def scene(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, child_environment: dict[str, str], kafka_server: KafkaServer, settings: Any
) -> Iterator[Scene]:
    origin = Origin.make(tmp_path / "served/a")
    origin.commit({"jsonschema/a/b/1.0.0.yaml": schema("/a/b/1.0.0")})
    settings.EVENT_LOG_URL = f"kafka://{kafka_server.servers}"
    environment = {**child_environment, "EVENT_LOG_URL": settings.EVENT_LOG_URL}
    with https_origin.serving(tmp_path / "served", tmp_path) as server:
        monkeypatch.setattr(command, "_CONFIG", {**command._CONFIG, "http.sslCAInfo": str(server.certificate)})
        row = repository(origin)
        row.url = f"{server.url}/a/.git"
        row.credentials = seal({"username": https_origin.USER, "password": https_origin.PASSWORD})
        row.save()
        assert pulling.pull_named(["mine"])[0].outcome == "imported"
        configuring.configure({"streams": {STREAM: {"schema_title": "a/b", "destination_event_service": "main"}}})
        intake = Intake(environment, free_ports(2) + 1, tmp_path / "intake")
        intake.start()
        with httpx.Client(base_url=intake.url, trust_env=False, timeout=10) as client:
            yield Scene(origin, server, client)
        intake.stop()


def test_schema_origin__down_slow_broken_or_wrong__known_schemas_unaffected_and_new_ones_come_without_a_restart(
    scene: Scene,
) -> None:
    until(lambda: scene.post("1.0.0")[0] == httpx.codes.CREATED, 20, "the first version is known")
    troubles: tuple[https_origin.Trouble, ...] = ("cut", "error", "garbage", "slow")

    for number, trouble in enumerate(troubles, start=1):
        version = f"1.{number}.0"
        scene.origin.commit({f"jsonschema/a/b/{version}.yaml": schema(f"/a/b/{version}")})
        scene.server.trouble = trouble
        asked = len(scene.server.asked)
        pull = threading.Thread(target=pulling.pull_named, args=(["mine"],))
        pull.start()
        answers = [(scene.post("1.0.0"), scene.post(version)) for _ in range(30)]
        if trouble != "slow":  # else it comes by this very pull
            pull.join(60)
            assert mine().pull_failures
        tell(f"F7, {trouble}: {len(answers)} events of a known schema, {len(scene.server.asked) - asked} requests of the pull")
        assert {status for (status, _), _ in answers} == {httpx.codes.CREATED}
        assert {(status, one["result"], one["code"]) for _, (status, one) in answers} == {(400, "denied", "schema.unknown")}

        scene.server.trouble = ""
        pull.join(60)
        pulling.pull_named(["mine"])
        healed = time.monotonic()
        until(lambda name=version: scene.post(name)[0] == httpx.codes.CREATED, _SEEN_SECONDS, "the new version")  # type: ignore[misc]  # bound now
        tell(f"known {time.monotonic() - healed:.2f} s after the pull")
        assert not mine().pull_failures
