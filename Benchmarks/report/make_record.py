"""Puts a made-up run of N questions into a workspace's database, in the form in which `assay run` stores one.

usage: make_record.py WORKSPACE N   (the database exists: `assay report --workspace WORKSPACE` makes it)
"""
import json, random, sqlite3, struct, sys

workspace, count = sys.argv[1], int(sys.argv[2])
random.seed(7)
METRICS = ["span_recall@5", "hit@5", "mrr", "token_f1", "rouge_l", "semantic_similarity", "citation_precision", "faithfulness"]
WORDS = ("cache token batch kernel memory bandwidth latency driver tensor layer attention head prefix page block throughput engine "
         "prompt window server request queue stream the a of and to in is with for when each per about").split()
OUTCOMES = {"not asked": 0, "answered": 1, "declined": 2}
PLACES = ["not_in_corpus", "not_retrieved", "retrieved_not_used", "used_wrong", "judge_failed"]
text = lambda n: " ".join(random.choices(WORDS, k=n))
pool = [text(60) for _ in range(5000)]


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def string(value):
    data = value.encode()
    return varint(len(data)) + data


def card(row, timing):
    sample = row["sample"]
    question = sample["question"]
    out = [string(question["id"]), string(question["question"]), varint(len(question["tags"])), *map(string, question["tags"]),
           string(question["gold"][0]["document"] if question["gold"] else "")]
    out.append(bytes([(0 if question["gold"] else 1) | 8]))
    out.append(bytes([2 if sample["answer"]["abstained"] else 1]))
    out.append(bytes([PLACES.index(row["attribution"]) + 1 if "attribution" in row else 0]))
    out.append(varint(len(METRICS)))
    for name in METRICS:
        score = row["scores"][name]["score"]
        if "value" in score:
            out.append(b"\1" + struct.pack("<d", score["value"]))
        else:
            out.append(b"\3" + string(score["not_applicable"]))
    out.append(varint(0))
    out.append(struct.pack("<d", timing["retrieveMs"]) + b"\1" + struct.pack("<dd", timing["answer"]["firstTokenMs"], timing["answer"]["totalMs"]))
    return b"".join(out)


def question(number):
    answerable = random.random() > 0.15
    document = f"handbook/chapter-{number % 997}.md"
    body = pool[number % len(pool)]
    hit = answerable and random.random() < 0.7
    retrieved = []
    for rank in range(5):
        chunk = random.randrange(len(pool))
        retrieved.append({"document": document if hit and rank == 1 else f"handbook/chapter-{chunk % 997}.md", "end": 1000 + len(pool[chunk]),
                          "id": f"chunk-{chunk}-{rank}", "score": round(0.9 - rank * 0.1, 4), "start": 1000, "text": pool[chunk], "tokens": 90})
    declined = not answerable and random.random() < 0.5
    scores = {}
    for name in METRICS:
        if not answerable and name in METRICS[:3]:
            scores[name] = {"score": {"not_applicable": "the question is unanswerable"}}
        else:
            value = random.random() if name not in ("hit@5", "citation_precision") else float(random.random() < 0.6)
            scores[name] = {"score": {"value": value}}
    answer = text(25) + " [1]."
    row = {"sample": {
        "question": {"id": f"q-{number:06}", "question": text(11) + "?", "reference": text(18) + ".", "split": "test",
                     "gold": [{"document": document, "occurrence": 1, "quote": body[:150]}] if answerable else [],
                     "tags": [random.choice(["fact", "comparison", "procedure"]) if answerable else "unanswerable"]},
        "goldSpans": [{"document": document, "start": 1100, "end": 1250}] if answerable else [], "retrieved": retrieved, "contextCount": 4,
        "answer": {"text": answer, "abstained": declined, "finish": "stop", "usage": {"promptTokens": 700, "completionTokens": 40},
                   "citations": [{"chunk": retrieved[0]["id"], "start": len(answer) - 4, "end": len(answer) - 1, "number": 1}]}},
        "scores": scores}
    if scores["token_f1"]["score"]["value"] < 0.3:
        row["attribution"] = "not_in_corpus" if not answerable else "used_wrong" if hit else "not_retrieved"
    return row, {"retrieveMs": 2.5, "answer": {"firstTokenMs": 300.0, "totalMs": 1500.0, "attempts": 1}}


database = sqlite3.connect(f"{workspace}/assay.db")
database.execute("PRAGMA synchronous = OFF")
run = f"bench-{count}"
for table, column in (("run_rows", "run"), ("run_cards", "run"), ("run_heads", "run"), ("runs", "id")):
    database.execute(f"DELETE FROM {table} WHERE {column} = ?", (run,))
total, sums, cards, unanswerable = 0, {name: [] for name in METRICS}, [], 0
for number in range(count):
    row, timing = question(number)
    payload = json.dumps({"result": row, "timing": timing}, sort_keys=True, separators=(",", ":")).encode()
    total += len(payload)
    database.execute("INSERT INTO run_rows VALUES (?, ?, ?)", (run, number, payload))
    cards.append(card(row, timing))
    unanswerable += not row["sample"]["question"]["gold"]
    for name in METRICS:
        score = row["scores"][name]["score"]
        if "value" in score:
            sums[name].append(score["value"])
    if len(cards) == 1000 or number == count - 1:
        block = b"\1" + varint(len(cards)) + b"".join(cards)
        database.execute("INSERT INTO run_cards VALUES (?, ?, ?)", (run, number + 1 - len(cards), block))
        cards = []
summaries = []
for name in METRICS:
    mean = sum(sums[name]) / len(sums[name])
    definition = {"formula": "made up", "higherIsBetter": True, "name": name, "needs": [], "range": [0, 1], "version": 1}
    summaries.append({"clusters": 997, "definition": definition, "definitionHash": "0", "high": mean + 0.002, "low": mean - 0.002, "mean": mean,
                      "notApplicable": count - len(sums[name]), "notScored": 0, "scored": len(sums[name])})
head = {"format": 1, "id": run, "status": "success", "timings": {"questions": {}, "stages": []},
        "environment": {"assay": "bench", "cores": 2, "libraries": {}, "memoryGiB": 1, "processor": "none", "started": "2026-01-01T00:00:00Z", "system": "none"},
        "results": {"components": {}, "metrics": summaries, "neutralisedTokens": 0, "pipeline": "bench", "questions": [], "spec": {}, "specHash": "0",
                    "corpus": {"bytes": 1, "chunks": 5000, "documents": 997, "fingerprint": "0", "leftOut": [], "name": "bench", "tokens": 1, "truncatedChunks": 0,
                               "stripped": {"controls": 0, "tags": 0, "variationSelectors": 0, "zeroWidth": 0}},
                    "evalset": {"answered": count, "fingerprint": "0", "name": "bench", "questions": count, "split": "test", "unanswerable": unanswerable}}}
database.execute("INSERT INTO run_heads VALUES (?, ?, ?)", (run, count, json.dumps(METRICS).encode()))
database.execute("INSERT INTO runs (id, pipeline, spec_hash, status, started, record) VALUES (?, 'bench', '0', 'success', '2026-01-01T00:00:00Z', ?)", (run, json.dumps(head).encode()))
database.commit()
print(f"{run}: {count} questions, {total / 1e6:.0f} MB of JSON, {total // count} bytes a question")
