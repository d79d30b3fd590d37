"""Start-up and orchestration of the program, from its own records. usage: measure.py PROGRAM ROUNDS QUESTIONS

Orchestration: one document of one chunk, keyword retrieval, a scripted engine with one slot, two metrics. What is left of the stages
retrieve, answer and score after the waits for the database and the engine is what a question's way through the pipeline costs; the
search in the one chunk, rendering the prompt, its key and the metrics are in it.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

PIPELINE = """assay: 1
corpus: corpus
chunk: { by: recursive, characters: 400 }
index: { keywords: { stemmer: none } }
retrieve: { from: [ { bm25: { top: 4 } } ], depth: 4 }
answer: { engine: scripted, prompt: grounded, context: 1, max_tokens: 32 }
evaluate: { evalset: questions.jsonl, metrics: [ hit@1, exact_match ] }
"""


def start(command):
    begin = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - begin) * 1000


def starts(program, rounds):
    ours, peer = [], []
    for _ in range(rounds):
        ours.append(start([program, "--help"]))
        peer.append(start([sys.executable, "-c", "pass"]))
    print(f"assay --help: median {statistics.median(ours):.1f} ms (min {min(ours):.1f}, max {max(ours):.1f})")
    print(f"python3 -c pass: median {statistics.median(peer):.1f} ms; ratio {statistics.median(ours) / statistics.median(peer):.2f}")


def project(root, questions):
    os.makedirs(root + "/corpus")
    write = lambda name, text: open(f"{root}/{name}", "w").write(text)
    write("corpus/a.md", "# Facts\n\nThe pump P1 runs at 40 bar. It is blue.\n")
    write("engines.yaml", "engines:\n  scripted: { kind: scripted, reply: extract, slots: 1 }\n")
    write("pipeline.yaml", PIPELINE)
    row = lambda n: {
        "id": f"q{n:06}",
        "question": f"At which pressure number {n} does the pump run?",
        "reference": "40 bar",
        "gold": [{"document": "a.md", "quote": "40 bar"}],
        "split": "dev",
    }
    write("questions.jsonl", "".join(json.dumps(row(n)) + "\n" for n in range(questions)))


def orchestration(program, rounds, questions):
    new, again = [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as root:
            project(root, questions)
            for found in (new, again):
                output = subprocess.run(
                    [program, "run", "--json", root + "/pipeline.yaml"], capture_output=True, check=True
                ).stdout
                timings = json.loads(output)["timings"]
                stages = {line["stage"]: line["seconds"] for line in timings["stages"]}
                work = stages["retrieve"] + stages["answer"] + stages["score"]
                store = timings["store"]["seconds"]
                calls = [line["answer"]["totalMs"] for line in timings["questions"].values() if "answer" in line]
                # A reused answer keeps the times of the call that made it.
                engine = sum(calls) / 1e3 if found is new else 0.0
                found.append([1e6 * seconds / questions for seconds in (work - store - engine, store, engine)])
    for name, found in (("answered anew", new), ("answers reused", again)):
        own, store, engine = zip(*found)
        print(
            f"{questions} questions {name}: {statistics.median(own):.1f} us a question "
            f"(min {min(own):.1f}, max {max(own):.1f}); beside it the database {statistics.median(store):.1f} us, "
            f"the scripted engine {statistics.median(engine):.1f} us"
        )


if __name__ == "__main__":
    program, rounds, questions = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    starts(program, rounds)
    orchestration(program, rounds, questions)
