#!/usr/bin/env python3
"""Runs llama.cpp's server out of the PyPI wheel `xllamacpp`, and ends when the parent does.

usage: llama-launcher.py '{"model": "x.gguf", "port": 8080, "slots": 1, "context": 2048, "parent": 4711, ...}'
The key that clients must send is in LLAMA_API_KEY. Standard input is a pipe: its end is the signal to stop.
"""
import ctypes
import json
import os
import signal
import sys
import threading
import time

PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    try:
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    except (OSError, AttributeError):
        pass  # not Linux: the pipe alone tells
    if os.getppid() != parent:
        os._exit(0)  # the parent died before the line above

    def watch() -> None:
        while os.read(0, 4096):
            pass
        os.kill(0, signal.SIGKILL)  # the whole group: the launcher leads it

    threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    options = json.loads(sys.argv[1])
    die_with_parent(options["parent"])
    try:
        import xllamacpp
    except ImportError as error:
        sys.exit(f"the python package xllamacpp is missing: {error}")
    params = xllamacpp.CommonParams()
    params.model.path = options["model"]
    params.model_alias = {options["alias"]}
    params.hostnames = ["127.0.0.1"]
    params.port = options["port"]
    params.n_parallel = options["slots"]
    params.n_ctx = options["context"]
    params.n_batch = options["batch"]
    params.n_ubatch = options["batch"]
    params.cache_prompt = options["cache"]
    params.cache_ram_mib = options["cache_mib"]
    params.cache_idle_slots = options["cache"]
    params.embedding = options["embedding"]
    if options["pooling"]:
        pooling = xllamacpp.llama_pooling_type
        params.pooling_type = getattr(pooling, "LLAMA_POOLING_TYPE_" + options["pooling"].upper())
    params.fit_params = False
    params.endpoint_slots = True
    params.endpoint_metrics = True
    params.ui = False
    if options["threads"] > 0:
        params.cpuparams.n_threads = options["threads"]
        params.cpuparams_batch.n_threads = options["threads"]
    key = os.environ.pop("LLAMA_API_KEY", "")
    if key:
        params.api_keys = [key]
    server = xllamacpp.Server(params)
    print(f"launcher: {server.listening_address}", flush=True)
    while True:
        time.sleep(3600)


main()
