"""Filters of the admin's lists."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from streamconfig.change_control.actors import of_user

_SOON = timedelta(days=30)


class Mine(admin.SimpleListFilter):
    """What the teams of the person who asks own."""

    title = "mine"
    parameter_name = "mine"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002  # Django's signature
        return [("1", "My team's")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(owner__in=of_user(request.user).teams) if self.value() else queryset


class ReviewDue(admin.SimpleListFilter):
    """What somebody is to look at."""

    title = "review and expiry"
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002  # Django's signature
        return [("review", "Review is due"), ("soon", "Expires within 30 days"), ("expired", "Expired"), ("never", "No dates")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002  # Django's signature
        today = timezone.localdate()
        chosen: dict[str, dict[str, Any]] = {
            "review": {"review_on__lte": today},
            "soon": {"expires_on__gt": today, "expires_on__lte": today + _SOON},
            "expired": {"expires_on__lte": today},
            "never": {"review_on": None, "expires_on": None},
        }
        return queryset.filter(**chosen.get(self.value() or "", {}))


class Sampled(admin.SimpleListFilter):
    """How much is collected."""

    title = "sampling"
    parameter_name = "sampled"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002  # Django's signature
        return [("all", "Everybody"), ("some", "A share"), ("none", "Nobody: 0 %")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002  # Django's signature
        if self.value() == "all":
            return queryset.exclude(sampling_rate__lt=1)
        if self.value() == "some":
            return queryset.filter(sampling_rate__gt=0, sampling_rate__lt=1)
        return queryset.filter(sampling_rate=0) if self.value() == "none" else queryset
