#!/usr/bin/env python3
"""Writes the bytes that the encoders' tests compare with, by opentelemetry-proto (PyPI, 1.45.2) itself.

usage: otlp-golden.py FOLDER
"""
import json
import sys

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


def value(target, given):
    if isinstance(given, bool):
        target.bool_value = given
    elif isinstance(given, int):
        target.int_value = given
    elif isinstance(given, float):
        target.double_value = given
    elif isinstance(given, list):
        target.array_value.SetInParent()
        for item in given:
            value(target.array_value.values.add(), item)
    else:
        target.string_value = given


def attributes(target, given):
    for key in sorted(given):
        pair = target.add()
        pair.key = key
        value(pair.value, given[key])


def group(request, kind):
    outer = getattr(request, "resource_" + kind).add()
    attributes(
        outer.resource.attributes,
        {
            "service.name": "golden",
            "service.version": "1.2.3",
            "telemetry.sdk.language": "swift",
            "telemetry.sdk.name": "assay",
            "telemetry.sdk.version": "1.2.3",
        },
    )
    inner = getattr(outer, "scope_" + kind).add()
    inner.scope.name = "assay"
    inner.scope.version = "1.2.3"
    return inner


TRACE = (0x0123456789ABCDEF << 64 | 0xFEDCBA9876543210).to_bytes(16, "big")


def traces():
    request = ExportTraceServiceRequest()
    scope = group(request, "spans")
    root = scope.spans.add()
    root.trace_id, root.span_id = TRACE, (0x1111).to_bytes(8, "big")
    root.name, root.kind, root.flags = "assay.question", 1, 1
    root.start_time_unix_nano, root.end_time_unix_nano = 1_700_000_000_000_000_000, 1_700_000_000_250_000_001
    child = scope.spans.add()
    child.trace_id, child.span_id, child.parent_span_id = TRACE, (0x2222).to_bytes(8, "big"), (0x1111).to_bytes(8, "big")
    child.name, child.kind, child.flags, child.trace_state = "chat modèle \U0001f642", 3, 1, "vendor=1"
    child.start_time_unix_nano, child.end_time_unix_nano = 1_700_000_000_000_000_100, 1_700_000_000_200_000_000
    attributes(
        child.attributes,
        {
            "a.bool": True,
            "a.double": 0.1,
            "a.empty": "",
            "a.int": -42,
            "a.large": 9007199254740993,
            "a.list": ["x", "y"],
            "a.long": "line\n\"quoted\" \\ \u0001" + "z" * 300,
            "a.none": [],
            "a.numbers": [1.5, -2.0],
        },
    )
    event = child.events.add()
    event.time_unix_nano, event.name = 1_700_000_000_000_000_150, "first token"
    attributes(event.attributes, {"n": 1})
    link = child.links.add()
    link.trace_id, link.span_id, link.flags, link.trace_state = TRACE[::-1], (0x3333).to_bytes(8, "big"), 0, "s=2"
    attributes(link.attributes, {"why": "run"})
    child.status.code, child.status.message = 2, "engine.http"
    return request


def logs():
    request = ExportLogsServiceRequest()
    record = group(request, "logs").log_records.add()
    record.time_unix_nano = record.observed_time_unix_nano = 1_700_000_000_300_000_000
    record.severity_number, record.flags, record.event_name = 9, 1, "gen_ai.evaluation.result"
    record.trace_id, record.span_id = TRACE, (0x1111).to_bytes(8, "big")
    attributes(
        record.attributes,
        {"gen_ai.evaluation.name": "faithfulness", "gen_ai.evaluation.score.value": 0.75},
    )
    return request


def json_form(message):
    """OTLP's JSON: ids in hexadecimal, enumerations as numbers."""
    import base64

    def fix(node):
        if isinstance(node, dict):
            return {
                key: base64.b64decode(item).hex() if key in ("traceId", "spanId", "parentSpanId") else fix(item)
                for key, item in node.items()
            }
        return [fix(item) for item in node] if isinstance(node, list) else node

    return fix(MessageToDict(message, use_integers_for_enums=True))


folder = sys.argv[1]
for name, message in (("traces", traces()), ("logs", logs())):
    with open(f"{folder}/{name}.pb", "wb") as file:
        file.write(message.SerializeToString(deterministic=True))
    with open(f"{folder}/{name}.json", "w") as file:
        json.dump(json_form(message), file, indent=1, sort_keys=True, ensure_ascii=False)
        file.write("\n")
