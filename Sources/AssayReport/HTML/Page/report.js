"use strict";
// The table of questions. Rows are drawn from the data embedded in the page; text only ever goes in as text nodes.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { metrics, documents, chunks, questions } = data;
  const root = document.getElementById("questions");
  if (!root || questions.length === 0) return;
  const PAGE = 200; // rows drawn at a time

  /** An element with properties and children; children that are strings become text. */
  function el(name, properties, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(properties || {})) {
      if (value === undefined || value === null || value === false) continue;
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else node.setAttribute(key, value === true ? "" : String(value));
    }
    node.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== ""));
    return node;
  }

  const number = (value, digits = 3) => (value === null || value === undefined ? "–" : value.toFixed(digits));
  const grouped = value => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  const duration = ms => (ms >= 59950 ? `${Math.floor(ms / 60000)} min ${Math.round(ms / 1000) % 60} s`
    : ms >= 999.5 ? `${(ms / 1000).toFixed(1)} s` : `${ms >= 9.95 ? Math.round(ms) : ms.toFixed(1)} ms`);

  // --- What a question comes to -------------------------------------------------------------------------------------

  const outcomes = { failed: "bad", "cut off": "bad", declined: "accent" };
  function outcome(question) {
    if (question.failure !== undefined) return "failed";
    if (!question.answer) return "not asked";
    if (question.answer.abstained) return "declined";
    return question.answer.finish === "length" ? "cut off" : "answered";
  }
  const hasOutcomes = questions.some(question => question.answer || question.failure !== undefined);
  const valueOf = (question, metric) => (typeof question.scores[metric] === "number" ? question.scores[metric] : null);
  const haystacks = new Array(questions.length);
  function haystack(index) {
    if (haystacks[index] === undefined) {
      const q = questions[index];
      haystacks[index] = [q.id, q.text, q.reference, q.answer ? q.answer.text : "", q.failure || "", ...q.tags,
        ...q.gold.map(gold => documents[gold[0]])].join("\n").toLowerCase();
    }
    return haystacks[index];
  }

  const extents = metrics.map((metric, index) => {
    const values = questions.map(question => valueOf(question, index)).filter(value => value !== null);
    const low = metric.low === null ? Math.min(0, ...values) : metric.low;
    const high = metric.high === null ? Math.max(low + 1e-9, ...values) : metric.high;
    return { low, span: high - low || 1 };
  });
  const share = (metric, value) => Math.min(1, Math.max(0, (value - extents[metric].low) / extents[metric].span));

  // --- State: filter, order, open rows; kept in the address so that a view can be shared -----------------------------

  const standard = () => ({ text: "", tag: "", metric: -1, op: "le", limit: "", failed: false, sort: "", down: false });
  let state = standard();
  const open = new Set();
  let shown = [];
  let drawn = 0;

  function readAddress() {
    const fields = new URLSearchParams(location.hash.slice(1));
    const next = standard();
    next.text = fields.get("text") || "";
    next.tag = fields.get("tag") || "";
    next.metric = metrics.findIndex(metric => metric.name === fields.get("metric"));
    next.op = fields.get("op") === "ge" ? "ge" : "le";
    next.limit = fields.get("limit") || "";
    next.failed = fields.get("failed") === "1";
    next.sort = fields.get("sort") || "";
    next.down = fields.get("down") === "1";
    return { next, question: fields.get("q") };
  }

  function writeAddress() {
    const fields = new URLSearchParams();
    const last = [...open].pop();
    if (last !== undefined) fields.set("q", questions[last].id);
    if (state.text) fields.set("text", state.text);
    if (state.tag) fields.set("tag", state.tag);
    if (state.metric >= 0 && state.limit !== "") {
      fields.set("metric", metrics[state.metric].name);
      fields.set("op", state.op);
      fields.set("limit", state.limit);
    }
    if (state.failed) fields.set("failed", "1");
    if (state.sort) fields.set("sort", state.sort);
    if (state.down) fields.set("down", "1");
    const text = fields.toString();
    if (!text && !location.hash.includes("=")) return;
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
  }

  function matches(question, index, words) {
    if (state.tag && !question.tags.includes(state.tag)) return false;
    if (state.failed && question.failure === undefined) return false;
    if (state.metric >= 0 && state.limit !== "") {
      const value = valueOf(question, state.metric);
      const limit = Number(state.limit);
      if (value === null || (state.op === "le" ? value > limit : value < limit)) return false;
    }
    return words.every(word => haystack(index).includes(word));
  }

  function sortKey() {
    const metric = metrics.findIndex(candidate => candidate.name === state.sort);
    if (metric >= 0) return question => valueOf(question, metric);
    switch (state.sort) {
      case "#id": return question => question.id;
      case "#text": return question => question.text.toLowerCase();
      case "#kind": return question => question.tags[0] || null;
      case "#outcome": return question => outcome(question);
      default: return null;
    }
  }

  /** Indices of the questions to show, in order; rows without a value come last in either direction. */
  function select() {
    const words = state.text.toLowerCase().split(/\s+/).filter(Boolean);
    const indices = questions.map((_, index) => index).filter(index => matches(questions[index], index, words));
    const key = sortKey();
    if (!key) return indices;
    const sign = state.down ? -1 : 1;
    return indices.sort((left, right) => {
      const a = key(questions[left]);
      const b = key(questions[right]);
      if (a === b) return left - right;
      if (a === null) return 1;
      if (b === null) return -1;
      return (a < b ? -1 : 1) * sign;
    });
  }

  // --- Skeleton -----------------------------------------------------------------------------------------------------

  const columns = [
    { key: "#id", title: "id" },
    { key: "#text", title: "question" },
    { key: "#kind", title: "kind" },
    ...(hasOutcomes ? [{ key: "#outcome", title: "answer" }] : []),
    ...metrics.map(metric => ({ key: metric.name, title: metric.name, isMetric: true })),
  ];

  const search = el("input", { type: "search", placeholder: "filter by words: press /", "aria-label": "Filter by text" });
  const tag = el("select", { "aria-label": "Tag" }, el("option", { value: "" }, "all tags"),
    [...new Set(questions.flatMap(question => question.tags))].sort().map(name => el("option", { value: name }, name)));
  const metric = el("select", { "aria-label": "Metric" }, el("option", { value: "-1" }, "any metric"),
    metrics.map((one, index) => el("option", { value: index }, one.name)));
  const op = el("select", { "aria-label": "Comparison" }, el("option", { value: "le" }, "≤"), el("option", { value: "ge" }, "≥"));
  const limit = el("input", { type: "number", step: "0.05", "aria-label": "Limit" });
  const failed = el("input", { type: "checkbox" });
  const reset = el("button", { type: "button", onclick: () => { state = standard(); open.clear(); showControls(); update(); } }, "Reset");
  const count = el("output", { "aria-live": "polite" });
  const tools = el("div", { class: "tools", role: "search" },
    el("label", { class: "grow" }, search), tag,
    metrics.length ? el("label", {}, metric, op, limit) : null,
    hasOutcomes ? el("label", {}, failed, "failed only") : null, reset, count);

  const headings = columns.map(column => el("th", { scope: "col", role: "columnheader", "data-title": column.title, class: column.isMetric ? "num" : null },
    el("button", { type: "button", onclick: () => orderBy(column) }, breakable(column.title))));
  const meanCells = columns.map((column, index) => el("td", { role: "cell", class: column.isMetric ? "num" : null },
    index === 1 ? "mean of the rows shown" : ""));
  const body = el("tbody", { role: "rowgroup" });
  const more = el("div", { class: "more", hidden: true });
  const table = el("table", { class: "data", role: "table", "aria-label": "Questions" },
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, headings), el("tr", { class: "means", role: "row" }, meanCells)), body);
  const frame = el("div", {}, table);
  root.append(tools, frame, more);

  /** A name that may break after its joints. */
  function breakable(name) {
    return name.split(/(?<=[_/])/).flatMap((part, index) => (index ? [el("wbr"), part] : [part]));
  }

  function orderBy(column) {
    if (state.sort !== column.key) {
      state.sort = column.key;
      // The worst first: that is what one looks for.
      const index = metrics.findIndex(candidate => candidate.name === column.key);
      state.down = index >= 0 && !metrics[index].up;
    } else if (state.down === (metrics.some(one => one.name === column.key && !one.up))) {
      state.down = !state.down;
    } else {
      state.sort = "";
      state.down = false;
    }
    update();
  }

  function showControls() {
    search.value = state.text;
    tag.value = state.tag;
    metric.value = String(state.metric);
    op.value = state.op;
    limit.value = state.limit;
    failed.checked = state.failed;
  }

  let timer = 0;
  function changed() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      Object.assign(state, { text: search.value, tag: tag.value, metric: Number(metric.value), op: op.value,
        limit: limit.value, failed: failed.checked });
      update();
    }, questions.length > 500 ? 120 : 0);
  }
  for (const control of [search, tag, metric, op, limit, failed]) control.addEventListener("input", changed);

  // --- Rows ---------------------------------------------------------------------------------------------------------

  function update() {
    shown = select();
    drawn = 0;
    body.replaceChildren();
    drawTo(PAGE);
    headings.forEach((heading, index) => {
      if (columns[index].key === state.sort) heading.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else heading.removeAttribute("aria-sort");
    });
    columns.forEach((column, index) => {
      if (!column.isMetric) return;
      const at = metrics.findIndex(candidate => candidate.name === column.key);
      const values = shown.map(row => valueOf(questions[row], at)).filter(value => value !== null);
      meanCells[index].textContent = values.length ? number(values.reduce((sum, value) => sum + value, 0) / values.length) : "–";
    });
    count.textContent = shown.length === questions.length ? `${grouped(questions.length)} questions`
      : `${grouped(shown.length)} of ${grouped(questions.length)} questions`;
    fit();
    writeAddress();
  }

  /** Draws rows up to place `end` of the selection; a window that moves would replace this one function. */
  function drawTo(end) {
    const part = document.createDocumentFragment();
    for (; drawn < Math.min(end, shown.length); drawn += 1) {
      part.append(...rowsOf(shown[drawn]));
    }
    body.append(part);
    more.hidden = drawn >= shown.length && shown.length > 0;
    more.textContent = shown.length === 0 ? "No question matches." : `${grouped(shown.length - drawn)} more`;
  }

  function rowsOf(index) {
    const isOpen = open.has(index);
    const row = summaryRow(index, isOpen);
    return isOpen ? [row, detailRow(index)] : [row];
  }

  function summaryRow(index, isOpen) {
    const question = questions[index];
    const result = outcome(question);
    return el("tr", { class: "row", role: "row", tabindex: 0, "aria-expanded": String(isOpen), "data-index": index },
      el("th", { class: "id", scope: "row", role: "rowheader" },
        el("a", { href: `#q=${encodeURIComponent(question.id)}`, tabindex: -1 }, question.id)),
      el("td", { class: "text", role: "cell" }, question.text),
      el("td", { class: "fit", role: "cell" }, question.tags[0] || "–"),
      hasOutcomes ? el("td", { class: "fit", role: "cell" }, outcomes[result]
        ? el("span", { class: `tag ${outcomes[result]}` }, result) : el("span", { class: "absent" }, result)) : null,
      metrics.map((_, at) => scoreCell(question, at)));
  }

  function scoreCell(question, at) {
    const score = question.scores[at];
    const label = metrics[at].name;
    if (typeof score === "number") {
      const bar = el("i", { "aria-hidden": "true" });
      const part = share(at, score);
      bar.style.setProperty("--share", `${(part * 100).toFixed(1)}%`);
      const isWorst = metrics[at].up ? part === 0 : part === 1;
      return el("td", { class: `num value${isWorst ? " low" : ""}`, role: "cell", "data-label": label }, number(score), bar);
    }
    if (!score) return el("td", { class: "num absent", role: "cell", "data-label": label }, "");
    return score[0] === "?"
      ? el("td", { class: "num unscored", role: "cell", "data-label": label, title: `not scored: ${score[1]}` }, "not scored")
      : el("td", { class: "num absent", role: "cell", "data-label": label, title: `not applicable: ${score[1]}` }, "n/a");
  }

  // --- One question opened ------------------------------------------------------------------------------------------

  function detailRow(index) {
    const question = questions[index];
    const left = el("div", {}, questionFacts(question));
    // The row above shows the question; line breaks, for example of code, only show here.
    if (question.text.includes("\n")) left.append(heading("Question"), prose(question.text));
    if (question.reference) left.append(heading("Reference"), prose(question.reference));
    if (question.answer) left.append(heading("Answer"), answer(question, index), answerFacts(question));
    if (question.failure !== undefined) {
      left.append(heading("Answer"), el("p", {}, el("span", { class: "tag bad" }, "failed"), " ", question.failure));
    }
    left.append(heading("Scores"), scores(question));
    const right = el("div", {}, heading(question.gold.length ? "Evidence" : "Evidence: none is said to exist"), evidence(question),
      heading(`Passages found (${question.depth})`), passages(question, index));
    return el("tr", { class: "detail", role: "row" },
      el("td", { colspan: columns.length, role: "cell" }, el("div", { class: "sheet" }, left, right)));
  }

  const heading = text => el("h3", {}, text);
  const prose = (...parts) => el("p", { class: "prose" }, ...parts);

  function questionFacts(question) {
    const parts = [question.split, ...question.tags].map(name => el("span", { class: "tag" }, name));
    if (question.unanswerable && !question.tags.includes("unanswerable")) parts.push(el("span", { class: "tag accent" }, "unanswerable"));
    return el("p", {}, parts.flatMap(part => [part, " "]));
  }

  function answer(question, index) {
    const { text, citations } = question.answer;
    const parts = [];
    let at = 0;
    for (const [cited, start, end, rank] of citations) {
      if (start < at || end > text.length) continue;
      parts.push(text.slice(at, start), rank > 0
        ? el("button", { class: "cite", type: "button", title: `to passage ${rank}`, onclick: () => showPassage(index, rank) }, text.slice(start, end))
        : el("span", { class: "cite broken", title: `no passage of the prompt has the number ${cited}` }, text.slice(start, end)));
      at = end;
    }
    parts.push(text.slice(at));
    return prose(parts);
  }

  function answerFacts(question) {
    const { tokens, finish, abstained } = question.answer;
    const parts = [`${grouped(tokens[0])} tokens in, ${grouped(tokens[1])} out`];
    if (abstained) parts.push("says that the documents do not tell");
    if (finish !== "stop") parts.push(finish === "length" ? "cut by the token limit" : "ended for another reason");
    const ms = question.ms || [];
    if (typeof ms[1] === "number") parts.push(`first token after ${duration(ms[1])}`);
    if (typeof ms[2] === "number") parts.push(`${duration(ms[2])} in all`);
    return el("p", {}, el("small", {}, parts.join(" · ")));
  }

  function scores(question) {
    const rows = metrics.flatMap((one, at) => {
      const score = question.scores[at];
      if (score === null) return [];
      const value = typeof score === "number" ? el("td", {}, number(score))
        : el("td", { class: score[0] === "?" ? "unscored" : "absent" }, score[0] === "?" ? "not scored: " : "n/a: ", score[1]);
      const row = el("tr", {}, el("th", { scope: "row", class: "fit" }, one.name), value);
      const details = question.details && question.details[at];
      if (details === undefined || details === null) return [row];
      return [row, el("tr", { class: "why" }, el("td", { colspan: 2, class: "json" }, readable(details, 0)))];
    });
    return rows.length ? el("table", { class: "scores" }, el("tbody", {}, rows)) : el("p", { class: "muted" }, "none");
  }

  /** JSON as lists and tables that people read. */
  function readable(value, depth) {
    if (value === null) return el("span", { class: "absent" }, "–");
    if (value === true) return el("span", { class: "yes" }, "✓ yes");
    if (value === false) return el("span", { class: "no" }, "✗ no");
    if (typeof value === "number") return document.createTextNode(Number.isInteger(value) ? grouped(value) : number(value));
    if (typeof value === "string") return el("span", {}, value);
    if (depth > 6) return el("code", {}, JSON.stringify(value));
    if (Array.isArray(value)) return list(value, depth);
    return el("dl", {}, Object.entries(value).map(([key, item]) =>
      [el("dt", {}, key.replaceAll("_", " ")), el("dd", {}, readable(item, depth + 1))]));
  }

  const isRecord = value => value !== null && typeof value === "object" && !Array.isArray(value);
  function list(items, depth) {
    if (items.length === 0) return el("span", { class: "absent" }, "none");
    if (items.every(isRecord)) {
      const keys = [...new Set(items.flatMap(Object.keys))];
      // The long texts read best first and last: statement, verdict, reason.
      const order = ["statement", "claim", "sentence", "question", "text", "citation", "passage", "verdict", "supported"];
      keys.sort((a, b) => (order.indexOf(a) + 1 || 50) - (order.indexOf(b) + 1 || 50));
      return el("table", {}, el("thead", {}, el("tr", {}, keys.map(key => el("th", { scope: "col" }, key.replaceAll("_", " "))))),
        el("tbody", {}, items.map(item => el("tr", {}, keys.map(key => el("td", {}, key in item ? readable(item[key], depth + 1) : ""))))));
    }
    if (items.every(item => typeof item === "number")) return el("span", {}, items.map(item => number(item, Number.isInteger(item) ? 0 : 3)).join(", "));
    return el("ol", {}, items.map(item => el("li", {}, readable(item, depth + 1))));
  }

  function evidence(question) {
    return el("div", {}, question.gold.map(([document, quote, rank, relevance]) => {
      const place = rank > 0 ? el("span", { class: "tag evidence" }, `found at rank ${rank}`)
        : el("span", { class: "tag bad" }, "not found");
      const grade = quote === null && relevance !== 1 ? ` relevance ${relevance} ` : " ";
      return el("blockquote", {}, quote === null ? null : el("p", {}, quote), el("small", {}, documents[document], grade, place));
    }));
  }

  function passages(question, index) {
    const items = [];
    let before = 0;
    const gap = (from, to, text) => items.push(el("li", { class: "gap" }, from === to ? `rank ${from}: ${text}` : `ranks ${from} to ${to}: ${text}`));
    for (const [rank, chunk, score, ...marks] of question.passages) {
      if (rank > before + 1) gap(before + 1, rank - 1, "no evidence");
      items.push(el("li", {}, passage(question, index, rank, chunks[chunk], score, marks)));
      before = rank;
    }
    if (question.depth > before) gap(before + 1, question.depth, "no evidence, not shown");
    return el("ol", { class: "passages" }, items);
  }

  function passage(question, index, rank, [document, start, end, tokens, text], score, marks) {
    const inContext = rank <= question.context;
    return el("details", { class: "passage", id: `p-${index}-${rank}`, "data-context": inContext, open: inContext || marks.length > 0 },
      el("summary", {}, el("span", { class: "rank" }, String(rank)),
        el("span", { class: "source" }, documents[document], " ", el("small", {}, `bytes ${grouped(start)}–${grouped(end)} · ${grouped(tokens)} tokens`)),
        marks.length ? el("span", { class: "tag evidence" }, "evidence") : null,
        inContext ? el("span", { class: "tag accent" }, "in the prompt") : null,
        el("span", { class: "num" }, number(score))),
      text === null ? el("p", { class: "prose muted" }, "The text is not in this page; it is in the run's record.") : prose(marked(text, marks)));
  }

  function marked(text, marks) {
    const parts = [];
    let at = 0;
    for (let place = 0; place + 1 < marks.length; place += 2) {
      const start = Math.min(Math.max(marks[place], at), text.length);
      const end = Math.min(marks[place + 1], text.length);
      if (end <= start) continue;
      parts.push(text.slice(at, start), el("mark", {}, text.slice(start, end)));
      at = end;
    }
    parts.push(text.slice(at));
    return parts;
  }

  function showPassage(index, rank) {
    const target = document.getElementById(`p-${index}-${rank}`);
    if (!target) return;
    target.open = true;
    target.scrollIntoView({ block: "nearest" });
    target.querySelector("summary").focus({ preventScroll: true });
    target.classList.add("flash");
    setTimeout(() => target.classList.remove("flash"), 1200);
  }

  // --- Opening, closing, keys ---------------------------------------------------------------------------------------

  function toggle(row) {
    const index = Number(row.dataset.index);
    if (open.delete(index)) row.nextElementSibling.remove();
    else {
      open.add(index);
      row.after(detailRow(index));
    }
    row.setAttribute("aria-expanded", String(open.has(index)));
    writeAddress();
  }

  function openQuestion(id) {
    const index = questions.findIndex(question => question.id === id);
    if (index < 0) return;
    if (!shown.includes(index)) {
      state = standard();
      showControls();
      open.add(index);
      update();
    }
    drawTo(shown.indexOf(index) + 1);
    const row = body.querySelector(`tr.row[data-index="${index}"]`);
    if (!open.has(index)) toggle(row);
    row.scrollIntoView({ block: "start" });
    row.focus({ preventScroll: true });
  }

  body.addEventListener("click", event => {
    const row = event.target.closest("tr.row");
    if (!row || String(getSelection()) !== "") return;
    if (event.target.closest("a")) event.preventDefault();
    toggle(row);
  });

  function neighbour(row, step) {
    let next = row;
    do next = step > 0 ? next.nextElementSibling : next.previousElementSibling; while (next && !next.classList.contains("row"));
    return next;
  }

  body.addEventListener("keydown", event => {
    const row = event.target.closest("tr.row");
    if (event.key === "Escape") {
      const detail = event.target.closest("tr.detail");
      const owner = row || (detail && detail.previousElementSibling);
      if (owner && owner.getAttribute("aria-expanded") === "true") toggle(owner);
      if (owner) owner.focus();
      return;
    }
    if (!row || event.target !== row) return;
    if (event.key === "Enter" || event.key === " ") toggle(row);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const next = neighbour(row, event.key === "ArrowDown" ? 1 : -1);
      if (next) next.focus();
    } else return;
    event.preventDefault();
  });

  document.addEventListener("keydown", event => {
    const isTyping = event.target.closest("input, select, textarea");
    if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "Escape" && event.target === search) {
      search.value = "";
      changed();
      search.blur();
    } else if (event.key === "Enter" && event.target === search) {
      const first = body.querySelector("tr.row");
      if (first) first.focus();
    }
  });

  // --- Page ---------------------------------------------------------------------------------------------------------

  /** A table wider than the window scrolls by itself; its heading then cannot stick to the window. */
  function fit() {
    frame.className = "";
    if (table.offsetWidth > frame.clientWidth + 1) frame.className = "scrolls";
    // What sticks to the top covers rows that are scrolled to.
    const sticky = getComputedStyle(tools).position === "sticky";
    const bar = sticky ? tools.offsetHeight - 1 : 0;
    root.style.setProperty("--tools", `${bar}px`);
    root.style.setProperty("--head", `${bar + (sticky && frame.className === "" ? table.tHead.offsetHeight : 0)}px`);
  }

  new IntersectionObserver(entries => {
    if (entries.some(entry => entry.isIntersecting) && drawn < shown.length) drawTo(drawn + PAGE);
  }, { rootMargin: "600px" }).observe(more);
  addEventListener("resize", fit);
  addEventListener("beforeprint", () => drawTo(shown.length));

  /** Takes filter, order and question from the address; an address without `=` is a link to a section. */
  function followAddress() {
    const isState = location.hash.includes("=");
    if (location.hash.length > 1 && !isState && shown.length > 0) return;
    const { next, question } = readAddress();
    state = next;
    showControls();
    update();
    if (question !== null) openQuestion(question);
  }
  addEventListener("hashchange", followAddress);
  followAddress();
})();
