"""`manage.py rotate_secrets`: what is kept encrypted is encrypted with the first of ENCRYPTION_KEYS; then the others may go."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import models

from eventplatform import encryption

_SEALED = "gAAAAA"  # how Fernet's tokens begin


class Command(BaseCommand):
    """Goes through every column that may hold sealed text: those of secrets, and those that no form edits."""

    help = "Encrypt all kept secrets with the first of ENCRYPTION_KEYS; fails where one can't be decrypted."

    def handle(self, *_args: Any, **_options: Any) -> None:
        unreadable: list[str] = []
        for model in apps.get_models():
            for field in model._meta.concrete_fields:  # noqa: SLF001  # Django's documented way to a model's fields
                if isinstance(field, models.TextField) and (not field.editable or "secret" in field.name):
                    self._rotate(model, field.name, unreadable)
        if unreadable:
            raise CommandError("\n".join(unreadable))

    def _rotate(self, model: type[models.Model], field: str, unreadable: list[str]) -> None:
        count = 0
        rows = model._base_manager.filter(**{f"{field}__startswith": _SEALED})  # noqa: SLF001  # all rows, whatever managers hide
        for pk, sealed in rows.values_list("pk", field):
            try:
                renewed = encryption.with_first_key(sealed, owner=f"{model._meta.label} {pk}")  # noqa: SLF001  # likewise
            except encryption.SecretUnreadableError as error:
                unreadable.append(f"{error} {error.hint}")
                continue
            if renewed != sealed:  # only over what was read: somebody may save new secrets meanwhile
                count += rows.filter(pk=pk, **{field: sealed}).update(**{field: renewed})
        if count:
            self.stdout.write(f"{model._meta.label}.{field}: {count} encrypted anew")  # noqa: SLF001  # likewise
