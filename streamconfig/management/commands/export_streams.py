"""`manage.py export_streams`: the configuration that holds, as `import_streams` takes it."""

from __future__ import annotations

from typing import Any

import yaml
from django.core.management.base import BaseCommand

from streamconfig import lookups


class Command(BaseCommand):
    help = "Write the configuration that holds as YAML."

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(yaml.safe_dump(lookups.export(), sort_keys=False, allow_unicode=True, width=120))
