"""Times sentence-transformers and Assay's encoder on the same texts, alternating, and prints the ratio.

The ratio of CPU time is printed too: it says more on a machine that has other work.

usage: compare.py BENCH_EMBED MODEL [rounds]
"""
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

import numpy
import sentence_transformers
import torch

program, folder = sys.argv[1], sys.argv[2]
rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 9
TEXTS, TOKENS = 32, 230

model = sentence_transformers.SentenceTransformer(folder, device="cpu")
rng = random.Random(7)
vocabulary = [w for w in model.tokenizer.get_vocab() if w.isalpha() and len(w) > 2]
vocabulary.sort()
texts = []
for _ in range(TEXTS):  # each word is one token, full stops too; [CLS] and [SEP] make it about 230
    words = []
    while len(words) < TOKENS - 2:
        words += rng.sample(vocabulary, 11) + ["."]
    texts.append(" ".join(words[: rng.randint(TOKENS - 22, TOKENS + 18)]))
lengths = [len(model.tokenizer(t)["input_ids"]) for t in texts]

with tempfile.TemporaryDirectory() as temporary:
    path = pathlib.Path(temporary) / "texts.json"
    path.write_text(json.dumps(texts))
    assay = subprocess.Popen([program, "encode", folder, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert assay.stdout.readline().strip() == "ready"

    def ours_cpu():
        fields = pathlib.Path(f"/proc/{assay.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def ours():
        assay.stdin.write("go\n")
        assay.stdin.flush()
        return float(assay.stdout.readline())

    def theirs():
        start = time.perf_counter()
        vectors = model.encode(texts, batch_size=32, normalize_embeddings=True, show_progress_bar=False)
        return time.perf_counter() - start, vectors

    ours(), theirs()
    times = {"assay": [], "sentence-transformers": []}
    cpu = {"assay": 0.0, "sentence-transformers": 0.0}
    for _ in range(rounds):
        before = ours_cpu()
        times["assay"].append(ours())
        cpu["assay"] += ours_cpu() - before
        before = time.process_time()
        seconds, vectors = theirs()
        cpu["sentence-transformers"] += time.process_time() - before
        times["sentence-transformers"].append(seconds)
    assay.stdin.close()
    first = numpy.array([float(x) for x in assay.stdout.readline().split()])
    assay.wait()

print(f"texts {TEXTS}, tokens {min(lengths)}–{max(lengths)}, torch {torch.__version__} with {torch.get_num_threads()} threads, "
      f"sentence-transformers {sentence_transformers.__version__}, rounds {rounds}")
for name, values in times.items():
    print(f"{name}: median {TEXTS / statistics.median(values):.1f} texts/s "
          f"(from {TEXTS / max(values):.1f} to {TEXTS / min(values):.1f}), "
          f"{cpu[name] / rounds / TEXTS * 1000:.1f} ms of CPU a text")
print(f"cosine of the first text {float(first @ vectors[0]):.7f}")
pairs = [b / a for a, b in zip(times["assay"], times["sentence-transformers"])]
print(f"ratio {statistics.median(times['sentence-transformers']) / statistics.median(times['assay']):.2f} "
      f"(by round {min(pairs):.2f} to {max(pairs):.2f}); of CPU time {cpu['sentence-transformers'] / cpu['assay']:.2f}")
