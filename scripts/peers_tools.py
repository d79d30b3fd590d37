"""What the checks against real peers share: processes on loopback, requests, one line a check."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request


def check(what, ok, detail=""):
    print(("ok    " if ok else "FAILED  ") + what, flush=True)
    if not ok:
        print(str(detail)[:4000])
        sys.exit(1)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(command, log, **options):
    """A process of its own group that ends with the block."""
    with open(log, "w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True, **options)
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def fetch(url, body=None, headers=None, timeout=30):
    request = urllib.request.Request(url, data=body, headers=headers or {})
    with urllib.request.urlopen(request, timeout=timeout) as response:
        return response.read()


def fetch_json(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    return json.loads(fetch(url, data, {"Content-Type": "application/json"}))


def wait_for(url, process, log, seconds=240):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            fetch(url, timeout=5)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(1)
    check(f"{url} answers within {seconds} s", False, open(log).read()[-3000:])


def promql(url, query):
    answer = fetch_json(url + "/api/v1/query?query=" + urllib.parse.quote(query))
    result = answer["data"]["result"]
    return float(result[0]["value"][1]) if result else None
