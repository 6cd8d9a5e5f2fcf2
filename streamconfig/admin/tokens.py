"""The admin of API tokens: an administrator sees whose are in use, and revokes one that leaked; nothing of a token shows."""

from __future__ import annotations

import logging
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from eventplatform.admin_base import ReadOnlyAdmin
from streamconfig.change_control.actors import of_user
from streamconfig.models import ApiToken

log = logging.getLogger(__name__)


@admin.register(ApiToken)
class TokenAdmin(ReadOnlyAdmin):
    """All people's tokens; each makes and revokes their own at /account."""

    list_display: ClassVar[list[str]] = ["name", "user", "prefix", "created_at", "last_used_at", "expires_at"]
    search_fields: ClassVar[list[str]] = ["name", "prefix", "user__username"]
    exclude = ("hash",)
    actions = ["revoke"]

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(super().has_view_permission(request, obj)) and of_user(request.user).may("administer_configuration")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(super().has_module_permission(request)) and of_user(request.user).may("administer_configuration")

    @admin.action(description="Revoke", permissions=["view"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """At once and for good: whoever shows it is a stranger."""
        for token in queryset.select_related("user"):
            facts = {"token": token.pk, "of": token.user.username, "who": request.user.get_username()}
            log.warning("token.revoked", extra=facts)
            token.delete()
        self.message_user(request, "Revoked. Tell whoever used them to make others.", messages.SUCCESS)
