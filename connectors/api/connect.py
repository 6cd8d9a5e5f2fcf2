"""A connector for sites that run Kafka Connect."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from connectors.api.base import READ_ERRORS, ConnectorView, connector_of
from connectors.connecting import exported


class _ConnectorOfConnectSerializer(serializers.Serializer[object]):
    name = serializers.CharField()
    config = serializers.DictField(child=serializers.CharField())


class ConnectExportSerializer(serializers.Serializer[object]):
    """What `POST /connectors` of Kafka Connect takes, and what it doesn't say."""

    connector = _ConnectorOfConnectSerializer()
    warnings = serializers.ListField(child=serializers.CharField())


class ConnectExport(ConnectorView):
    """A connector as Kafka Connect's JSON."""

    @extend_schema(operation_id="connector_kafka_connect", responses={200: ConnectExportSerializer, **READ_ERRORS})
    def get(self, request: Request, name: str) -> Response:  # noqa: ARG002  # DRF's signature
        return Response(exported(connector_of(name)).as_json())
