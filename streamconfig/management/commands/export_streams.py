"""`manage.py export_streams`: the configuration that holds, as `import_streams` takes it."""

from __future__ import annotations

from typing import Any

import yaml
from django.core.management.base import BaseCommand

from registry.schema import documents
from streamconfig import lookups


class _Dumper(yaml.SafeDumper):
    """Quotes what `import_streams` would else read as something other than text."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = None if documents.is_plain_text(text) else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


class Command(BaseCommand):
    help = "Write the configuration that holds as YAML."

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(yaml.dump(lookups.export(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120))
