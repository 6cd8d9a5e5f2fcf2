"""Kinds of stores over HTTP: their declarations, and values looked at without saving."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from connectors import catalog, kinds, options, services
from connectors.api.base import READ_ERRORS, WRITE_ERRORS, ConnectorView, body_of, target_of
from connectors.api.bodies import KindSerializer, ValidateSerializer, ValidationSerializer
from connectors.rules import Rules
from eventplatform.core.errors import RejectedError

_TYPES = {str: "text", int: "integer", float: "number", bool: "boolean"}


class KindList(ConnectorView):
    """Kinds of stores."""

    @extend_schema(operation_id="connector_kinds", responses={200: KindSerializer(many=True), **READ_ERRORS})
    def get(self, request: Request) -> Response:  # noqa: ARG002  # DRF's signature
        return Response([_card(card) for card in kinds.every()])


class KindDetail(ConnectorView):
    """A kind of store."""

    @extend_schema(operation_id="connector_kind", responses={200: KindSerializer, **READ_ERRORS})
    def get(self, request: Request, kind: str) -> Response:  # noqa: ARG002  # DRF's signature
        return Response(_kind(catalog.describe(kind)))


class KindValidate(ConnectorView):
    """Values of a kind's options, looked at."""

    @extend_schema(
        operation_id="connector_kind_validate",
        request=ValidateSerializer,
        responses={200: ValidationSerializer, **WRITE_ERRORS},
    )
    def put(self, request: Request, kind: str) -> Response:
        """Everything that is wrong with the values, in one answer; nothing is saved."""
        body = body_of(request, ValidateSerializer)
        declared = catalog.load(kind)
        found = [
            *_problems("options", declared.options_type, body["options"]),
            *_problems("rules", Rules, body["rules"]),
        ]
        if "target" in body:
            target_of(body["target"])
        else:
            found += _problems("target_options", declared.target_type, body["target_options"]) or _unusable(
                declared.target_type, body["target_options"]
            )
        return Response({"error_count": len(found), "found": found})


def _problems(place: str, declared: type, values: dict[str, Any]) -> list[dict[str, str]]:
    return [_told(place, error) for error in options.problems(declared, values)]


def _unusable(declared: type, values: dict[str, Any]) -> list[dict[str, str]]:
    """Addresses that lead nowhere, or that hold a password."""
    try:
        services.check_target(declared, values)
    except RejectedError as error:
        return [_told("target_options", error)]
    return []


def _told(place: str, error: RejectedError) -> dict[str, str]:
    return {"code": error.code, "pointer": f"/{place}{error.pointer}", "message": str(error), "remedy": error.hint}


def _card(card: kinds.Card) -> dict[str, Any]:
    if card.kind is not None:
        return _kind(card.kind)
    nothing = {"title": card.name, "summary": "", "guarantee": "", "target_options": [], "options": []}
    return {"name": card.name, "unavailable": f"{card.missing} {card.remedy}", **nothing}


def _kind(kind: catalog.Kind) -> dict[str, Any]:
    return {
        "name": kind.name,
        "title": kind.title,
        "summary": kind.summary,
        "guarantee": kind.guarantee,
        "unavailable": "",
        "target_options": [_option(one) for one in kind.target_options],
        "options": [_option(one) for one in kind.options],
    }


def _option(one: options.Option) -> dict[str, Any]:
    return {
        "name": one.name,
        "type": _TYPES.get(one.type, "list" if isinstance(one.default, tuple) else "mapping"),
        "help": one.help,
        "required": one.is_required,
        "default": one.default,
        "secret": one.is_secret,
        "choices": list(one.choices),
        "minimum": one.minimum,
    }
