"""Writes documents.txt and queries.txt: texts of WORDS words from sentences of a BEIR corpus drawn at random, and queries of TERMS
distinct words that are no stop words: claims of the data set, or words of a random sentence.

usage: corpus.py BEIR_FOLDER OUT_FOLDER DOCUMENTS [--words 67] [--terms 11] [--queries 500] [--seed 1]
"""

import argparse
import json
import pathlib
import random
import re

STOP = set(
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to was will"
    " with".split()
)


def sentences(folder):
    for line in open(folder / "corpus.jsonl", encoding="utf-8"):
        record = json.loads(line)
        for sentence in re.split(r"(?<=[.!?])\s+", record["text"].replace("\n", " ")):
            if len(sentence.split()) >= 4:
                yield sentence


def distinct(text, terms):
    words = []
    for word in re.findall(r"[a-z0-9]{2,}", text.lower()):
        if word not in STOP and word not in words:
            words.append(word)
    return words[:terms] if len(words) >= terms else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("beir", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("documents", type=int)
    parser.add_argument("--words", type=int, default=67)
    parser.add_argument("--terms", type=int, default=11)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    pool = list(sentences(options.beir))
    options.out.mkdir(parents=True, exist_ok=True)
    with open(options.out / "documents.txt", "w", encoding="utf-8") as file:
        for _ in range(options.documents):
            words = []
            while len(words) < options.words:
                words += rng.choice(pool).split()
            file.write(" ".join(words[: options.words]) + "\n")
    claims = [json.loads(line)["text"] for line in open(options.beir / "queries.jsonl", encoding="utf-8")]
    for name, texts in (("claims", claims), ("sentences", pool)):
        found = [query for query in (distinct(text, options.terms) for text in texts) if query]
        rng.shuffle(found)
        with open(options.out / f"{name}.txt", "w", encoding="utf-8") as file:
            for query in found[: options.queries]:
                file.write(" ".join(query) + "\n")


if __name__ == "__main__":
    main()
