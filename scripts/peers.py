"""Telemetry against real peers; scripts/test-peers starts it. Every check prints a line; the first failure ends with status 1."""

import argparse
import base64
import contextlib
import http.server
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.error

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from peers_service import asked_over_http, counted
from peers_tools import check, fetch_json, free_port, promql, running, wait_for

FACTS = [
    ("quartz", "Quartz clocks lose four seconds in a year."),
    ("harbour", "The harbour of Lund was dug in the year 1702."),
    ("lantern", "A lantern of the coast guard burns nine hours."),
    ("orchard", "The orchard behind the mill has sixty pear trees."),
]


class Receiver:
    """An OTLP receiver that keeps what it gets."""

    def __init__(self):
        self.requests = []
        kept = self.requests

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                kept.append((self.path, self.headers["Content-Type"], body))
                self.send_response(200)
                self.send_header("Content-Type", self.headers["Content-Type"])
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


def project(folder):
    """A small project with a scripted engine: no model, exact scores."""
    os.makedirs(f"{folder}/corpus")
    os.makedirs(f"{folder}/evalset")
    with open(f"{folder}/evalset/questions.jsonl", "w") as questions:
        for number, (word, fact) in enumerate(FACTS):
            with open(f"{folder}/corpus/{word}.md", "w") as page:
                page.write(f"# {word.title()}\n\nSome words about the {word} come first.\n\n{fact}\n")
            row = {
                "id": f"q{number}", "question": f"What is known of the {word}?", "reference": fact,
                "gold": [{"document": f"{word}.md", "quote": fact, "occurrence": 1}], "tags": ["fact"], "split": "dev",
            }
            questions.write(json.dumps(row) + "\n")
    with open(f"{folder}/engines.yaml", "w") as file:
        file.write("engines:\n  scripted: { kind: scripted, reply: extract, slots: 2 }\n")
    with open(f"{folder}/pipeline.yaml", "w") as file:
        file.write(
            "assay: 1\ncorpus: corpus\nchunk: { by: headings, tokens: 60, overlap: 8 }\n"
            "embed: { by: hashed }\nindex: { vectors: flat }\n"
            "retrieve:\n  from: [ { dense: { top: 10 } }, { bm25: { top: 10 } } ]\n  fuse: { rrf: { k: 60 } }\n  depth: 10\n"
            "answer: { engine: scripted, prompt: grounded, context: 3, max_tokens: 64 }\n"
            "evaluate: { evalset: evalset, split: dev, metrics: [ hit@5, mrr, span_recall@5, token_f1 ] }\n"
            "serve: { online: { share: 1, metrics: [ abstention_rate ] } }\n"
        )


def assay(binary, folder, arguments, environment):
    result = subprocess.run(
        [binary, *arguments], cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300
    )
    check(f"assay {' '.join(arguments[:2])} exits 0", result.returncode == 0, result.stderr)
    lost = [line for line in result.stderr.splitlines() if line.startswith("telemetry:")]
    check("  and says of no loss", not lost, lost)
    return result.stdout


def spans_of(message):
    return [span for group in message.resource_spans for scope in group.scope_spans for span in scope.spans]


def from_otlp_json(text, message):
    """Strict: a field that the protocol does not know is an error."""

    def fix(node):
        if isinstance(node, dict):
            return {
                key: base64.b64encode(bytes.fromhex(item)).decode() if key in ("traceId", "spanId", "parentSpanId") else fix(item)
                for key, item in node.items()
            }
        return [fix(item) for item in node] if isinstance(node, list) else node

    return json_format.ParseDict(fix(json.loads(text)), message)


def protocol(binary, folder):
    """What opentelemetry-proto reads of our payloads is what it writes again."""
    receiver = Receiver()
    lines = f"{folder}/trace.jsonl"
    assay(
        binary, folder, ["run", "pipeline.yaml", "--refresh", "--trace", lines, "--trace-profile", "openinference", "--trace-content", "--json"],
        {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url},
    )
    sent = {}
    for path, kind, body in receiver.requests:
        check(f"{path} is protobuf", kind == "application/x-protobuf", kind)
        message = ExportTraceServiceRequest() if path == "/v1/traces" else ExportLogsServiceRequest()
        message.ParseFromString(body)
        check("  and is written again byte by byte", message.SerializeToString(deterministic=True) == body)
        check("  without fields that the protocol does not know", message == type(message).FromString(message.SerializeToString()))
        if path == "/v1/traces":
            sent.update({span.span_id: span for span in spans_of(message)})
    logs = [ExportLogsServiceRequest.FromString(body) for path, _, body in receiver.requests if path == "/v1/logs"]
    events = [record for log in logs for group in log.resource_logs for scope in group.scope_logs for record in scope.log_records]
    check("4 questions × 4 metrics are evaluation events", len(events) == 16, len(events))
    check("  named as the conventions have it", {event.event_name for event in events} == {"gen_ai.evaluation.result"})
    roots = {span.span_id for span in sent.values() if span.name == "assay.question"}
    check("  and belong to the questions' spans", {event.span_id for event in events} == roots and len(roots) == 4)
    written = {}
    with open(lines) as file:
        for line in file:
            for span in spans_of(from_otlp_json(line, ExportTraceServiceRequest())):
                written[span.span_id] = span
    check(f"the file's {len(written)} JSON spans are the exported protobuf spans", written == sent, set(written) ^ set(sent))
    json_receiver = Receiver()
    assay(
        binary, folder, ["run", "pipeline.yaml", "--refresh", "--json"],
        {"OTEL_EXPORTER_OTLP_ENDPOINT": json_receiver.url, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"},
    )
    text = b"".join(body for _, _, body in json_receiver.requests).decode()
    for path, kind, body in json_receiver.requests:
        check(f"{path} is JSON", kind == "application/json", kind)
        from_otlp_json(body, ExportTraceServiceRequest() if path == "/v1/traces" else ExportLogsServiceRequest())
    check("no text leaves unless it is wanted", not any(fact in text or word + "?" in text for word, fact in FACTS))


def children(spans, parent):
    return sorted(span["name"] for span in spans if span["parent_id"] == parent)


def phoenix(binary, folder, command, work):
    """What Phoenix's API gives back is what was run."""
    port, log = free_port(), f"{work}/phoenix.log"
    url = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ, "PHOENIX_WORKING_DIR": f"{work}/phoenix", "PHOENIX_HOST": "127.0.0.1", "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(free_port()), "PHOENIX_TELEMETRY_ENABLED": "false", "PHOENIX_ALLOW_EXTERNAL_RESOURCES": "false",
    }
    with running([command, "serve"], log, env=environment) as process:
        wait_for(url + "/healthz", process, log)
        export = {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_LOGS_EXPORTER": "none", "OTEL_SERVICE_NAME": "peers"}
        flags = ["--trace-profile", "openinference", "--trace-content"]
        record = json.loads(
            assay(binary, folder, ["run", "pipeline.yaml", "--refresh", "--json", *flags, "--annotate-phoenix", url], export)
        )
        questions = {row["sample"]["question"]["id"]: row for row in record["results"]["questions"]}
        spans = wait_spans(url, lambda spans: sum(span["name"] == "assay.score" for span in spans) == 4)
        roots = [span for span in spans if span["name"] == "assay.question"]
        check("Phoenix has 4 question traces", len({span["context"]["trace_id"] for span in roots}) == 4, len(roots))
        annotations = wait_annotations(url, [span["context"]["span_id"] for span in roots], 16)
        for root in roots:
            compare_question(root, spans, questions, annotations)
        compare_documents(url, spans)
        reply = assay(binary, folder, ["ask", "pipeline.yaml", FACTS[1][0] + " of Lund?", *flags], export)
        asked = wait_spans(
            url, lambda spans: any(span["attributes"].get("input.value") == FACTS[1][0] + " of Lund?" and span["parent_id"] is None for span in spans)
        )
        root = next(span for span in asked if span["parent_id"] is None and span["attributes"].get("input.value", "").endswith("of Lund?"))
        answer = root["attributes"]["output.value"]
        check("a single question's answer is what was printed", answer.split("\n")[0][:30] in reply, (answer, reply))
        check(
            "  and its tree is embed, retrieve, prompt, generate", {"assay.embed", "assay.retrieve", "assay.prompt", "assay.generate"} <= set(
                children(asked, root["context"]["span_id"])
            ), children(asked, root["context"]["span_id"]),
        )
        asked_over_http(binary, folder, url, work, FACTS[2][0] + " of the coast guard?", documents)


def wait_spans(url, enough, seconds=60):
    end = time.monotonic() + seconds
    spans = []
    while time.monotonic() < end:
        with contextlib.suppress(urllib.error.HTTPError):
            before = len(spans)
            spans = fetch_json(f"{url}/v1/projects/peers/spans?limit=1000")["data"]
            # Phoenix takes spans in one after the other: they are complete when a second later there are no more.
            if enough(spans) and len(spans) == before:
                return spans
        time.sleep(1)
    check("Phoenix shows the spans within a minute", False, [span["name"] for span in spans])


def wait_annotations(url, ids, count, seconds=60):
    end = time.monotonic() + seconds
    found = []
    query = "&".join("span_ids=" + span for span in ids)
    while time.monotonic() < end:
        found = fetch_json(f"{url}/v1/projects/peers/span_annotations?limit=1000&{query}")["data"]
        if len(found) >= count:
            return found
        time.sleep(1)
    check(f"Phoenix has {count} annotations within a minute", False, len(found))


def compare_question(root, spans, questions, annotations):
    identity = root["context"]["span_id"]
    name = root["attributes"]["assay.question.id"]
    row = questions[name]
    check(f"{name}: question and answer are the run's", root["attributes"]["input.value"] == row["sample"]["question"]["question"]
          and root["attributes"]["output.value"] == row["sample"]["answer"]["text"], root["attributes"])
    check("  the tree is retrieve, prompt, answer, score", children(spans, identity) == [
        "assay.answer", "assay.prompt", "assay.retrieve", "assay.score"], children(spans, identity))
    retrieval = next(span for span in spans if span["parent_id"] == identity and span["name"] == "assay.retrieve")
    check("  below retrieve: two searches and a fusion",
          children(spans, retrieval["context"]["span_id"]) == ["assay.fuse", "assay.search", "assay.search"])
    check("  Phoenix knows the retriever", retrieval["span_kind"] == "RETRIEVER", retrieval["span_kind"])
    shown = documents(retrieval["attributes"])
    wanted = [(chunk["id"], chunk["score"], chunk["text"]) for chunk in row["sample"]["retrieved"][: len(shown)]]
    check(f"  its {len(shown)} documents have the run's ids, scores and texts", bool(shown) and shown == wanted, (shown, wanted))
    answer = next(span for span in spans if span["parent_id"] == identity and span["name"] == "assay.answer")
    model = next(span for span in spans if span["parent_id"] == answer["context"]["span_id"] and span["name"] == "assay.generate")
    usage = row["sample"]["answer"]["usage"]
    tokens = (model["attributes"]["llm.token_count.prompt"], model["attributes"]["llm.token_count.completion"])
    check("  the LLM span has the run's tokens", model["span_kind"] == "LLM" and tokens == (usage["promptTokens"], usage["completionTokens"]), tokens)
    scores = {metric: result["score"]["value"] for metric, result in row["scores"].items()}
    given = {item["name"]: item["result"]["score"] for item in annotations if item["span_id"] == identity}
    check("  the annotations are the run's scores", given.keys() == scores.keys()
          and all(abs(given[metric] - scores[metric]) < 1e-9 for metric in scores), (given, scores))


def documents(attributes):
    if "retrieval.documents" in attributes:
        listed = attributes["retrieval.documents"]
        listed = json.loads(listed) if isinstance(listed, str) else listed
        return [(item["document.id"], item["document.score"], item["document.content"]) for item in listed]
    found = []
    while f"retrieval.documents.{len(found)}.document.id" in attributes:
        prefix = f"retrieval.documents.{len(found)}.document."
        found.append((attributes[prefix + "id"], attributes[prefix + "score"], attributes[prefix + "content"]))
    return found


def compare_documents(url, spans):
    query = (
        "{ projects(first: 50) { edges { node { name spans(first: 1000) { edges { node { spanId name "
        "documentEvaluations { documentPosition name label score } } } } } } } }"
    )
    found, end = [], time.monotonic() + 60
    while not found and time.monotonic() < end:
        answer = fetch_json(url + "/graphql", {"query": query})
        check("Phoenix's GraphQL answers", "errors" not in answer, answer.get("errors"))
        for edge in answer["data"]["projects"]["edges"]:
            if edge["node"]["name"] == "peers":
                found = [item["node"] for item in edge["node"]["spans"]["edges"] if item["node"]["documentEvaluations"]]
        time.sleep(1)
    check("every retriever has its documents judged by the gold labels", len(found) == 4, len(found))
    for span in found:
        positions = sorted((item["documentPosition"], item["score"]) for item in span["documentEvaluations"])
        check(f"  {len(positions)} documents, at least one with gold evidence", any(score == 1 for _, score in positions), positions)


def prometheus(folder, tools, work):
    """promtool accepts the text, Prometheus scrapes it, PromQL gives back what was counted."""
    text = open(folder).read()
    lint = subprocess.run([f"{tools}/promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    check("promtool check metrics is clean", lint.returncode == 0 and not lint.stderr.strip(), lint.stdout + lint.stderr)
    rules = subprocess.run([f"{tools}/promtool", "check", "rules", "dashboards/alerts.yaml"], capture_output=True, text=True)
    check("promtool check rules is clean", rules.returncode == 0, rules.stdout + rules.stderr)
    tests = subprocess.run([f"{tools}/promtool", "test", "rules", "dashboards/alerts-test.yaml"], capture_output=True, text=True)
    check("promtool test rules passes", tests.returncode == 0, tests.stdout + tests.stderr)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    scrape(f"127.0.0.1:{server.server_port}", tools, work)


def scrape(target, tools, work):
    port, log = free_port(), f"{work}/prometheus.log"
    with open(f"{work}/prometheus.yml", "w") as file:
        file.write(
            "global: { scrape_interval: 1s }\nscrape_configs:\n  - job_name: assay\n    static_configs: [ { targets: [ '" + target + "' ] } ]\n"
        )
    command = [
        f"{tools}/prometheus", f"--config.file={work}/prometheus.yml", f"--storage.tsdb.path={work}/tsdb",
        f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn",
    ]
    url = f"http://127.0.0.1:{port}"
    with running(command, log) as process:
        wait_for(url + "/-/ready", process, log, 60)
        expected = {
            'assay_answers_total{assay_outcome="answered"}': 12345679,
            "sum(gen_ai_server_time_to_first_token_seconds_count)": 3,
            "sum(gen_ai_server_time_to_first_token_seconds_sum)": 0.35,
            'gen_ai_server_time_to_first_token_seconds_bucket{le="0.1"}': 2,
            "histogram_quantile(0.5, sum by (le) (gen_ai_server_time_to_first_token_seconds_bucket))": 0.09,
        }
        end = time.monotonic() + 30
        values = {}
        while time.monotonic() < end:
            values = {query: promql(url, query) for query in expected}
            if all(value is not None for value in values.values()):
                break
            time.sleep(1)
        for query, wanted in expected.items():
            got = values[query]
            check(f"PromQL {query} is {wanted}", got is not None and abs(got - wanted) < 1e-9, got)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--assay", required=True)
    parser.add_argument("--phoenix", required=True)
    parser.add_argument("--prometheus", required=True)
    parser.add_argument("--only", choices=["protocol", "phoenix", "prometheus", "service"])
    options = parser.parse_args()
    # What an earlier run has stored would not be asked for again.
    os.environ.pop("ASSAY_WORKSPACE", None)
    work = tempfile.mkdtemp(prefix="assay-peers-")
    try:
        folder = f"{work}/project"
        project(folder)
        if options.only in (None, "protocol"):
            protocol(os.path.abspath(options.assay), folder)
        if options.only in (None, "phoenix"):
            phoenix(os.path.abspath(options.assay), folder, options.phoenix, work)
        if options.only in (None, "prometheus"):
            prometheus("Tests/AssayTelemetryTests/Fixtures/metrics.txt", options.prometheus, work)
        if options.only in (None, "service"):
            counted(os.path.abspath(options.assay), folder, options.prometheus, work, [f"What is known of the {word}?" for word, _ in FACTS])
        print("peers: all checks passed")
    finally:
        shutil.rmtree(work, ignore_errors=True)


main()
