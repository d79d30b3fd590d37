"""The engine that both sides ask: Assay's launcher of llama.cpp's server, behind a proxy that counts."""

import http.client
import http.server
import json
import os
import pathlib
import re
import socket
import subprocess
import threading
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Engine:
    """llama.cpp's server with the flags of the engine `local-fast`: two slots, prefix cache.

    One thread: with more, the threads wait for each other by spinning, and on a machine that does something else, too, both sides crawl.
    """

    def __init__(self, home, launcher, context=8192, slots=2, threads=1):
        self.port = free_port()
        options = {
            "parent": os.getpid(), "model": str(pathlib.Path(home) / "models" / "SmolLM2-135M-Instruct.Q4_1.gguf"), "alias": "judge",
            "port": self.port, "slots": slots, "context": context * slots, "batch": 256, "cache": True, "cache_mib": 512,
            "embedding": False, "pooling": "", "threads": threads,
        }
        python = str(pathlib.Path(home) / "venv" / "bin" / "python")
        self.process = subprocess.Popen(
            [python, "-u", str(launcher), json.dumps(options)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )
        for _ in range(600):
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/health")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.2)
        raise SystemExit("bench-judge: the engine did not start")

    def close(self):
        self.process.stdin.close()
        self.process.wait(30)


def statements(answer):
    """The first sentences of an answer, at most four."""
    return [part.strip() for part in re.split(r"(?<=[.!?])\s+", answer) if part.strip()][:4]


class Proxy:
    """Passes requests on and keeps what the engine says of each: `timings`.

    One kind of request is changed: the one that splits an answer into statements. The small model often finds none, and then a side has nothing
    to verify. A grammar with one single sentence makes the engine write the answer's own sentences, for both sides the same.
    """

    def __init__(self):
        self.calls = []
        self.answers = []
        self.engine = None
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.forward(b"")

            def do_POST(self):
                self.forward(proxy.with_fixed_split(self.rfile.read(int(self.headers["Content-Length"]))))

            def forward(self, body):
                upstream = http.client.HTTPConnection("127.0.0.1", proxy.engine.port, timeout=3600)
                upstream.request(self.command, self.path, body or None, {"Content-Type": "application/json"})
                answer = upstream.getresponse()
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.getheader("Content-Type", "application/json"))
                self.send_header("Connection", "close")
                self.end_headers()
                text = b""
                while part := answer.read1(65536):
                    text += part
                    self.wfile.write(part)
                found = re.findall(rb'"timings":(\{[^}]*\})', text)
                if self.path.endswith("/chat/completions"):
                    proxy.calls.append(json.loads(found[-1]) if found else {})

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def with_fixed_split(self, body):
        request = json.loads(body)
        schema = request.get("response_format", {}).get("json_schema", {}).get("schema", {})
        listed = schema.get("properties", {}).get("statements", {}).get("items", {}).get("type") == "string"
        text = request.get("messages", [{}])[-1].get("content", "")
        # Grammars of Assay name the field and make every element a string of 1 to 300 characters.
        if not (listed or re.search(r'\\"statements\\":.*item0 ::= "\\"" char', request.get("grammar", ""), re.DOTALL)):
            return body
        # Ragas writes its input as JSON.
        found = [answer for answer in self.answers if answer in text or json.dumps(answer)[1:-1] in text]
        if not found:
            raise ValueError("a request to split a text that is none of the answers")
        reply = json.dumps({"statements": statements(max(found, key=len))}, separators=(",", ":"))
        request.pop("response_format", None)
        request["grammar"] = "root ::= " + json.dumps(reply)
        return json.dumps(request).encode()

    def take(self):
        """The counts since the last time."""
        taken, self.calls = self.calls, []
        return {
            "calls": len(taken),
            "failed": sum(1 for call in taken if not call),
            "prompt": sum(call.get("prompt_n", 0) + call.get("cache_n", 0) for call in taken),
            "processed": sum(call.get("prompt_n", 0) for call in taken),
            "generated": sum(call.get("predicted_n", 0) for call in taken),
        }
