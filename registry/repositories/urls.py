"""Addresses of the list of repositories, and of the webhooks that git servers call."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from registry.repositories import pages as repository_pages
from registry.repositories import webhook

urlpatterns: list[URLPattern | URLResolver] = [
    path("schemas/repositories", repository_pages.index, name="schema-repositories"),
    path("schemas/repositories/<slug:name>", repository_pages.detail, name="schema-repository"),
    path("schemas/repositories/<slug:name>/pull", repository_pages.pull, name="schema-repository-pull"),
    path("api/v1/repositories/<slug:name>/webhook", webhook.receive, name="schema-repository-webhook"),
]
