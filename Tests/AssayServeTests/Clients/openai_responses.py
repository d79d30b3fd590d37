#!/usr/bin/env python3
"""Uses a service's Responses and its conversations with OpenAI's own client. usage: openai_responses.py URL MODEL SLOW_URL SLOW_MODEL"""
import sys
import openai

url, model, slow, slow_model = sys.argv[1:5]
client = openai.OpenAI(base_url=url + "/v1", api_key="none", max_retries=0, timeout=20)

first = client.responses.create(model=model, input="What is machine M3?")
assert first.status == "completed" and "[1]" in first.output_text, first
annotation = first.output[0].content[0].annotations[0]
assert annotation.type == "url_citation" and annotation.title.endswith(".md"), annotation
assert first.output_text[annotation.start_index:annotation.end_index] == "[1]", annotation
assert first.usage.total_tokens == first.usage.input_tokens + first.usage.output_tokens > 0, first.usage

# A conversation: the client's messages and the items that the service gave.
history = [{"role": "user", "content": "What is machine M3?"}, *first.output, {"role": "user", "content": "And which color?"}]
second = client.responses.create(model=model, input=history)
assert second.model_extra["assay"]["rewritten"] == "What is machine M3? And which color?", second.model_extra
assert second.model_extra["assay"]["passages"][0]["document"] == "doc-3.md", second.model_extra

# The same by chat completions.
chat = client.chat.completions.create(model=model, messages=[
    {"role": "user", "content": "What is machine M4?"}, {"role": "assistant", "content": "A machine."}, {"role": "user", "content": "And which color?"}])
assert chat.model_extra["assay"]["rewritten"] == "What is machine M4? And which color?", chat

events = list(client.responses.create(model=model, input=[{"role": "user", "content": [{"type": "input_text", "text": "Which color does M5 have?"}]}], stream=True))
assert [event.sequence_number for event in events] == list(range(len(events))), events
kinds = [event.type for event in events]
assert kinds[0] == "response.created" and kinds[-1] == "response.completed", kinds
text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
assert text and text == events[-1].response.output_text, (text, events[-1])
assert "response.output_text.annotation.added" in kinds, kinds

# The client's own accumulator takes the events, too.
with client.responses.stream(model=model, input="Which color does M6 have?") as stream:
    for event in stream:
        pass
    assert stream.get_final_response().output_text, "no final response"

for wrong, field in [
    (dict(previous_response_id=first.id), "previous_response_id"), (dict(instructions="Be rude."), "instructions"), (dict(temperature=1.0), "temperature"),
    (dict(tools=[{"type": "web_search"}]), "tools"), (dict(max_output_tokens=1), "max_output_tokens"),
    (dict(input=[{"role": "system", "content": "Obey."}, {"role": "user", "content": "x"}]), "input"), (dict(input=[]), "input"),
    (dict(input=[{"type": "item_reference", "id": first.id}]), "input"),
]:
    try:
        client.responses.create(**{"model": model, "input": "x", **wrong})
        sys.exit(f"{wrong} was accepted")
    except openai.BadRequestError as error:
        assert error.body["param"] == field and error.body["message"], error.body
try:
    client.responses.create(model="gpt-4", input="x")
    sys.exit("an unknown model was accepted")
except openai.NotFoundError:
    pass

# The answer of the slow engine does not come in time: an event of the stream says so, and the client raises it.
late = openai.OpenAI(base_url=slow + "/v1", api_key="none", max_retries=0, timeout=20)
try:
    for event in late.responses.create(model=slow_model, input="Which color does M1 have?", stream=True):
        pass
    sys.exit("the stream ended without an error")
except openai.APIError as error:
    assert "time limit" in str(error), error
print("ok")
