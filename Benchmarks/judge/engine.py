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
    """llama.cpp's server with the flags of the engine `local-fast`: two slots, prefix cache."""

    def __init__(self, home, launcher, context=8192, slots=2):
        self.port = free_port()
        options = {
            "parent": os.getpid(), "model": str(pathlib.Path(home) / "models" / "SmolLM2-135M-Instruct.Q4_1.gguf"), "alias": "judge",
            "port": self.port, "slots": slots, "context": context * slots, "batch": 256, "cache": True, "cache_mib": 512,
            "embedding": False, "pooling": "", "threads": 0,
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


class Proxy:
    """Passes requests on as they are and keeps what the engine says of each: `timings`."""

    def __init__(self, target):
        self.calls = []
        calls = self.calls

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.forward(b"")

            def do_POST(self):
                self.forward(self.rfile.read(int(self.headers["Content-Length"])))

            def forward(self, body):
                upstream = http.client.HTTPConnection("127.0.0.1", target, timeout=3600)
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
                    calls.append(json.loads(found[-1]) if found else {})

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self):
        """The counts since the last time."""
        taken, self.calls[:] = list(self.calls), []
        return {
            "calls": len(taken),
            "failed": sum(1 for call in taken if not call),
            "prompt": sum(call.get("prompt_n", 0) + call.get("cache_n", 0) for call in taken),
            "processed": sum(call.get("prompt_n", 0) for call in taken),
            "generated": sum(call.get("predicted_n", 0) for call in taken),
        }
