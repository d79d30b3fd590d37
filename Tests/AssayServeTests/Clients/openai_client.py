#!/usr/bin/env python3
"""Uses a service with OpenAI's own client. usage: openai_client.py URL MODEL"""
import sys
import openai

url, model = sys.argv[1:3]
client = openai.OpenAI(base_url=url + "/v1", api_key="none", max_retries=0, timeout=20)
question = [{"role": "user", "content": "Which color does machine M3 have?"}]

assert model in [each.id for each in client.models.list()]
assert client.models.retrieve(model).id == model

whole = client.chat.completions.create(model=model, messages=question)
message = whole.choices[0].message
assert whole.choices[0].finish_reason == "stop" and "[1]" in message.content, whole
citation = message.annotations[0].url_citation
assert message.content[citation.start_index:citation.end_index] == "[1]" and citation.title.endswith(".md"), citation
assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens > 0

stream = client.chat.completions.create(model=model, messages=[{"role": "user", "content": "Which color does machine M4 have?"}], stream=True,
                                        stream_options={"include_usage": True})
pieces, usage, finish = [], None, None
for chunk in stream:
    if chunk.choices:
        pieces.append(chunk.choices[0].delta.content or "")
        finish = chunk.choices[0].finish_reason or finish
    usage = chunk.usage or usage
assert "[1]" in "".join(pieces) and finish == "stop" and usage.completion_tokens > 0, (pieces, usage)

vectors = client.embeddings.create(model="hashed", input=["a b", "c"])
assert len(vectors.data) == 2 and abs(sum(x * x for x in vectors.data[0].embedding) - 1) < 1e-3

for wrong, kind in [
    (dict(model="gpt-4", messages=question), openai.NotFoundError),
    (dict(model=model, messages=question, n=2), openai.BadRequestError),
    (dict(model=model, messages=question, temperature=1.0, stream=True), openai.BadRequestError),
]:
    try:
        client.chat.completions.create(**wrong)
        sys.exit(f"{wrong} was accepted")
    except kind as error:
        assert error.body["message"] and error.body["param"], error.body

# The answer of the slow engine does not come in time: an event of the stream says so, and the client raises it.
if len(sys.argv) > 3:
    late = openai.OpenAI(base_url=sys.argv[3] + "/v1", api_key="none", max_retries=0, timeout=20)
    try:
        for chunk in late.chat.completions.create(model="slow", messages=question, stream=True):
            pass
        sys.exit("the stream ended without an error")
    except openai.APIError as error:
        assert "time limit" in str(error), error
print("ok")
