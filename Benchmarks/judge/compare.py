"""Runs both sides in turn on one engine and prints, and writes as Markdown, what each needed."""

import argparse
import datetime
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from engine import Engine, Proxy

HERE = pathlib.Path(__file__).parent.resolve()
ROOT = HERE.parent.parent
RETRIEVE = """\
assay: 1
corpus: {root}/corpora/handbook
chunk: {{ by: headings, tokens: 160, overlap: 24 }}
embed: {{ by: hashed }}
index: {{ keywords: {{ stemmer: porter, k1: 0.9, b: 0.4 }} }}
retrieve: {{ from: [ {{ bm25: {{ top: 20 }} }} ], depth: 20 }}
answer: {{ engine: {answers}, context: 4 }}
evaluate:
  evalset: evalset
  metrics: {metrics}
"""
METRICS = "[ faithfulness, context_precision ]"
SHORT = "[ faithfulness: { reasons: false }, context_precision: { reasons: false } ]"
# Metrics and judge of each way to ask.
SIDES = {
    "assay json": (METRICS, "{ engine: judge, ask: json }"),
    "assay json, no reasons": (SHORT, "{ engine: judge, ask: json }"),
    "assay logprob": (METRICS, "{ engine: judge, ask: logprob }"),
}


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def prepare(folder, count, port):
    """An evalset of the first answerable questions, and one pipeline a side."""
    rows = []
    for line in (ROOT / "evalsets/handbook/questions.jsonl").read_text().splitlines():
        row = json.loads(line)
        if row.get("gold") and row.get("reference"):
            rows.append(line)
    step = max(1, len(rows) // count)
    write(folder / "evalset/questions.jsonl", "\n".join(rows[::step][:count]) + "\n")
    write(folder / "engines.yaml", f"""\
# token_prompts: the supervised engine sends prompts without control tokens to the chat interface, too, since it knows the vocabulary.
engines:
  scripted: {{ kind: scripted, reply: extract, slots: 4 }}
  answers: {{ kind: replay, journal: answers.jsonl, slots: 4 }}
  judge: {{ kind: openai, llama: true, base_url: "http://127.0.0.1:{port}/v1", model: judge, slots: 2, context: 8192, timeout: 3600, token_prompts: never }}
""")
    write(folder / "prepare.yaml", RETRIEVE.format(root=ROOT, metrics="[ mrr ]", answers="scripted"))
    write(folder / "index.yaml", RETRIEVE.format(root=ROOT, metrics="[ mrr ]", answers="answers"))
    for name, (metrics, judge) in SIDES.items():
        text = RETRIEVE.format(root=ROOT, metrics=metrics, answers="answers") + f"  judge: {judge}\n"
        write(folder / (file_name(name) + ".yaml"), text)


def file_name(side):
    return side.replace(",", "").replace(" ", "-")


def give_answers(folder, record):
    """A journal in which the answer to each question is its reference: real sentences, which have statements to verify."""
    references = {row["sample"]["answer"]["text"]: row["sample"]["question"]["reference"] for row in record["results"]["questions"]}
    lines = []
    for line in (folder / "recorded.jsonl").read_text().splitlines():
        entry = json.loads(line)
        entry["reply"]["text"] = references[entry["reply"]["text"].strip()]
        lines.append(json.dumps(entry))
    write(folder / "answers.jsonl", "\n".join(lines) + "\n")


def assay(binary, folder, name, *more, workspace="index"):
    start = time.monotonic()
    done = subprocess.run([binary, "run", f"{name}.yaml", "--json", *more], cwd=folder, capture_output=True, text=True, env={
        **os.environ, "ASSAY_WORKSPACE": str(folder / f"workspace-{workspace}")})
    if done.returncode != 0:
        sys.exit(done.stderr)
    return time.monotonic() - start, json.loads(done.stdout)


def samples(record, path):
    lines = []
    for row in record["results"]["questions"]:
        sample = row["sample"]
        lines.append(json.dumps({
            "question": sample["question"]["question"], "answer": sample["answer"]["text"],
            "contexts": [chunk["text"] for chunk in sample["retrieved"][: sample["contextCount"]]],
            "reference": sample["question"]["reference"],
        }))
    path.write_text("\n".join(lines) + "\n")
    return len(lines)


def scored(record):
    return {metric["definition"]["name"]: metric["scored"] for metric in record["results"]["metrics"]}


def processor():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def main():
    parser = argparse.ArgumentParser()
    for name in ("assay", "home", "samples", "rounds", "report"):
        parser.add_argument("--" + name)
    options = parser.parse_args()
    binary, rounds = str(pathlib.Path(options.assay).resolve()), int(options.rounds)
    proxy = Proxy()
    results = {name: [] for name in ["ragas", *SIDES]}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        prepare(folder, int(options.samples), proxy.port)
        _, record = assay(binary, folder, "prepare", "--record", "recorded.jsonl")
        give_answers(folder, record)
        _, record = assay(binary, folder, "index")
        count = samples(record, folder / "samples.jsonl")
        proxy.answers = [row["sample"]["answer"]["text"] for row in record["results"]["questions"]]
        for number in range(rounds):
            for side in results:
                # A fresh engine each time: no side finds its prompts of the round before in the cache.
                proxy.engine = Engine(options.home, ROOT / "scripts/llama-launcher.py")
                proxy.take()
                load = os.getloadavg()[0]
                try:
                    found = one(side, binary, folder, proxy.port, number)
                finally:
                    proxy.engine.close()
                found.update(proxy.take(), load=load)
                results[side].append(found)
                print(f"round {number + 1} {side}: {json.dumps(found)}", file=sys.stderr, flush=True)
            # After every round, so that an interrupted measurement is not lost.
            text = report(results, count, number + 1, "debug" if "/debug/" in binary else "release")
            if options.report:
                pathlib.Path(options.report).write_text(text + "\n")
    print(text)


def one(side, binary, folder, port, number):
    """One side over all samples."""
    if side == "ragas":
        done = subprocess.run(
            [sys.executable, str(HERE / "ragas_side.py"), str(folder / "samples.jsonl"), f"http://127.0.0.1:{port}/v1"],
            check=True, capture_output=True, text=True)
        return json.loads(done.stdout.splitlines()[-1])
    # A workspace of its own for each side and round, in which the index is there and the journal of judge calls is empty.
    name = file_name(side)
    shutil.copytree(folder / "workspace-index", folder / f"workspace-{name}-{number}")
    seconds, record = assay(binary, folder, name, workspace=f"{name}-{number}")
    return {"seconds": seconds, "scored": scored(record)}


def report(results, count, rounds, build):
    def median(side, key):
        return statistics.median(key(run) if callable(key) else run[key] for run in results[side])

    def per_call(run):
        return run["seconds"] / max(1, run["calls"])

    lines = [
        "# Judged evaluation: Assay against Ragas 0.4.3",
        "",
        "This page is generated by `make bench-judge`.",
        "",
        f"Machine: {processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}; {datetime.date.today()}. "
        f"Assay's {build} build. Load before the rounds (1 minute): " + ", ".join(f"{run['load']:.1f}" for run in results["ragas"]) + ".",
        "",
        f"{count} questions of the handbook with 4 passages each and their references as answers, faithfulness and context precision (2 + 4 judge calls a sample on "
        f"both sides), the same llama.cpp server, started afresh for each side and round (SmolLM2-135M-Instruct, 2 slots, 1 thread, prefix cache), {rounds} alternating rounds, medians. Both sides "
        "keep two calls in flight. Ragas is timed without its imports, Assay as a whole process from start to report. Calls, prompt tokens and generated tokens are the engine's own `timings`, read on the wire.",
        "",
        "Two things make both sides ask the same number of times; both are in Ragas's favour or alike. Ragas's output schemas are sent along as a constraint with bounded lists and strings, so that no reply has to be "
        "asked for again (unconstrained it asked several times for most). And the small model seldom finds a statement in an answer: a grammar makes it write the answer's own sentences, at most four, for both sides the same.",
        "",
        "| side | wall time s | calls | s a call | prompt tokens | of these processed | generated tokens | rows scored |",
        "|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    for side in results:
        score = ", ".join(f"{name} {value}" for name, value in sorted(results[side][-1]["scored"].items()))
        lines.append(
            f"| {side} | {median(side, 'seconds'):.1f} | {median(side, 'calls'):.0f} | {median(side, per_call):.2f} | {median(side, 'prompt'):,.0f} | "
            f"{median(side, 'processed'):,.0f} | {median(side, 'generated'):,.0f} | {score} of {count} |"
        )
    lines += ["", "Ratios to Ragas, round by round (less is faster; the aim is at most 0.5 at the same number of calls):", ""]
    for side in SIDES:
        pairs = list(zip(results[side], results["ragas"]))
        wall = [ours["seconds"] / theirs["seconds"] for ours, theirs in pairs]
        call = [per_call(ours) / per_call(theirs) for ours, theirs in pairs]
        lines.append(
            f"- {side}: wall time {statistics.median(wall):.2f} ({min(wall):.2f} to {max(wall):.2f}), "
            f"time a call {statistics.median(call):.2f} ({min(call):.2f} to {max(call):.2f})"
        )
    lines += [
        "",
        "`assay json` asks as often as Ragas, with a reason for every verdict as Ragas has it, and once more for the canary that shows that engine and template obey; `assay logprob` asks once a statement instead of once a list, behind a cached prefix. "
        "What a 135M model says is no verdict on anything: this page is about time.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
