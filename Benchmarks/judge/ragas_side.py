"""Ragas over the samples: ragas_side.py SAMPLES.jsonl BASE_URL; prints wall time and scores as JSON.

Imports and the building of its objects are not timed. `max_tokens` bounds replies that a small model would never end.
"""

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


def main():
    rows = [json.loads(line) for line in open(sys.argv[1])]
    judge = ChatOpenAI(model="judge", base_url=sys.argv[2], temperature=0, max_tokens=512, max_retries=0, timeout=3600)
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
