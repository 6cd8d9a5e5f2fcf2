"""The web role: admin, pages, configuration and schema API, the DRF door."""

from __future__ import annotations

from django.core.wsgi import get_wsgi_application

from eventplatform import env

env.use_settings()
application = get_wsgi_application()
