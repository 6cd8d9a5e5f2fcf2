"""Targets and connectors: documents, secrets, refusals."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.fernet import Fernet
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command

from connectors import opening, services
from connectors.models import Connector, Target
from connectors.options import MASK
from eventplatform import encryption
from eventplatform.core.errors import RejectedError
from registry.models import Repository
from streamconfig.models import NotificationTarget

pytestmark = pytest.mark.slow

TARGET: dict[str, Any] = {"kind": "postgres", "options": {"url": "postgresql://w@db/x", "password": "hunter2"}}


def document(**connector: Any) -> dict[str, Any]:
    return {"targets": {"db": TARGET}, "connectors": {"c": {"target": "db", "streams": ["*"], **connector}}}


def test_import_document__twice__changes_nothing(db: None) -> None:
    services.import_document(document=document())
    before = (Target.objects.get().updated_at, Connector.objects.get().updated_at)

    services.import_document(document=document())

    assert (Target.objects.get().updated_at, Connector.objects.get().updated_at) == before


def test_import_document__the_sample__opens_both_stores(transactional_db: None) -> None:
    sample = yaml.safe_load((django_settings.BASE_DIR / "examples/connectors.yaml").read_text())

    services.import_document(document=sample)

    assert [one.name for one in Connector.objects.all()] == ["files-archive", "postgres-main"]
    for connector in Connector.objects.select_related("target"):
        with opening.make_sink(connector) as sink:
            assert sink.flush_rule.age_seconds == (10 if connector.kind == "files" else 0)


def test_save_target__secret__encrypted_kept_and_replaced(db: None) -> None:
    services.save_target(name="db", kind="postgres", values=TARGET["options"])
    assert "hunter2" not in str(Target.objects.values_list())

    services.save_target(name="db", kind="postgres", values={"url": "postgresql://w@db/y", "password": MASK})
    target = Target.objects.get()
    assert encryption.unseal(target.secrets, owner="db") == {"password": "hunter2"}
    assert target.options == {"url": "postgresql://w@db/y"}

    services.save_target(name="db", kind="postgres", values={"url": "postgresql://w@db/y", "password": "new"})
    assert encryption.unseal(Target.objects.get().secrets, owner="db") == {"password": "new"}


def test_unseal__keys_rotated__still_readable_until_the_old_one_goes(settings: Any) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [old]
    sealed = encryption.seal({"password": "p"})

    settings.ENCRYPTION_KEYS = [new, old]
    assert encryption.unseal(sealed, owner="t") == {"password": "p"}

    settings.ENCRYPTION_KEYS = [new]
    with pytest.raises(encryption.SecretUnreadableError):
        encryption.unseal(sealed, owner="t")
    assert base64.urlsafe_b64decode(sealed)


def test_save_target__key_is_gone__secrets_entered_again_take_their_place(db: None, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    services.save_target(name="db", kind="postgres", values={"url": "postgresql://w@db/x", "password": "lost"})
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    with pytest.raises(encryption.SecretUnreadableError):
        services.save_target(name="db", kind="postgres", values={"url": "postgresql://w@db/y"})
    services.save_target(name="db", kind="postgres", values={"url": "postgresql://w@db/y", "password": "new"})

    assert encryption.unseal(Target.objects.get().secrets, owner="db") == {"password": "new"}


def test_rotate_secrets__new_key_in_front__the_old_one_may_go(db: None, settings: Any) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [old]
    values = {"url": "postgresql://w@db/x", "password": "p"}
    target = services.save_target(name="db", kind="postgres", values=values)
    Repository.objects.create(name="r", webhook_secret=encryption.seal({"secret": "w"}))
    NotificationTarget.objects.create(name="n", secret=encryption.seal({"secret": "n"}))
    settings.ENCRYPTION_KEYS = [new, old]

    call_command("rotate_secrets")
    call_command("rotate_secrets")

    settings.ENCRYPTION_KEYS = [new]
    target.refresh_from_db()
    assert encryption.unseal(target.secrets, owner="db") == {"password": "p"}
    assert encryption.unseal(NotificationTarget.objects.get().secret, owner="n") == {"secret": "n"}
    assert encryption.unseal(Repository.objects.get().webhook_secret, owner="r") == {"secret": "w"}

    settings.ENCRYPTION_KEYS = [old]
    with pytest.raises(CommandError, match=r"connectors\.Target \d+"):
        call_command("rotate_secrets")


@pytest.mark.parametrize(
    ("bad", "pointer"),
    [
        ({"targets": {"db": {"kind": "papyrus"}}}, ""),
        ({"targets": {"db": {"kind": "postgres", "options": {}}}}, "/targets/db/options/url"),
        ({"targets": {"db": {"kind": "postgres", "options": {"url": "x", "colour": "red"}}}}, "/targets/db/options/colour"),
        (
            {"targets": {"db": {"kind": "postgres", "options": {"url": "postgresql://u:hunter2@db/x"}}}},
            "/targets/db/options/url",
        ),
        ({"targets": ["db"]}, "/targets"),
        ({"targets": {"BAD NAME": TARGET}}, "/targets/BAD NAME"),
        ({"connectors": {"c": {"target": "nowhere"}}}, "/connectors/c/target"),
        (document(options={"batch_rows": 0}), "/connectors/c/options/batch_rows"),
        (document(streams=[7]), "/connectors/c/streams"),
    ],
)
def test_import_document__bad__place_named_and_nothing_saved(db: None, bad: dict[str, Any], pointer: str) -> None:
    with pytest.raises(RejectedError) as caught:
        services.import_document(document=bad)

    assert caught.value.pointer == pointer
    assert caught.value.hint
    assert (Target.objects.count(), Connector.objects.count()) == (0, 0)


def test_resolve__folder__below_var() -> None:
    from connectors.sinks.files import Target as FilesTarget

    assert opening.resolve(FilesTarget, {"root": "events"}) == {"root": str(Path(django_settings.VAR_DIR) / "events")}
    assert opening.resolve(FilesTarget, {"root": "/data"}) == {"root": "/data"}
