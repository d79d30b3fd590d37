#!/usr/bin/env python3
"""Writes the oracle numbers that the agreement measures are checked against.

    python3 -m venv oracles && oracles/bin/pip install scikit-learn==1.9.1 scipy==1.17.1 ppi-python==0.2.3
    oracles/bin/python scripts/agreement-oracles.py Tests/AssayEvalTests/Fixtures

agreement.json  accuracy, balanced accuracy, kappa, AUC by scikit-learn; expected calibration error by its definition; weighted kappa by
                scikit-learn, Pearson and Spearman by scipy
ppi.json        power-tuned prediction-powered means by ppi-python, with its point for our λ, the interval by Student's t,
                and the package's own interval
logistic.json   ridge logistic regression by scikit-learn
"""
import json, math, random, sys, warnings

import numpy as np
from scipy import stats
from sklearn import metrics
from sklearn.linear_model import LogisticRegression

warnings.filterwarnings("ignore")


def number(value):
    value = float(value)
    return value if math.isfinite(value) else None


def calibration_error(scores, labels):
    bins = np.minimum(9, np.floor(np.array(scores) * 10).astype(int))
    labels, scores = np.array(labels), np.array(scores)
    return sum((bins == b).mean() * abs(scores[bins == b].mean() - labels[bins == b].mean()) for b in set(bins))


def agreement(rng):
    cases = []
    for index in range(40):
        n = rng.choice([2, 5, 20, 200])
        graded = index % 2 == 1
        top = rng.choice([2, 3, 4]) if graded else 1
        labels = [rng.randint(0, top) for _ in range(n)]
        if len(set(labels)) < 2:
            labels[0] = (labels[0] + 1) % (top + 1)
        # Sixteenths are exact, and few of them give ties.
        scores = [min(16, max(0, round(16 * (0.6 * l / top + 0.4 * rng.random())))) / 16 if rng.random() < 0.7
                  else rng.randint(0, 16) / 16 for l in labels]
        case = {"scores": scores, "labels": labels, "top": top, "expected": {}}
        said = [int(s >= 0.5) for s in scores]
        if graded:
            # Halves go away from zero, as Swift rounds.
            grades = [math.floor(s * top + 0.5) for s in scores]
            case["expected"] = {
                "weighted_kappa": number(metrics.cohen_kappa_score(labels, grades, weights="quadratic",
                                                                   labels=list(range(top + 1)))),
                "pearson": number(stats.pearsonr(scores, labels)[0]),
                "spearman": number(stats.spearmanr(scores, labels)[0]),
            }
        else:
            case["expected"] = {
                "accuracy": number(metrics.accuracy_score(labels, said)),
                "balanced_accuracy": number(metrics.balanced_accuracy_score(labels, said)),
                "kappa": number(metrics.cohen_kappa_score(labels, said)),
                "auc": number(metrics.roc_auc_score(labels, scores)),
                "ece": number(calibration_error(scores, labels)),
            }
        case["expected"] = {k: v for k, v in case["expected"].items() if v is not None}
        cases.append(case)
    return cases


def ppi(rng):
    from ppi_py import ppi_mean_ci, ppi_mean_pointestimate

    cases = []
    for n, m, quality in [(20, 200, 0.9), (50, 1000, 0.6), (30, 60, 0.0), (200, 5000, 0.3), (40, 400, -0.5)]:
        def draw():
            label = float(rng.random() < 0.7)
            agree = rng.random() < abs(quality)
            score = label if agree else rng.random()
            return label, round((1 - score) if quality < 0 and agree else score, 6)
        labelled = [draw() for _ in range(n)]
        unlabelled = [draw()[1] for _ in range(m)]
        y, f = np.array([p[0] for p in labelled]), np.array([p[1] for p in labelled])
        u = np.array(unlabelled)
        # ppi-python takes some variances over n; with λ given (over n - 1) its point is the same.
        lam = np.clip(np.cov(y, f)[0, 1] / ((1 + n / m) * np.var(np.concatenate([f, u]), ddof=1)), 0, 1)
        error = math.sqrt(np.var(lam * u, ddof=1) / m + np.var(y - lam * f, ddof=1) / n)
        point = number(np.squeeze(ppi_mean_pointestimate(y, f, u, lam=lam)))
        t = stats.t.ppf(0.975, n - 1)
        own = [number(np.squeeze(x)) for x in ppi_mean_ci(y, f, u, alpha=0.05)]
        cases.append({"labels": y.tolist(), "scores": f.tolist(), "unlabelled": unlabelled, "lambda": number(lam),
                      "mean": point, "low": point - t * error, "high": point + t * error, "package": own})
    return cases


def logistic(rng):
    cases = []
    for n, d, strength in [(40, 2, 1.0), (120, 5, 0.1), (60, 3, 10.0)]:
        rows = [[round(rng.gauss(0, 1), 4) for _ in range(d)] for _ in range(n)]
        labels = [int(rng.random() < 1 / (1 + math.exp(-(row[0] - 0.5 * row[-1])))) for row in rows]
        model = LogisticRegression(C=1 / strength, class_weight="balanced", tol=1e-12, max_iter=10000, solver="newton-cholesky")
        model.fit(rows, labels)
        cases.append({"rows": rows, "labels": labels, "ridge": strength, "weights": model.coef_[0].tolist(),
                      "intercept": float(model.intercept_[0])})
    return cases


for name, make in [("agreement", agreement), ("ppi", ppi), ("logistic", logistic)]:
    with open(f"{sys.argv[1]}/{name}.json", "w") as file:
        json.dump(make(random.Random(7)), file, separators=(",", ":"))
        file.write("\n")
