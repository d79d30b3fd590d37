#!/usr/bin/env python3
"""Writes the oracle numbers that AssayEvalTests are checked against.

    python3 -m venv oracles && oracles/bin/pip install pytrec-eval-terrier==0.5.11 rouge-score==0.1.2 scipy==1.17.1 ruptures==1.1.10
    oracles/bin/python scripts/evaluation-oracles.py Tests/AssayEvalTests/Fixtures

trec.json       pytrec_eval on generated runs with ties, negative grades, unjudged documents, ids that are prefixes of ids
text.json       rouge-score without stemmer; exact match and F1 by the rules of the official SQuAD scripts
student-t.json  quantiles of Student's t by scipy
change-points.json  changes of level by ruptures: Pelt(model="l2", min_size=2, jump=1)
"""
import collections, json, random, re, string, sys

import pytrec_eval
from rouge_score import rouge_scorer
from scipy.stats import t as student

MEASURES = {"ndcg", "ndcg_cut.1,3,5,10,100", "map", "map_cut.3,10", "recip_rank", "P.1,3,5,10,100",
            "recall.1,3,5,10,100", "success.1,3,5,10"}


def trec(random):
    cases = []
    for number in range(60):
        size = random.choice([1, 2, 5, 12, 40, 120])
        ids = [f"d{i}" for i in range(size)] + ["d1#", "d1-", "d1.x", "D1", "é", "z漢"]
        random.shuffle(ids)
        grades = random.choice([[0, 1], [0, 0, 1, 2, 3], [-2, -1, 0, 1, 2], [1], [-1, 0]])
        qrels = {i: random.choice(grades) for i in random.sample(ids, random.randint(1, len(ids)))}
        retrieved = random.sample(ids, random.randint(1, len(ids)))
        # Quarters are exact in float and double, so versions of trec_eval cannot differ; few of them give many ties.
        run = {i: random.randint(-4, random.choice([-3, 0, 4, 400])) / 4 for i in retrieved}
        found = pytrec_eval.RelevanceEvaluator({"q": qrels}, MEASURES).evaluate({"q": run})["q"]
        cases.append({"qrels": qrels, "run": run, "expected": dict(sorted(found.items()))})
    return cases


def squad_tokens(text):
    text = "".join(c for c in text.lower() if c not in set(string.punctuation))
    return re.sub(r"\b(a|an|the)\b", " ", text).split()


def squad_f1(prediction, truth):
    p, t = squad_tokens(prediction), squad_tokens(truth)
    if not p or not t:
        return float(p == t)
    same = sum((collections.Counter(p) & collections.Counter(t)).values())
    if same == 0:
        return 0.0
    return 2 * (same / len(p)) * (same / len(t)) / (same / len(p) + same / len(t))


def text(random):
    pairs = [
        ("The cat sat on the mat.", "A cat is on the mat"), ("", "x"), ("x", ""), ("the", "a"), ("The", "theatre"),
        ("It’s the “a-list”", "its alist"), ("an apple", "Apple!"), ("U.S.A.", "usa"), ("foo_the_bar", "foothebar"),
        ("the’the", "’"), ("naïve café", "naive cafe"), ("3.14 of 7", "314 7"), ("Ünïcödé 漢字 the 漢", "漢字 漢"),
        ("x\u00a0y\u2003z\x1dw", "x y z w"), ("a b c d e f", "a c b d f e"), ("a a a b", "a b b b"),
        ("GPU-memory: 24 GiB", "24 gib of gpu memory"), ("K2 is \u212a2", "k2"), ("1st THE first", "first 1st"),
        ("theta a\u0301 an", "theta"), ("½ ² ٣", "½ ²"), ("$5", "5 €"), ("x — the — y", "x y"),
    ]
    words = "the a an of model cache token GPU gpu, Layers layers. 4-bit 16 quantised (weights) and".split()
    for _ in range(60):
        pairs.append(tuple(" ".join(random.choices(words, k=random.randint(0, random.choice([3, 12, 90])))) for _ in "ab"))
    scorer = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=False)
    cases = []
    for answer, reference in pairs:
        rouge = scorer.score(reference, answer)
        cases.append({
            "answer": answer, "reference": reference,
            "exactMatch": float(squad_tokens(answer) == squad_tokens(reference)),
            "tokenF1": squad_f1(answer, reference),
            "rouge1": rouge["rouge1"].fmeasure, "rouge2": rouge["rouge2"].fmeasure,
            "rougeL": rouge["rougeL"].fmeasure,
        })
    return cases


def student_t():
    return [
        {"p": p, "freedom": v, "t": float(student.ppf(p, v))}
        for v in [0.5, 1, 1.5, 2, 3, 4, 5, 7, 9.25, 10, 19, 29, 30, 49, 99, 100, 299, 1000, 10000, 100000]
        for p in [1e-6, 0.005, 0.025, 0.25, 0.5, 0.6, 0.9, 0.95, 0.975, 0.995, 0.9995]
    ]


def change_points(random):
    import numpy
    import ruptures

    cases = []
    for size in [4, 5, 6, 7, 9, 12, 20, 33, 60, 120]:
        for steps in range(4):
            values = [random.gauss(0.7, 0.02) for _ in range(size)]
            for _ in range(steps):
                start, step = random.randrange(1, size), random.choice([-1, 1]) * random.uniform(0.03, 0.15)
                values = [v + step * (i >= start) for i, v in enumerate(values)]
            values = [round(v, 4) for v in values]
            for penalty in [0.0008, 0.004, 0.02]:
                ends = ruptures.Pelt(model="l2", min_size=2, jump=1).fit(numpy.array(values)).predict(pen=penalty)
                cases.append({"values": values, "penalty": penalty, "changes": ends[:-1]})
    return cases


def write(folder, name, cases):
    with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
        lines = ",\n".join(json.dumps(case, sort_keys=True) for case in cases)
        file.write(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    write(sys.argv[1], "trec.json", trec(random.Random(20261122)))
    write(sys.argv[1], "text.json", text(random.Random(7)))
    write(sys.argv[1], "student-t.json", student_t())
    write(sys.argv[1], "change-points.json", change_points(random.Random(20261123)))
