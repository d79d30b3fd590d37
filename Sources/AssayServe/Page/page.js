"use strict";
// The page of a service: asks /v1/chat/completions as any client would. Text of answers and documents is only ever set as text.
const at = id => document.getElementById(id);
const form = at("form"), question = at("question"), key = at("key"), answer = at("answer");
let facts = { model: "", needs_key: false, answers: true, conversations: false };
let running = null, answerID = "";
// Finished questions with their answers, oldest first; the last of them is the one whose answer is shown, if `shown` is it.
let turns = [], shown = null;

function make(tag, text, name) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (name) node.className = name;
  return node;
}

function headers() {
  const fields = { "Content-Type": "application/json" };
  if (facts.needs_key && key.value.trim()) fields.Authorization = "Bearer " + key.value.trim();
  return fields;
}

function show(problem) {
  at("problem").hidden = !problem;
  at("problem").textContent = problem || "";
}

async function failure(response) {
  let message = "the service answered with status " + response.status;
  try { message = (await response.json()).error.message; } catch { /* the status says it */ }
  const wait = response.headers.get("Retry-After");
  return new Error(message + (wait ? " (try again in " + wait + " s)" : ""));
}

// Server-sent events of a response, as objects.
async function* events(response) {
  const reader = response.body.getReader(), decoder = new TextDecoder();
  let pending = "";
  for (;;) {
    const { done, value } = await reader.read();
    pending += decoder.decode(value, { stream: !done });
    let end;
    while ((end = pending.indexOf("\n\n")) >= 0) {
      const lines = pending.slice(0, end).split("\n");
      pending = pending.slice(end + 2);
      const data = lines.filter(line => line.startsWith("data: ")).map(line => line.slice(6)).join("\n");
      if (data === "[DONE]") return;
      if (data) yield JSON.parse(data);
    }
    if (done) return;
  }
}

// Marks like [1] or [1, 3] become buttons that lead to their passages.
function showAnswer(text, passages) {
  answer.replaceChildren();
  let last = 0;
  for (const match of text.matchAll(/\[(\d{1,4}(?:, *\d{1,4})*)\]/g)) {
    const numbers = match[1].split(",").map(Number).filter(number => number >= 1 && number <= passages.length);
    if (!numbers.length) continue;
    answer.append(text.slice(last, match.index));
    for (const number of numbers) {
      const button = make("button", String(number));
      button.type = "button";
      button.dataset.number = number;
      button.setAttribute("aria-pressed", "false");
      button.setAttribute("aria-label", "Passage " + number + ": " + passages[number - 1].document);
      button.addEventListener("click", () => choose(number));
      answer.append(button);
    }
    last = match.index + match[0].length;
  }
  answer.append(text.slice(last));
}

function choose(number) {
  for (const item of at("passages").children) item.classList.toggle("chosen", Number(item.dataset.number) === number);
  for (const button of answer.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.number) === number));
  }
  const chosen = at("passage-" + number);
  if (!chosen) return;
  chosen.focus({ preventScroll: true });
  chosen.scrollIntoView({ block: "nearest" });
}

// Ranges are bytes of the document; the passage's text begins at byte `start`.
function marked(passage) {
  const text = make("p", undefined, "text");
  const bytes = new TextEncoder().encode(passage.text), decoder = new TextDecoder();
  const ranges = (passage.cited || []).map(([a, b]) => [a - passage.start, b - passage.start]).sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  let last = 0;
  for (const [start, end] of ranges) {
    if (start < last || end > bytes.length) continue;
    text.append(decoder.decode(bytes.slice(last, start)));
    text.append(make("mark", decoder.decode(bytes.slice(start, end))));
    last = end;
  }
  text.append(decoder.decode(bytes.slice(last)));
  return text;
}

function showPassages(passages) {
  at("passages").replaceChildren(...passages.map(passage => {
    const item = make("li");
    item.id = "passage-" + passage.number;
    item.dataset.number = passage.number;
    item.tabIndex = -1;
    const source = make("div", undefined, "source");
    source.append(make("b", "[" + passage.number + "]"), make("span", passage.document, "place"),
      make("span", "bytes " + passage.start + "–" + passage.end, "muted"));
    item.append(source, marked(passage));
    return item;
  }));
}

function showStages(stages) {
  const longest = Math.max(1e-3, ...stages.map(stage => stage.ms));
  at("trace").hidden = stages.length === 0;
  at("stages").replaceChildren(...stages.map(stage => {
    const item = make("li"), bar = make("meter"), time = stage.ms < 10 ? stage.ms.toFixed(1) : Math.round(stage.ms);
    bar.min = 0; bar.max = longest; bar.value = stage.ms;
    bar.setAttribute("aria-hidden", "true");
    item.append(make("span", stage.stage), bar, make("span", time + " ms"));
    return item;
  }));
}

function busy(controller) {
  running = controller;
  at("ask").disabled = Boolean(controller);
  at("stop").hidden = !controller;
  answer.classList.toggle("busy", Boolean(controller));
  answer.setAttribute("aria-busy", String(Boolean(controller)));
}

// The messages of a request: as many of the last turns as a service takes, then the question.
function messages(text) {
  const past = [], size = turn => new TextEncoder().encode(turn.question + turn.answer).length;
  let bytes = 0;
  for (const turn of facts.conversations ? [...turns].reverse() : []) {
    bytes += size(turn);
    if (past.length >= 62 || bytes > 60000) break;
    past.unshift({ role: "user", content: turn.question }, { role: "assistant", content: turn.answer });
  }
  return [...past, { role: "user", content: text }];
}

// The turn that was shown moves above the question.
function fold() {
  if (!facts.conversations || !shown) return;
  const item = make("li");
  item.append(make("p", shown.question, "asked"), make("p", shown.answer, "said"));
  at("turns").append(item);
  at("conversation").hidden = false;
  shown = null;
}

function begin() {
  if (running) running.abort();
  turns = [];
  shown = null;
  answerID = "";
  at("turns").replaceChildren();
  for (const id of ["conversation", "result", "fresh"]) at(id).hidden = true;
  at("status").textContent = "A new conversation.";
  show("");
  question.value = "";
  question.focus();
}

async function retrieve(text, signal) {
  const response = await fetch("/v1/retrieve", { method: "POST", headers: headers(), body: JSON.stringify({ query: text }), signal });
  if (!response.ok) throw await failure(response);
  const found = await response.json();
  showPassages(found.data);
  showStages(found.stages);
  answer.textContent = "This pipeline finds passages and writes no answer.";
}

async function complete(text, signal) {
  const body = { model: facts.model, stream: true, messages: messages(text) };
  const start = performance.now();
  const response = await fetch("/v1/chat/completions", { method: "POST", headers: headers(), body: JSON.stringify(body), signal });
  if (!response.ok) throw await failure(response);
  let whole = "", first = 0, extra = null;
  for await (const event of events(response)) {
    if (event.error) throw new Error(event.error.message);
    answerID = event.id;
    const piece = event.choices.length ? event.choices[0].delta.content : "";
    if (piece) {
      if (!first) { first = performance.now(); at("status").textContent = "First words after " + Math.round(first - start) + " ms"; }
      whole += piece;
      answer.textContent = whole;
    }
    if (event.assay) extra = event.assay;
  }
  if (!extra) throw new Error("the answer broke off");
  showPassages(extra.passages);
  showAnswer(whole, extra.passages);
  showStages(extra.stages);
  at("rewritten").hidden = !extra.rewritten;
  at("rewritten").textContent = extra.rewritten ? "Searched for: " + extra.rewritten : "";
  if (facts.conversations) {
    shown = { question: text, answer: whole };
    // Words that stand in for an answer are none: they are seen, but not sent on.
    if (!extra.degraded) turns.push(shown);
    at("fresh").hidden = false;
    question.value = "";
  }
  const notices = [extra.degraded, extra.notice, extra.abstained ? "the documents do not answer this question" : null].filter(Boolean);
  at("notice").hidden = notices.length === 0;
  at("notice").textContent = notices.join("; ");
  at("rating").hidden = Boolean(extra.degraded);
  at("status").textContent = "Answered in " + ((performance.now() - start) / 1000).toFixed(1) + " s from " + extra.passages.length + " passages";
}

async function ask() {
  const text = question.value.trim();
  if (!text || running) return;
  if (facts.needs_key && !key.value.trim()) { show("Enter your API key."); key.focus(); return; }
  const controller = new AbortController();
  show("");
  answerID = "";
  fold();
  for (const id of ["notice", "rating", "trace", "rewritten"]) at(id).hidden = true;
  at("asked").hidden = !facts.conversations;
  at("asked").textContent = text;
  for (const id of ["up", "down"]) { at(id).setAttribute("aria-pressed", "false"); at(id).disabled = false; }
  at("rated").textContent = "";
  at("passages").replaceChildren();
  answer.replaceChildren();
  at("result").hidden = false;
  at("status").textContent = "Searching the documents …";
  busy(controller);
  try {
    await (facts.answers ? complete : retrieve)(text, controller.signal);
  } catch (error) {
    const isStopped = error.name === "AbortError";
    at("status").textContent = isStopped ? "Stopped." : "";
    if (!isStopped) { show(error.message); if (!answer.textContent) at("result").hidden = true; }
  } finally {
    busy(null);
  }
}

async function rate(rating) {
  if (!answerID) return;
  try {
    const response = await fetch("/v1/feedback", { method: "POST", headers: headers(), body: JSON.stringify({ id: answerID, rating }) });
    if (!response.ok) throw await failure(response);
    for (const id of ["up", "down"]) at(id).setAttribute("aria-pressed", String(id === rating));
    at("rated").textContent = "Thank you, that is kept.";
  } catch (error) {
    at("rated").textContent = error.message;
  }
}

form.addEventListener("submit", event => { event.preventDefault(); ask(); });
question.addEventListener("keydown", event => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); ask(); }
});
document.addEventListener("keydown", event => { if (event.key === "Escape" && running) running.abort(); });
at("fresh").addEventListener("click", begin);
at("stop").addEventListener("click", () => running && running.abort());
at("up").addEventListener("click", () => rate("up"));
at("down").addEventListener("click", () => rate("down"));
question.focus();
fetch("/page.json").then(response => response.json()).then(found => {
  facts = found;
  at("name").textContent = found.model;
  document.title = found.model + " · Assay";
  at("key-row").hidden = !found.needs_key;
}).catch(() => show("The service does not answer."));
