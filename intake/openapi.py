"""What the API documentation of the web role says about the door."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view

from intake import api_shapes

_EXAMPLE = OpenApiExample("One event", value=api_shapes.EXAMPLE, request_only=True)

describe = extend_schema_view(
    post=extend_schema(
        operation_id="produce_events",
        summary="Produce events",
        description="Takes one event or an array of events. Each is judged alone; accepted ones are in the event log.",
        tags=["events"],
        auth=[],
        parameters=[
            OpenApiParameter("hasty", bool, description="Answer 202 before the events are judged and stored."),
            OpenApiParameter("X-Request-Id", str, OpenApiParameter.HEADER, description="Printable ASCII, at most 128 long."),
            OpenApiParameter(
                "X-Producer-Key",
                str,
                OpenApiParameter.HEADER,
                description="A producer key, where the stream asks for one; or `Authorization: Bearer epk_…`.",
            ),
            OpenApiParameter(
                "Prefer",
                str,
                OpenApiParameter.HEADER,
                description="return=representation: tell the fate of every event also on success.",
            ),
        ],
        request=dict(api_shapes.OURS_TYPES),
        responses={
            **{status: OpenApiResponse(description=text) for status, text in api_shapes.ACCEPTED.items()},
            **{
                (status, "application/problem+json"): OpenApiResponse(api_shapes.PROBLEM, text)
                for status, text in api_shapes.ANSWERS.items()
            },
        },
        examples=[_EXAMPLE],
    )
)
