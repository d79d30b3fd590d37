"""The running service against real peers: a served question in Phoenix, and what Prometheus scrapes of it."""

import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request

from peers_tools import check, fetch, fetch_json, free_port, promql, running, wait_for

TRACE, CLIENT = "5f0c1a7be2d94c63a8b1d2e3f4051627", "00f067aa0ba902b7"


def annotations(url, span, count, seconds=60):
    """Annotations of a span by name; Phoenix takes them in after the span."""
    end, found = time.monotonic() + seconds, []
    while len(found) < count and time.monotonic() < end:
        found = fetch_json(f"{url}/v1/projects/served/span_annotations?span_ids={span}")["data"]
        time.sleep(1)
    return sorted((item["name"], item["annotator_kind"], item["result"]["score"], item["result"].get("explanation")) for item in found)


class Service:
    """A service that listens; its log says where."""

    def __init__(self, process, log):
        self.url = None
        end = time.monotonic() + 60
        while self.url is None and time.monotonic() < end and process.poll() is None:
            found = re.search(r"listening on (http://\S+)", open(log).read())
            self.url = found and found.group(1)
            time.sleep(0.1)
        check("the service listens", self.url is not None, open(log).read())

    def post(self, path, body, headers=None):
        request = urllib.request.Request(
            self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, json.loads(response.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def ask(self, question, headers=None):
        return self.post(
            "/v1/chat/completions", {"model": "pipeline", "messages": [{"role": "user", "content": question}]}, headers
        )


def spans_of_trace(url, enough, seconds=60):
    end, spans = time.monotonic() + seconds, []
    while time.monotonic() < end:
        try:
            found = fetch_json(f"{url}/v1/projects/served/spans?limit=1000")["data"]
            before = len(spans)
            spans = [span for span in found if span["context"]["trace_id"] == TRACE]
            # Phoenix takes spans in one after the other: they are complete when a second later there are no more.
            if enough(spans) and len(spans) == before:
                return spans
        except urllib.error.HTTPError:
            pass
        time.sleep(1)
    check("Phoenix shows the served question within a minute", False, [span["name"] for span in spans])


def asked_over_http(binary, folder, phoenix, work, question, documents):
    """Phoenix gives back the tree of a served question, from the client's header down to the call of the engine."""
    log = f"{work}/service-traced.log"
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": phoenix, "OTEL_LOGS_EXPORTER": "none", "OTEL_SERVICE_NAME": "served", "OTEL_BSP_SCHEDULE_DELAY": "500",
    }
    command = [binary, "serve", "pipeline.yaml", "--port", "0", "--trace-profile", "openinference", "--trace-content", "--annotate-phoenix", phoenix]
    with running(command, log, cwd=folder, env={**os.environ, **environment}) as process:
        service = Service(process, log)
        status, reply = service.ask(question, {"traceparent": f"00-{TRACE}-{CLIENT}-01"})
        check("the service answers", status == 200, reply)
        check("  and keeps a thumb", service.post("/v1/feedback", {"id": reply["id"], "rating": "up", "comment": "as in the book"})[0] == 200)
        # The span of the request is exported when it has ended, after its children.
        # Two scores: the thumb, and what online evaluation says in the background.
        spans = spans_of_trace(
            phoenix, lambda spans: "POST /v1/chat/completions" in {span["name"] for span in spans} and sum(span["name"] == "assay.score" for span in spans) == 2
        )
    below = lambda span: [child for child in spans if child["parent_id"] == span["context"]["span_id"]]
    roots = [span for span in spans if span["name"] == "POST /v1/chat/completions"]
    check("Phoenix has one request in the client's trace", len(roots) == 1, [span["name"] for span in spans])
    root = roots[0]
    check("  it is the child of the client's span", root["parent_id"] == CLIENT, root["parent_id"])
    check(
        "  with route and status", (root["attributes"].get("http.route"), root["attributes"].get("http.response.status_code"))
        == ("/v1/chat/completions", 200), root["attributes"],
    )
    check("  and Phoenix knows its kind", root["span_kind"] == "CHAIN", root["span_kind"])
    children = below(root)
    check("below it is the question", [span["name"] for span in children] == ["assay.question"], [span["name"] for span in children])
    asked = children[0]
    text = reply["choices"][0]["message"]["content"]
    check("  with question and answer as they were served",
          (asked["attributes"]["input.value"], asked["attributes"]["output.value"]) == (question, text), asked["attributes"])
    stages = {span["name"]: span for span in below(asked)}
    wanted = ["assay.embed", "assay.generate", "assay.prompt", "assay.retrieve", "assay.score"]
    check("  its stages are embed, retrieve, prompt, generate, and the scores", sorted(stages) == wanted, sorted(stages))
    searches = sorted(span["name"] for span in below(stages["assay.retrieve"]))
    check("  below retrieve: two searches and a fusion", searches == ["assay.fuse", "assay.search", "assay.search"], searches)
    shown = documents(stages["assay.retrieve"]["attributes"])
    served = [(passage["id"], passage["score"], passage["text"]) for passage in reply["assay"]["passages"]]
    check(f"  its {len(shown)} documents are the served passages, with scores and texts", bool(shown) and shown[: len(served)] == served, (shown, served))
    call = stages["assay.generate"]["attributes"]
    tokens = (call["llm.token_count.prompt"], call["llm.token_count.completion"])
    usage = reply["usage"]
    check("  the LLM span has the served usage", stages["assay.generate"]["span_kind"] == "LLM" and tokens == (usage["prompt_tokens"], usage["completion_tokens"]), (tokens, usage))
    notes = annotations(phoenix, asked["context"]["span_id"], 2)
    check("  the question's annotations are the thumb and the score judged online",
          [note[:3] for note in notes] == [("abstention_rate", "CODE", 0.0), ("user_feedback", "HUMAN", 1.0)] and notes[1][3] == "as in the book", notes)



def counted(binary, folder, tools, work, questions):
    """Prometheus scrapes the running service, and PromQL gives back what was asked, and what the dashboard says."""
    log = f"{work}/service-scraped.log"
    # A workspace of its own: no stored answers.
    command = [binary, "serve", "pipeline.yaml", "--port", "0", "--workspace", f"{work}/scraped"]
    with running(command, log, cwd=folder) as process:
        service = Service(process, log)
        for question in questions + questions[:1]:
            check(f"asked: {question}", service.ask(question)[0] == 200)
        check("two requests are refused", [service.post("/v1/retrieve", {"query": 1})[0], service.ask(" ")[0]] == [400, 400])
        answer = service.ask(questions[0])[1]["id"]
        check("feedback is taken", service.post("/v1/feedback", {"id": answer, "rating": "up"})[0] == 200)
        board = fetch_json(service.url + "/dashboard.json")["current"]
        for accept in ("text/plain", "application/openmetrics-text"):
            text = fetch(service.url + "/metrics", headers={"Accept": accept}).decode()
            check(f"/metrics as {accept} is {len(text)} bytes", "assay_answers" in text)
            if accept == "text/plain":
                lint = subprocess.run([f"{tools}/promtool", "check", "metrics"], input=text, capture_output=True, text=True)
                check("promtool check metrics of the running service is clean", lint.returncode == 0 and not lint.stderr.strip(), lint.stdout + lint.stderr)
        scraped(service.url.split("//")[1], tools, work, board, len(questions))


def quantile(share, metric, selector=""):
    return f"histogram_quantile({share}, sum by (le) ({metric}_bucket{selector}))"


def scraped(target, tools, work, board, count):
    port, log = free_port(), f"{work}/prometheus-service.log"
    with open(f"{work}/service.yml", "w") as file:
        file.write(
            "global: { scrape_interval: 1s }\nscrape_configs:\n  - job_name: assay\n    static_configs: [ { targets: [ '" + target + "' ] } ]\n"
        )
    command = [
        f"{tools}/prometheus", f"--config.file={work}/service.yml", f"--storage.tsdb.path={work}/tsdb-service",
        f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn",
    ]
    url = f"http://127.0.0.1:{port}"
    with running(command, log) as process:
        wait_for(url + "/-/ready", process, log, 60)
        expected = {
            'sum(assay_answers_total{assay_outcome="answered"})': count + 2,
            'sum(assay_answers_total{assay_outcome!="answered"}) or vector(0)': 0,
            'assay_cache_requests_total{assay_cache="answer",assay_result="hit"}': 2,
            'assay_cache_requests_total{assay_cache="answer",assay_result="miss"}': count,
            "sum(gen_ai_server_time_to_first_token_seconds_count)": count,
            'sum(http_server_request_duration_seconds_count{http_route="/v1/chat/completions",http_response_status_code="200"})': count + 2,
            'sum(http_server_request_duration_seconds_count{http_response_status_code="400"})': 2,
            'assay_feedback_total{assay_rating="up"}': 1,
            "assay_retrieval_documents_count": count + 2,
            "assay_index_generation": 1,
            'assay_online_judged_total{assay_result="scored"}': count + 2,
            'assay_engine_breaker_state{assay_state="closed"}': 1,
            "up": 1,
            'count(assay_build_info{assay_pipeline="pipeline"})': 1,
        }
        values = wait_values(url, expected)
        for query, wanted in expected.items():
            check(f"PromQL {query} is {wanted}", values[query] is not None and abs(values[query] - wanted) < 1e-9, values[query])
        # Everything happened within the dashboard's minute, so its quantiles are those of all observations.
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
            for key, query in (
                (f"first_token_{name}", quantile(share, "gen_ai_server_time_to_first_token_seconds")),
                (f"answer_time_{name}", quantile(share, "gen_ai_server_request_duration_seconds", '{error_type=""}')),
                (f"stage_search_{name}", quantile(share, "assay_stage_duration_seconds", '{assay_stage="search"}')),
                (f"queue_wait_{name}", quantile(share, "assay_queue_wait_duration_seconds")),
            ):
                got = promql(url, query)
                check(f"the dashboard's {key} is Prometheus's {name}", got is not None and abs(got - board[key]) <= 1e-5 * got, (got, board[key]))
        expressions(url)


def wait_values(url, expected):
    end, values = time.monotonic() + 30, {}
    while time.monotonic() < end:
        values = {query: promql(url, query) for query in expected}
        if all(value is not None for value in values.values()):
            break
        time.sleep(1)
    return values


def expressions(url):
    """Prometheus takes every expression of the dashboards, and knows every name that this service has counted."""
    def found(node):
        if isinstance(node, dict):
            for key, item in node.items():
                yield from [item] if key == "expr" else found(item)
        elif isinstance(node, list):
            for item in node:
                yield from found(item)

    texts = list(found(json.load(open("dashboards/service.json"))))
    texts += re.findall(r"^ +expr: (.+)$", open("dashboards/alerts.yaml").read(), re.M)
    names = set(fetch_json(url + "/api/v1/label/__name__/values")["data"])
    for text in texts:
        query = text.replace("$__rate_interval", "1m").replace("$job", "assay")
        # An expression that Prometheus does not take is answered with 400.
        promql(url, query)
    used = {name for text in texts for name in re.findall(r"\b(?:assay|gen_ai|http|process)_\w+", re.sub(r"\{[^}]*\}|by \([^)]*\)", "", text))}
    silent = sorted(name for name in used if name not in names)
    print(f"      {len(texts)} expressions; this service has not yet counted: {', '.join(silent) or 'nothing'}")
    check(f"{len(used) - len(silent)} of {len(used)} metrics of the dashboards are scraped", len(used) - len(silent) >= 20, silent)
