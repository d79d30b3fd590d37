"""Makes a project of the data, runs one pipeline a chunker and prints the means; called by `run`.

The texts are read as plain text, so that the data's character spans are spans of what is chunked. A gold label is the span's text
with the number of its occurrence up to the span's start.
"""
import csv, json, os, shutil, subprocess, sys

CHUNKERS = ["tokens", "sentences", "recursive"]
METRICS = ["token_recall@5", "token_precision@5", "token_iou@5", "span_recall@5", "span_precision@5", "span_recall@1000tok"]
SIZES = {"bm25": [("characters", 800, 0), ("characters", 800, 200), ("characters", 1600, 0)],
         "dense": [("tokens", 200, 0), ("tokens", 200, 99), ("tokens", 250, 0)]}


def occurrence(text, quote, start):
    count, place = 0, text.find(quote)
    while 0 <= place <= start:
        count, place = count + 1, text.find(quote, place + 1)
    return count


def questions(data, texts):
    with open(f"{data}/questions_df.csv", encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            document, text = row["corpus_id"] + ".txt", texts[row["corpus_id"]]
            gold = []
            for reference in json.loads(row["references"]):
                start, end = reference["start_index"], reference["end_index"]
                # White space around a span is no evidence, and a label's place does not depend on it.
                quote = text[start:end].strip()
                gold.append({"document": document, "quote": quote, "occurrence": occurrence(text, quote, end)})
            yield {"id": f"q{number:03}", "question": row["question"], "gold": gold, "tags": [row["corpus_id"]], "split": "dev"}


def project(data, work):
    os.makedirs(f"{work}/corpus", exist_ok=True)
    os.makedirs(f"{work}/evalset", exist_ok=True)
    texts = {}
    for name in sorted(os.listdir(f"{data}/corpora")):
        with open(f"{data}/corpora/{name}", encoding="utf-8", newline="") as file:
            texts[name.removesuffix(".md")] = file.read()
        shutil.copyfile(f"{data}/corpora/{name}", f"{work}/corpus/{name.removesuffix('.md')}.txt")
    with open(f"{work}/corpus/corpus.yaml", "w") as file:
        file.write('name: chunking\nlicence: see the data\nformat: files\npath: .\ninclude: ["*.txt"]\n')
    with open(f"{work}/evalset/questions.jsonl", "w", encoding="utf-8") as file:
        for question in questions(data, texts):
            file.write(json.dumps(question, ensure_ascii=False) + "\n")


def pipeline(chunker, size, mode):
    unit, length, overlap = size
    embed = "embed: { model: all-MiniLM-L6-v2 }\n" if mode == "dense" else ""
    index = "vectors: flat" if mode == "dense" else "keywords: { stemmer: porter }"
    sizes = f", {unit}: {length}, overlap: {overlap}"
    return (f"assay: 1\ncorpus: corpus\nchunk: {{ by: {chunker}{sizes} }}\n{embed}index: {{ {index} }}\n"
            f"retrieve:\n  from: [ {{ {mode}: {{ top: 50 }} }} ]\n  depth: 50\n"
            f"evaluate:\n  evalset: evalset\n  split: dev\n  metrics: [ {', '.join(METRICS)} ]\n")


def main(binary, data, work, mode, root):
    project(data, work)
    for name in ["engines.yaml", "models.yaml"]:
        shutil.copyfile(f"{root}/{name}", f"{work}/{name}")
    print(f"| chunker, {mode} | chunks | " + " | ".join(METRICS) + " |")
    print("|---|---|" + "---|" * len(METRICS))
    for chunker in CHUNKERS:
        for size in SIZES[mode]:
            with open(f"{work}/pipeline.yaml", "w") as file:
                file.write(pipeline(chunker, size, mode))
            run = subprocess.run([binary, "run", "--json", "--workspace", f"{work}/.assay", f"{work}/pipeline.yaml"],
                                 capture_output=True, text=True)
            if run.returncode != 0:
                sys.exit(run.stderr)
            results = json.loads(run.stdout)["results"]
            means = {metric["definition"]["name"]: metric for metric in results["metrics"]}
            cells = []
            for name in METRICS:
                mean, scored = means[name].get("mean"), means[name].get("scored", 0)
                cells.append("–" if mean is None else f"{mean:.3f} (n={scored})")
            print(f"| {chunker}, {size[1]} {size[0]}, overlap {size[2]} | {results['corpus']['chunks']} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
