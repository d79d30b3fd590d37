"""Runs the sides in turn and prints medians over the rounds: compare.py BENCH_BINARY FOLDER ROUNDS K"""

import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
COLUMNS = ["p50_ms", "p95_ms", "queries_per_s", "batch_queries_per_s", "index_docs_per_s", "index_docs_per_cpu_s"]


def agreement(left, right):
    """The mean share of hits in common."""
    shares = []
    for a, b in zip(left.read_text().split("\n"), right.read_text().split("\n")):
        a, b = set(a.split()), set(b.split())
        if a or b:
            shares.append(len(a & b) / max(len(a), len(b)))
    return statistics.fmean(shares)


def main():
    binary, folder, rounds, k = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    documents = str(folder / "documents.txt")
    for name in ("claims", "sentences"):
        queries = str(folder / f"{name}.txt")
        sides = {
            "assay": [binary, documents, queries, str(folder / "index"), str(folder / f"{name}.assay"), k],
            "bm25s": [sys.executable, str(HERE / "peers.py"), "bm25s", documents, queries, str(folder / f"{name}.bm25s"), k],
            "tantivy": [sys.executable, str(HERE / "peers.py"), "tantivy", documents, queries, str(folder / f"{name}.tantivy"), k],
        }
        results = {side: [] for side in sides}
        for _ in range(rounds):
            for side, command in sides.items():
                results[side].append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        first = results["assay"][0]
        print(f"\n{name}: {first['documents']} documents, {first['queries']} queries, top {k}, {rounds} rounds, {platform.machine()}, "
              f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        medians = {
            side: {column: statistics.median(run[column] for run in runs) for column in COLUMNS if column in runs[0]}
            for side, runs in results.items()
        }
        print(f"{'':22}" + "".join(f"{column:>22}" for column in COLUMNS))
        for side, values in medians.items():
            print(f"{side:22}" + "".join(f"{values[column]:22.3f}" if column in values else f"{'–':>22}" for column in COLUMNS))
        for side in ("bm25s", "tantivy"):
            print(f"p50 of {side} / p50 of assay: {medians[side]['p50_ms'] / medians['assay']['p50_ms']:.2f}; "
                  f"hits in common: {agreement(folder / f'{name}.assay', folder / f'{name}.{side}'):.3f}")


if __name__ == "__main__":
    main()
