#!/usr/bin/env python3
"""Writes the numbers that AssayEvalTests' unjudged answer metrics are checked against.

    python3 -m venv oracles && oracles/bin/pip install sacrebleu==2.6.0 rapidfuzz==3.14.6 jsonschema==4.26.0
    oracles/bin/python scripts/answer-oracle.py Tests/AssayEvalTests/Fixtures

similarity.json  sacrebleu's sentence BLEU and chrF, rapidfuzz's similarities, on pairs by hand and generated ones
schema.json      jsonschema's verdicts (Draft 2020-12) on values and schemas by hand and generated ones; an empty schema text
                 means the first one
"""
import json, random, sys

import jsonschema, sacrebleu
from rapidfuzz.distance import Hamming, Jaro, JaroWinkler, Levenshtein

PAIRS = [
    ("The cat sat on the mat.", "A cat is on the mat"), ("", "x"), ("x", "y"), ("It costs $3.50, i.e. 7%.", "It costs 3.50 $ , i.e. 7 %"),
    ("1,000.5 and .5, or 5.", "1,000.5 and .5 , or 5 ."), ("state-of-the-art 4-bit 10-20", "state - of - the art 4 - bit"),
    ("a &amp; b &lt;c&gt; &quot;d&quot;", 'a & b <c> "d"'), ("line one\nline two-\nend", "line one line twoend"),
    ("...", "."), ("wait... what?!", "wait, what?"), ("Ünïcödé 漢字、テスト。", "Unicode 漢字 テスト"), ("don't", "do n't"),
    ("a b c d e f g h", "a b c d e f g h"), ("a b c d x f g h", "a b c d e f g h"), ("MARTHA", "MARHTA"), ("DIXON", "DICKSONX"),
    ("a", "a"), ("ab", "ba"), ("aaaa", "aa"), ("trailing space  ", "trailing space"), ("<skipped> word", "word"), ("\u00a0x\u2003y", "x y"),
    ("e\u0301", "\u00e9"), ("😀😀", "😀"), ("crate", "trace"), ("arnab", "aranb"),
]

SCHEMA = {
    "type": "object", "required": ["name", "tags"], "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "minLength": 2, "maxLength": 5, "pattern": "^[a-z]+$"},
        "tags": {"type": "array", "items": {"enum": ["x", "y", 1, None]}, "minItems": 1, "maxItems": 3, "uniqueItems": True},
        "size": {"type": ["integer", "null"], "minimum": 0, "exclusiveMaximum": 10, "multipleOf": 2},
        "next": {"$ref": "#"},
        "kind": {"oneOf": [{"const": 1}, {"type": "number", "maximum": 2}, {"type": "string"}]},
        "any": {"anyOf": [{"type": "boolean"}, {"$ref": "#/$defs/pair"}], "not": {"const": False}},
    },
    "$defs": {"pair": {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "items": False, "minItems": 2}},
}
SCHEMAS = [
    SCHEMA, {}, True, False, {"type": "integer"}, {"type": "number", "exclusiveMinimum": 0}, {"const": 1.0},
    {"minProperties": 1, "maxProperties": 2, "additionalProperties": {"type": "string"}}, {"allOf": [{"minimum": 1}, {"maximum": 3}]},
    {"multipleOf": 0.5}, {"enum": [[1, 2], {"a": 1}]}, {"maxLength": 1}, {"uniqueItems": True}, {"not": {"type": "null"}},
]
VALUES = [
    None, True, False, 0, 1, 1.0, 2, 2.5, 0.25, -1, "", "a", "ab", "é", "😀", [], [1], [1, 1.0], [1, 2], [[1], [1.0]], {}, {"a": 1},
    {"a": "b"}, {"a": "b", "c": "d"}, {"a": "b", "c": "d", "e": "f"},
]


def similarity(random):
    words = "the model cache token GPU 4-bit 16 quantised (weights) and, 3.5 layers. \"end\" U.S. x/y".split()
    letters = "abcdeé 漢"
    pairs = list(PAIRS)
    for _ in range(60):
        pairs.append(tuple(" ".join(random.choices(words, k=random.randint(1, random.choice([3, 12, 60])))) for _ in "ab"))
    for _ in range(60):
        left = "".join(random.choices(letters, k=random.choice([1, 5, 20, 63, 64, 65, 130, 200])))
        right = list(left)
        for _ in range(random.randint(0, 12)):
            place = random.randint(0, len(right))
            right[place:place + random.randint(0, 1)] = random.choice(letters)
        pairs.append((left, "".join(right)))
    return [
        {
            "answer": a, "reference": r,
            "bleu": sacrebleu.sentence_bleu(a, [r]).score / 100, "chrf": sacrebleu.sentence_chrf(a, [r]).score / 100,
            "levenshtein": Levenshtein.normalized_similarity(a, r), "hamming": Hamming.normalized_similarity(a, r),
            "jaro": Jaro.normalized_similarity(a, r), "jaroWinkler": JaroWinkler.normalized_similarity(a, r),
        }
        for a, r in pairs
    ]


def value_for(random):
    value = {}
    for key, choices in {
        "name": ["ab", "abcde", "a", "abcdef", "AB", 5], "tags": [["x"], ["x", "y"], [], ["x", "x"], ["z"], [1, None], [1.0, 1], "x"],
        "size": [0, 4, 5, 10, None, 2.0, -2, "4"], "kind": [1, 2, 1.5, 3, "s", True], "any": [True, False, [1, "a"], [1], [1, 2], [1, "a", 3]],
        "next": [{"name": "ab", "tags": ["y"]}, {"name": "ab"}, 7], "other": [1],
    }.items():
        if random.random() < {"name": 0.95, "tags": 0.95, "other": 0.1}.get(key, 0.4):
            value[key] = random.choice(choices[:3] if random.random() < 0.6 else choices)
    return value


def schema(random):
    cases = [(s, v) for s in SCHEMAS for v in VALUES] + [(SCHEMA, value_for(random)) for _ in range(300)]
    return [
        {"schema": json.dumps(s) if s is not SCHEMA or number == 0 else "", "value": json.dumps(v),
         "valid": jsonschema.Draft202012Validator(s).is_valid(v)}
        for number, (s, v) in enumerate(cases)
    ]


def write(folder, name, cases):
    with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join(json.dumps(case, sort_keys=True) for case in cases) + "\n]\n")


if __name__ == "__main__":
    write(sys.argv[1], "similarity.json", similarity(random.Random(5)))
    write(sys.argv[1], "schema.json", schema(random.Random(6)))
