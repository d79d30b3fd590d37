"""Vector search of Assay against PyPI's faiss-cpu, one thread, one query at a time.

usage: compare.py BENCH_VECTORS [COUNT] [DIMENSION] [ROUNDS]

Rounds alternate between the two programs; figures are medians over all queries of all rounds, in milliseconds of the thread's CPU time.
Recall is against an exact search in float64. The data are clustered unit vectors, seeded.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import faiss
import numpy as np

K = 10
QUERIES = 200
# Assay's kind, faiss-cpu's factory text, nprobe.
PAIRS = [("scan", None, 0), ("flat", "Flat", 0), ("ivf_sq8", "IVF{n},SQ8", 16), ("ivf_pq", "IVF{n},PQ{m}x4fs,RFlat", 16)]


def data(count, dimension):
    random = np.random.default_rng(7)
    centres = random.standard_normal((max(1, count // 100), dimension))

    def near(size):
        x = centres[random.integers(len(centres), size=size)] + 0.7 * random.standard_normal((size, dimension))
        return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)

    return near(count), near(QUERIES)


def lists(count):
    n = 1
    while n * 2**0.5 < 4 * count**0.5:
        n *= 2
    while n > 1 and n * 39 > count:
        n //= 2
    return n


class Peer:
    def __init__(self, factory, nprobe, x):
        text = factory.format(n=lists(len(x)), m=x.shape[1] // 4)
        start = time.perf_counter()
        self.index = faiss.index_factory(x.shape[1], text, faiss.METRIC_INNER_PRODUCT)
        self.index.train(x)
        self.index.add(x)
        self.build = time.perf_counter() - start
        if nprobe:
            faiss.extract_index_ivf(self.index.base_index if hasattr(self.index, "base_index") else self.index).nprobe = nprobe
        if hasattr(self.index, "k_factor"):
            self.index.k_factor = 10
        self.bytes = len(faiss.serialize_index(self.index))

    def round(self, queries):
        times, results = [], []
        for query in queries:
            start = time.thread_time()
            _, labels = self.index.search(query[None], K)
            times.append((time.thread_time() - start) * 1e3)
            results.append(labels[0])
        return times, results


def recall(results, truth):
    return sum(len(set(map(int, a)) & set(map(int, b))) for a, b in zip(results, truth)) / (len(truth) * K)


def main():
    bench = sys.argv[1]
    count, dimension, rounds = (list(map(int, sys.argv[2:])) + [100_000, 384, 5][len(sys.argv) - 2 :])[:3]
    faiss.omp_set_num_threads(1)
    x, queries = data(count, dimension)
    truth = np.argsort(-(queries.astype(np.float64) @ x.astype(np.float64).T), axis=1, kind="stable")[:, :K]
    print(f"faiss-cpu {faiss.__version__}, {count} x {dimension}, k = {K}, {QUERIES} queries, {rounds} rounds")
    print("| kind | build s | index MB | proposals ms | p50 ms | p95 ms | recall@10 |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        x.tofile(f"{folder}/vectors")
        queries.tofile(f"{folder}/queries")
        for kind, factory, nprobe in PAIRS:
            command = [bench, kind, f"{folder}/vectors", str(dimension), str(count), f"{folder}/queries", folder]
            ours = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            made = json.loads(ours.stdout.readline())
            peer = Peer(factory, nprobe, x) if factory else None
            times, proposing, peer_times = [], [], []
            for _ in range(rounds):
                ours.stdin.write("go\n")
                ours.stdin.flush()
                answer = json.loads(ours.stdout.readline())
                times += answer["ms"]
                proposing += answer["candidates_ms"]
                if peer:
                    t, peer_results = peer.round(queries)
                    peer_times += t
            ours.stdin.close()
            ours.wait()
            row("assay " + kind, made["build_s"], made["bytes"], times, recall(answer["results"], truth), proposing)
            if peer:
                row("faiss-cpu " + factory, peer.build, peer.bytes, peer_times, recall(peer_results, truth))


def row(name, build, size, times, found, proposing=None):
    p95 = sorted(times)[int(len(times) * 0.95)]
    part = f"{statistics.median(proposing):.3f}" if proposing else ""
    print(f"| {name} | {build:.1f} | {size / 1e6:.1f} | {part} | {statistics.median(times):.3f} | {p95:.3f} | {found:.4f} |", flush=True)


main()
