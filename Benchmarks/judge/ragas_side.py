"""Ragas over the samples: ragas_side.py SAMPLES.jsonl BASE_URL; prints wall time and scores as JSON.

Imports and the building of its objects are not timed. Ragas 0.4.3 asks for free text, which a small model seldom gives in the form
wanted, and then asks again. To make both sides ask as often, and in Ragas's favour, its own output schemas are sent along as a constraint with
bounded lists and strings, so that every reply parses at once.
"""

import contextvars
import json
import os
import sys
import time
import warnings

os.environ["RAGAS_DO_NOT_TRACK"] = "true"
os.environ["OPENAI_API_KEY"] = "none"
warnings.filterwarnings("ignore")

from langchain_openai import ChatOpenAI  # noqa: E402
from ragas import EvaluationDataset, RunConfig, SingleTurnSample, evaluate  # noqa: E402
from ragas.llms import LangchainLLMWrapper  # noqa: E402
from ragas.metrics import Faithfulness, LLMContextPrecisionWithReference  # noqa: E402
from ragas.prompt.pydantic_prompt import PydanticPrompt  # noqa: E402

wanted = contextvars.ContextVar("wanted", default=None)
unconstrained = PydanticPrompt.generate_multiple


async def constrained(self, *arguments, **options):
    token = wanted.set(bounded(self.output_model.model_json_schema()))
    try:
        return await unconstrained(self, *arguments, **options)
    finally:
        wanted.reset(token)


PydanticPrompt.generate_multiple = constrained


def bounded(schema):
    """The schema with references resolved, lists of one to four, strings of at most 160 characters, and verdicts of 0 or 1."""
    definitions = schema.get("$defs", {})

    def walk(node, name=""):
        if "$ref" in node:
            return walk(definitions[node["$ref"].rsplit("/", 1)[1]], name)
        kind = node["type"]
        if kind == "object":
            fields = node["properties"]
            return {
                "type": "object", "properties": {key: walk(value, key) for key, value in fields.items()},
                "required": list(fields), "additionalProperties": False,
            }
        if kind == "array":
            return {"type": "array", "items": walk(node["items"]), "minItems": 1, "maxItems": 4}
        if kind == "string":
            return {"type": "string", "maxLength": 160}
        return {"type": "integer", "enum": [0, 1]} if name == "verdict" else {"type": kind}

    return walk(schema)


class Judge(ChatOpenAI):
    """ChatOpenAI that sends the wanted schema along."""

    def _get_request_payload(self, *arguments, **options):
        payload = super()._get_request_payload(*arguments, **options)
        if schema := wanted.get():
            payload["response_format"] = {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema}}
        return payload


def main():
    rows = [json.loads(line) for line in open(sys.argv[1])]
    judge = Judge(model="judge", base_url=sys.argv[2], temperature=0, max_tokens=1024, max_retries=0, timeout=3600)
    dataset = EvaluationDataset(
        [
            SingleTurnSample(
                user_input=row["question"], response=row["answer"], retrieved_contexts=row["contexts"], reference=row["reference"]
            )
            for row in rows
        ]
    )
    start = time.monotonic()
    result = evaluate(
        dataset, [Faithfulness(), LLMContextPrecisionWithReference()], llm=LangchainLLMWrapper(judge),
        run_config=RunConfig(timeout=3600, max_retries=1, max_workers=2), raise_exceptions=False, show_progress=False,
    )
    seconds = time.monotonic() - start
    scores = result.scores
    names = sorted(scores[0])
    print(json.dumps({
        "seconds": seconds,
        "scored": {name: sum(1 for row in scores if row[name] is not None and row[name] == row[name]) for name in names},
    }))


main()
