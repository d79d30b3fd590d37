"""Alternates bench-chunk with chonkie and LangChain over the same documents; processor time, medians, ratios."""

import json
import os
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

from chonkie import FastChunker, RecursiveChunker
from langchain_text_splitters import MarkdownHeaderTextSplitter, RecursiveCharacterTextSplitter

DOCUMENT_BYTES = 50_000


def texts(data: Path):
    """Yields (suffix, text) of a BEIR corpus or of a folder's files."""
    if data.is_file():
        for line in data.open(encoding="utf-8"):
            record = json.loads(line)
            yield ".txt", record["title"] + "\n\n" + record["text"] + "\n\n"
    else:
        for path in sorted(data.rglob("*")):
            if path.suffix in (".txt", ".md"):
                yield path.suffix, path.read_text(encoding="utf-8") + "\n\n"


def write_documents(data: Path, folder: Path) -> str:
    """Joins texts to documents of about 50 kB; returns their suffix. A small folder is repeated until there are 2 MB."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    pieces = list(texts(data))
    suffix = pieces[0][0]
    total = sum(len(text.encode()) for _, text in pieces)
    number, open_text = 0, ""
    for _ in range(max(1, 2_000_000 // total + 1)):
        for _, text in pieces:
            open_text += text
            if len(open_text.encode()) >= DOCUMENT_BYTES:
                (folder / f"{number:04}{suffix}").write_text(open_text, encoding="utf-8")
                number, open_text = number + 1, ""
    return suffix


def peers(suffix: str):
    """Name, bench-chunk's case, and a function that returns the number of chunks of a text."""
    recursive = RecursiveChunker(tokenizer="character", chunk_size=2000)
    fast = FastChunker(chunk_size=2000)
    lang = RecursiveCharacterTextSplitter(chunk_size=2000, chunk_overlap=0)
    placed = RecursiveCharacterTextSplitter(chunk_size=2000, chunk_overlap=200, add_start_index=True)
    found = [
        (f"chonkie {version('chonkie')} FastChunker 2000 B", "recursive-2000c", lambda t: len(fast(t))),
        (f"chonkie {version('chonkie')} RecursiveChunker 2000", "recursive-2000c", lambda t: len(recursive(t))),
        (f"LangChain {version('langchain-text-splitters')} recursive 2000", "recursive-2000c", lambda t: len(lang.split_text(t))),
        ("LangChain recursive 2000/200 with offsets", "recursive-2000c-overlap", lambda t: len(placed.create_documents([t]))),
    ]
    if suffix == ".md":
        header = MarkdownHeaderTextSplitter([("#" * n, f"h{n}") for n in range(1, 5)])
        found.append(
            (
                "LangChain Markdown headers, then recursive 2000",
                "headings-2000c",
                lambda t: len(lang.split_documents(header.split_text(t))),
            )
        )
    return found


def bench(program: str, folder: Path, case: str) -> dict:
    command = [program, "--data", str(folder), "--case", case, "--seconds", "0.5"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    program, data, folder, rounds = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    suffix = write_documents(data, folder)
    documents = [path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())]
    size = sum(len(text.encode()) for text in documents)
    print(f"{len(documents)} documents, {size / 1e6:.2f} MB, {rounds} rounds, processor time of one thread\n")
    print("| peer | MB/s | chunks | Assay | MB/s | chunks | ratio | ratios of rounds |\n|---|---|---|---|---|---|---|---|")
    for name, case, cut in peers(suffix):
        ours, theirs = [], []
        for _ in range(rounds):
            report = bench(program, folder, case)
            ours.append(report["mb_per_s"])
            start = time.process_time()
            chunks = sum(cut(text) for text in documents)
            theirs.append(size / (time.process_time() - start) / 1e6)
        ratios = sorted(a / b for a, b in zip(ours, theirs))
        print(
            f"| {name} | {statistics.median(theirs):.1f} | {chunks} | {case} | {statistics.median(ours):.0f}"
            f" | {report['chunks']} | {statistics.median(ratios):.1f} | {ratios[0]:.1f}–{ratios[-1]:.1f} |",
            flush=True,
        )
    print("\n| Assay alone | MB/s | chunks |\n|---|---|---|")
    alone = ["copy-2000c", "tokens-2000c", "sentences-2000c", "recursive-600c", "recursive-160t", "recursive-160t-overlap", "tokens-160t"]
    if suffix == ".md":
        alone += ["headings-2000c", "headings-600c", "headings-160t", "headings-160t-overlap"]
    for case in alone:
        reports = [bench(program, folder, case) for _ in range(min(rounds, 3))]
        print(f"| {case} | {statistics.median(r['mb_per_s'] for r in reports):.0f} | {reports[0]['chunks']} |", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    main()
