#!/usr/bin/env python3
"""Writes generated runs with the values that pytrec_eval gives them, for AssayEvalTests.

    python3 -m venv oracles && oracles/bin/pip install pytrec-eval-terrier==0.5.11
    oracles/bin/python scripts/trec-oracle.py Tests/AssayEvalTests/Fixtures/trec-runs.json

1,000 queries from one seed, with tied scores, negative and zero grades, documents without label and relevant documents that
are not retrieved, at relevance levels 1 and 2. Scores are quarters, exact as 32-bit and 64-bit floats. Each query has a grade
of at least 0: with only negative ones the C code reads memory that it never set. pytrec_eval has trec_eval 9's rounding of
recall points.

One line a query: level, qrels as "document grade …", run as "document score …", values in the order of the first line's
measures, with 12 digits.
"""
import json, random, sys

import pytrec_eval

COUNT = 1000
MEASURES = {
    "num_ret", "num_rel", "num_rel_ret", "map", "Rprec", "bpref", "recip_rank", "iprec_at_recall", "P.1,5,10,100",
    "recall.5,10,100", "Rprec_mult.0.2,0.5,1.0,1.4,2.0", "11pt_avg", "binG", "G", "ndcg", "ndcg_rel", "Rndcg",
    "ndcg_cut.1,5,10,100", "map_cut.5,10,100", "relative_P.1,5,10,100", "success.1,5,10", "set_P", "set_relative_P",
    "set_recall", "set_map", "set_F", "num_nonrel_judged_ret",
}
GRADES = [[0, 1], [0, 0, 0, 1], [0, 0, 1, 2, 3], [-2, -1, 0, 1, 2], [1], [-1, 0], [0, 0, 0, 0, 2, 7]]


def query(random):
    ids = [f"d{number}" for number in range(random.choice([1, 3, 8, 15, 30, 45]))] + ["D1", "d1-", "é"]
    grades = random.choice(GRADES)
    while True:
        qrels = {i: random.choice(grades) for i in random.sample(ids, random.randint(1, len(ids)))}
        if max(qrels.values()) >= 0:
            break
    highest = random.choice([-3, 0, 4, 400])
    run = {i: random.randint(-4, highest) / 4 for i in random.sample(ids, random.randint(1, len(ids)))}
    return qrels, run


def main(path):
    generator = random.Random(20261123)
    names, lines = None, []
    for number in range(COUNT):
        qrels, run = query(generator)
        level = 2 if number % 5 == 4 else 1
        values = pytrec_eval.RelevanceEvaluator({"q": qrels}, MEASURES, relevance_level=level).evaluate({"q": run})["q"]
        names = names or sorted(values)
        assert sorted(values) == names
        lines.append([
            level, " ".join(f"{i} {g}" for i, g in qrels.items()), " ".join(f"{i} {s:g}" for i, s in run.items()),
            [float(f"{values[name]:.12g}") if values[name] % 1 else int(values[name]) for name in names],
        ])
    with open(path, "w", encoding="utf-8") as file:
        rows = ",\n".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in lines)
        file.write('{"measures":' + json.dumps(names) + ',\n"queries":[\n' + rows + "\n]}\n")


if __name__ == "__main__":
    main(sys.argv[1])
