"""The web role: admin, pages, configuration and schema API, the DRF door."""

from __future__ import annotations

from django.core.wsgi import get_wsgi_application

from eventplatform import env

env.use_settings()
_django = get_wsgi_application()

from django.conf import settings  # noqa: E402  # Django is set up first

from eventplatform.guard.body_slots import BodySlots  # noqa: E402  # likewise

_SLOTS = settings.WEB_BODY_SLOTS
# Behind proxies one address is everybody's.
_OF_ONE = _SLOTS if settings.INTAKE_TRUSTED_PROXIES else max(1, _SLOTS // 2)
application = BodySlots(_django, slots=_SLOTS, per_address=_OF_ONE)
