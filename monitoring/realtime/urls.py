"""Addresses of realtime SQL."""

from __future__ import annotations

from django.urls import URLPattern, path

from monitoring.realtime import pages, saved_pages
from monitoring.realtime.api import SqlView

urlpatterns: list[URLPattern] = [
    path("sql", pages.index, name="sql"),
    path("sql/answer", pages.answer, name="sql-answer"),
    path("sql/columns", pages.columns, name="sql-columns"),
    path("sql/answer.csv", pages.as_csv, name="sql-csv"),
    path("sql/answer.json", pages.as_json, name="sql-json"),
    path("sql/new", saved_pages.new, name="sql-new"),
    path("sql/pair", saved_pages.pair, name="sql-pair"),
    path("sql/saved", saved_pages.index, name="sql-saved"),
    path("sql/saved/<int:number>", saved_pages.one, name="sql-saved-one"),
    path("sql/saved/<int:number>/edit", saved_pages.edit, name="sql-edit"),
    path("sql/saved/<int:number>/delete", saved_pages.delete, name="sql-delete"),
    path("api/v1/sql", SqlView.as_view(), name="api-sql"),
]
