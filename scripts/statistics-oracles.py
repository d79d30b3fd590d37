#!/usr/bin/env python3
"""Writes the numbers that the statistics of AssayEvalTests are checked against.

    python3 -m venv oracles && oracles/bin/pip install scipy==1.17.1 statsmodels==0.15.0 numpy==2.4.6 pandas
    oracles/bin/python scripts/statistics-oracles.py Tests/AssayEvalTests/Fixtures/statistics

paired.json    scipy's ttest_rel and exact permutation_test; statsmodels' cluster-robust interval; the permutation test on cluster sums
wilson.json    statsmodels' Wilson interval; with clusters the Korn-Graubard effective size, written out here with NumPy
holm.json      statsmodels' multipletests
bca.json       scipy's BCa interval with the bootstrap distribution it drew
effect.json    statsmodels' solve_power of the paired t test (exact, noncentral t)
variance.json  statsmodels' MixedLM (REML) of a balanced question / answer / judgement design
normal.json    scipy's quantiles of the normal distribution
"""
import json, os, sys, warnings

import numpy as np
import pandas as pd
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
from statsmodels.stats.proportion import proportion_confint

random = np.random.default_rng(20261123)


def mean_difference(x, y, axis):
    return np.mean(x - y, axis=axis)


def paired():
    cases = []
    for sizes in [(1,) * 6, (1,) * 10, (3, 1, 2, 4), (2,) * 8, (5, 1, 1, 7, 3, 2), (1, 2, 3, 4, 5, 6, 7, 8, 9)]:
        for kind in ["uniform", "binary", "sparse"]:
            n = sum(sizes)
            clusters = np.repeat(np.arange(len(sizes)), sizes)
            before, after = random.uniform(size=n), random.uniform(size=n)
            if kind == "binary":
                before, after = np.round(before), np.round(np.clip(after + 0.1, 0, 1))
            if kind == "sparse":
                after = np.where(random.uniform(size=n) < 0.6, before, after)
            d = after - before
            if np.ptp(d) == 0:
                continue
            case = {"before": before.tolist(), "after": after.tolist(), "clusters": clusters.tolist()}
            sums = [np.bincount(clusters, weights=w) for w in (after, before)]
            for name, alternative in [("two", "two-sided"), ("less", "less"), ("greater", "greater")]:
                case[name] = float(stats.permutation_test(
                    sums, mean_difference, permutation_type="samples", vectorized=True,
                    n_resamples=np.inf, alternative=alternative).pvalue)
            if len(sizes) == n:
                case["interval"] = [float(v) for v in stats.ttest_rel(after, before).confidence_interval(0.95)]
            else:
                fit = sm.OLS(d, np.ones(n)).fit(cov_type="cluster", cov_kwds={"groups": clusters}, use_t=True)
                case["interval"] = fit.conf_int(0.05)[0].tolist()
            cases.append(case)
    return cases


def wilson():
    cases = []
    for sizes in [(1,) * 8, (1,) * 40, (3, 1, 2, 4), (10,) * 10, (5, 1, 1, 7, 3, 2)]:
        for p in [0.1, 0.5, 0.9, 1.0]:
            n, c = sum(sizes), len(sizes)
            clusters = np.repeat(np.arange(c), sizes)
            shift = random.normal(scale=0.3, size=c)
            x = (random.uniform(size=n) < p + shift[clusters]).astype(float) if p < 1 else np.ones(n)
            mean = x.mean()
            if c == n:
                low, high = proportion_confint(int(x.sum()), n, method="wilson")
            else:
                sums = np.bincount(clusters, weights=x - mean)
                variance = (sums ** 2).sum() * c / (c - 1) / n ** 2
                size = float(c)
                if variance > 0:
                    size = n * mean * (1 - mean) / (n - 1) / variance
                    size = min(n, size * (stats.t.ppf(0.975, n - 1) / stats.t.ppf(0.975, c - 1)) ** 2)
                low, high = proportion_confint(mean * size, size, method="wilson")
            cases.append({"values": x.tolist(), "clusters": clusters.tolist(), "low": float(low), "high": float(high)})
    return cases


def holm():
    sets = [[0.01], [0.04, 0.01, 0.03], [0.5, 0.5, 0.001, 1.0], random.uniform(size=8).tolist(), [0.02] * 8]
    return [{"p": p, "adjusted": multipletests(p, method="holm")[1].tolist()} for p in sets]


def bca():
    cases = []
    for n in [8, 15, 40]:
        x = random.exponential(size=n) if n != 15 else random.normal(size=n)
        found = stats.bootstrap((x,), np.mean, n_resamples=399, method="BCa", rng=np.random.default_rng(n))
        jackknife = (x.sum() - x) / (n - 1)
        cases.append({
            "values": x.tolist(), "jackknife": jackknife.tolist(), "distribution": found.bootstrap_distribution.tolist(),
            "low": float(found.confidence_interval.low), "high": float(found.confidence_interval.high),
        })
    return cases


def effect():
    return [
        {"clusters": c, "level": level, "effect": float(TTestPower().solve_power(nobs=c, alpha=level, power=0.8))}
        for c in [10, 20, 30, 100, 1000] for level in [0.05, 0.05 / 8]
    ]


def variance():
    cases = []
    for runs, repeats in [(3, 1), (3, 4)]:
        rows = []
        for q in range(60):
            level = random.normal(scale=0.5)
            for a in range(runs):
                answer = level + random.normal(scale=0.3)
                for _ in range(repeats):
                    rows.append({"q": q, "a": f"{q}-{a}", "y": answer + (random.normal(scale=0.2) if repeats > 1 else 0)})
        data = pd.DataFrame(rows)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if repeats > 1:
                model = smf.mixedlm("y ~ 1", data, groups="q", re_formula="1", vc_formula={"a": "0 + C(a)"})
            else:
                model = smf.mixedlm("y ~ 1", data, groups="q")
            fit = model.fit(reml=True, method=["lbfgs"], gtol=1e-9)
        values = data["y"].to_numpy().reshape(60, runs, repeats)
        cases.append({
            "values": values.tolist(), "question": float(np.asarray(fit.cov_re)[0, 0]),
            "generation": float(fit.vcomp[0]) if repeats > 1 else float(fit.scale),
            "judge": float(fit.scale) if repeats > 1 else None,
        })
    return cases


def normal():
    return [{"p": p, "z": float(stats.norm.ppf(p))}
            for p in [1e-300, 1e-30, 1e-9, 0.001, 0.025, 0.2, 0.4999, 0.5, 0.6, 0.975, 0.999999]]


if __name__ == "__main__":
    os.makedirs(sys.argv[1], exist_ok=True)
    for make in [paired, wilson, holm, bca, effect, variance, normal]:
        with open(f"{sys.argv[1]}/{make.__name__}.json", "w", encoding="utf-8") as file:
            lines = ",\n".join(json.dumps(case, sort_keys=True) for case in make())
            file.write(f"[\n{lines}\n]\n")
