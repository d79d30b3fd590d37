"use strict";
// The table of questions and the sheet of one question. Text only ever goes in as text nodes.
(() => {
  const read = id => JSON.parse(document.getElementById(id).textContent);
  const root = document.getElementById("questions");

  /** An element with properties and children; children that are strings become text. */
  function el(name, properties, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(properties || {})) {
      if (value === undefined || value === null || value === false) continue;
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else node.setAttribute(key, value === true ? "" : String(value));
    }
    node.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== "")
      .map(child => (typeof child === "string" ? visible(child) : child)));
    return node;
  }

  /** Characters that cannot be seen, or that turn what is around them, become visible; lengths stay. */
  function visible(text) {
    return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]/gu,
      hidden => (hidden.charCodeAt(0) < 0x20 ? String.fromCharCode(0x2400 + hidden.charCodeAt(0)) : "\ufffd".repeat(hidden.length)));
  }

  // --- Light and dark -----------------------------------------------------------------------------------------------

  const themes = ["auto", "light", "dark"];
  const themeButton = document.getElementById("theme");
  function showTheme(theme) {
    document.documentElement.dataset.theme = theme;
    themeButton.textContent = `Theme: ${theme}`;
  }
  function nextTheme() {
    const theme = themes[(themes.indexOf(document.documentElement.dataset.theme) + 1) % themes.length];
    showTheme(theme);
    try { localStorage.setItem("assay-theme", theme); } catch { /* some browsers keep nothing for files */ }
  }
  let kept = null;
  try { kept = localStorage.getItem("assay-theme"); } catch { /* as above */ }
  showTheme(themes.includes(kept) ? kept : "auto");
  themeButton.hidden = false;
  themeButton.addEventListener("click", nextTheme);

  if (!root) return;

  // --- Data: columns of numbers that lead to values ------------------------------------------------------------------

  const data = read("data");
  const { metrics, ids, texts } = data;
  const total = data.rows;

  function column({ width, values, data: text }) {
    const bytes = Uint8Array.from(atob(text), character => character.charCodeAt(0));
    const codes = width === 1 ? bytes : width === 2 ? new Uint16Array(bytes.buffer) : new Uint32Array(bytes.buffer);
    return { values, codes, at: row => values[codes[row]] };
  }
  const tags = column(data.columns.tags);
  const outcomes = column(data.columns.outcome);
  const attributions = column(data.columns.attribution);
  const scores = data.columns.scores.map(column);
  const before = (data.columns.before || []).map(column);
  const hasBaseline = before.length > 0;
  const hasOutcomes = outcomes.values.some(value => value !== "not asked");
  const hasPlaces = attributions.values.some(value => value !== null);
  const places = new Map(data.places);
  const hasValue = value => typeof value === "number";
  const valueOf = (metric, row) => (hasValue(scores[metric].at(row)) ? scores[metric].at(row) : null);
  function changeOf(metric, row) {
    const now = scores[metric].at(row);
    const then = hasBaseline ? before[metric].at(row) : null;
    return hasValue(now) && hasValue(then) ? now - then : null;
  }
  const shownValue = (metric, row) => (state.changes ? changeOf(metric, row) : valueOf(metric, row));

  const number = (value, digits = 3) => (value === null || value === undefined ? "–" : value.toFixed(digits).replace("-", "−"));
  const signed = value => (value === null ? "–" : Math.abs(value) < 0.0005 ? "0" : (value > 0 ? "+" : "−") + Math.abs(value).toFixed(3));
  const grouped = value => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  const duration = ms => (ms >= 59950 ? `${Math.floor(ms / 60000)} min ${Math.round(ms / 1000) % 60} s`
    : ms >= 999.5 ? `${(ms / 1000).toFixed(1)} s` : `${ms >= 9.95 ? Math.round(ms) : ms.toFixed(1)} ms`);

  const extents = metrics.map((metric, index) => {
    const values = scores[index].values.filter(hasValue);
    const low = metric.low === null ? values.reduce((a, b) => Math.min(a, b), 0) : metric.low;
    const high = metric.high === null ? values.reduce((a, b) => Math.max(a, b), low + 1e-9) : metric.high;
    return { low, span: high - low || 1 };
  });
  const share = (metric, value) => Math.min(1, Math.max(0, (value - extents[metric].low) / extents[metric].span));

  // --- Whole rows: in the page, or in a file beside it ----------------------------------------------------------------

  let inPage = null;
  const loaded = new Map();
  function pageRow(row) {
    inPage ||= read("rows");
    return inPage.rows[row] || null;
  }

  window.assayRows = (first, rows) => {
    const file = loaded.get(first);
    if (file) file.done(rows);
  };
  /** The row, or a promise of it, or null where it is nowhere. */
  function wholeRow(row) {
    const found = pageRow(row);
    if (found || !data.details) return found;
    const size = data.details.rows;
    const first = Math.floor(row / size) * size;
    if (!loaded.has(first)) {
      if (loaded.size > 20) loaded.delete(loaded.keys().next().value);
      const file = {};
      file.rows = new Promise((resolve, reject) => {
        file.done = resolve;
        file.failed = reject;
      });
      loaded.set(first, file);
      const script = el("script", { src: `${encodeURIComponent(data.details.folder)}/${first / size}.js`,
        onerror: () => { loaded.delete(first); file.failed(new Error("missing")); } });
      document.head.append(script);
      script.addEventListener("load", () => script.remove());
    }
    return loaded.get(first).rows.then(rows => rows[row - first] || null);
  }

  // --- State: filter and order; kept in the address so that a view can be shared ---------------------------------------

  const standard = () => ({ text: "", tag: "", attribution: "", outcome: "", metric: -1, op: "le", limit: "", changes: false, sort: "", down: false });
  let state = standard();
  let shown = [];
  let selected = 0; // place in `shown`
  let opened = -1; // row

  function readAddress() {
    const fields = new URLSearchParams(location.hash.slice(1));
    const next = standard();
    for (const key of ["text", "tag", "attribution", "outcome", "limit", "sort"]) next[key] = fields.get(key) || "";
    next.metric = metrics.findIndex(metric => metric.name === fields.get("metric"));
    next.op = fields.get("op") === "ge" ? "ge" : "le";
    next.changes = hasBaseline && fields.get("changes") === "1";
    next.down = fields.get("down") === "1";
    return { next, question: fields.get("q") };
  }

  function writeAddress() {
    const fields = new URLSearchParams();
    if (opened >= 0) fields.set("q", ids[opened]);
    for (const key of ["text", "tag", "attribution", "outcome", "sort"]) if (state[key]) fields.set(key, state[key]);
    if (state.metric >= 0 && state.limit !== "") {
      fields.set("metric", metrics[state.metric].name);
      fields.set("op", state.op);
      fields.set("limit", state.limit);
    }
    if (state.changes) fields.set("changes", "1");
    if (state.down) fields.set("down", "1");
    const text = fields.toString();
    if (!text && !location.hash.includes("=")) return;
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
  }

  const haystacks = new Array(total);
  function haystack(row) {
    if (haystacks[row] === undefined) {
      const parts = [ids[row], texts[row], ...tags.at(row)];
      // Of questions that are here whole the answer and the reference are searched too.
      const whole = total <= 5000 ? pageRow(row) : null;
      if (whole) {
        const { sample, failure } = whole.result;
        parts.push(sample.question.question, sample.question.reference, sample.answer ? sample.answer.text : "", failure || "",
          sample.rewrite ? sample.rewrite.text : "",
          ...sample.question.gold.map(gold => gold.document));
      }
      haystacks[row] = parts.join("\n").toLowerCase();
    }
    return haystacks[row];
  }

  /** Whether each distinct value of a column is wanted: asked once a value, not once a row. */
  const wanted = (source, test) => source.values.map(test);

  function select() {
    const words = state.text.toLowerCase().split(/\s+/).filter(Boolean);
    const tests = [];
    if (state.tag) tests.push([tags.codes, wanted(tags, value => value.includes(state.tag))]);
    if (state.attribution) {
      tests.push([attributions.codes, wanted(attributions, value => (state.attribution === "any" ? value !== null : value === state.attribution))]);
    }
    if (state.outcome) tests.push([outcomes.codes, wanted(outcomes, value => value === state.outcome)]);
    const limit = Number(state.limit);
    const filter = state.metric >= 0 && state.limit !== "";
    const rows = [];
    for (let row = 0; row < total; row += 1) {
      if (!tests.every(([codes, wanted]) => wanted[codes[row]])) continue;
      if (filter) {
        const value = shownValue(state.metric, row);
        if (value === null || (state.op === "le" ? value > limit : value < limit)) continue;
      }
      if (words.length && !words.every(word => haystack(row).includes(word))) continue;
      rows.push(row);
    }
    return ordered(rows);
  }

  function sortKey() {
    const metric = metrics.findIndex(candidate => candidate.name === state.sort);
    if (metric >= 0) return row => shownValue(metric, row);
    switch (state.sort) {
      case "#id": return row => ids[row];
      case "#text": return row => texts[row].toLowerCase();
      case "#kind": return row => tags.at(row)[0] || null;
      case "#outcome": return row => outcomes.at(row);
      case "#place": return row => (attributions.at(row) === null ? null : [...places.keys()].indexOf(attributions.at(row)));
      default: return null;
    }
  }

  /** Rows without a value come last in either direction; equal ones stay in the order of the evalset. */
  function ordered(rows) {
    const key = sortKey();
    if (!key) return rows;
    const keys = new Map(rows.map(row => [row, key(row)]));
    const sign = state.down ? -1 : 1;
    return rows.sort((left, right) => {
      const a = keys.get(left);
      const b = keys.get(right);
      if (a === b) return left - right;
      if (a === null) return 1;
      if (b === null) return -1;
      return (a < b ? -1 : 1) * sign;
    });
  }

  // --- Controls -----------------------------------------------------------------------------------------------------

  const columns = [
    { key: "#id", title: "id", width: `${Math.min(22, Math.max(4, ids.slice(0, 2000).reduce((most, id) => Math.max(most, id.length), 0))) * 0.45 + 1.3}rem` },
    { key: "#text", title: "question", width: "minmax(14rem, 1fr)", least: "14rem" },
    { key: "#kind", title: "kind", width: "8rem" },
    ...(hasOutcomes ? [{ key: "#outcome", title: "answer", width: "5.5rem" }] : []),
    ...(hasPlaces ? [{ key: "#place", title: "failed at", width: "9rem" }] : []),
    ...metrics.map((metric, at) => ({ key: metric.name, title: metric.name, width: "6.7rem", metric: at })),
  ];

  const option = ([value, title]) => el("option", { value }, title);
  const chooser = (label, all, values) => el("select", { "aria-label": label }, option(["", all]), values.map(option));
  const search = el("input", { type: "search", placeholder: "filter by words", "aria-label": "Filter by text" });
  const tag = chooser("Tag", "all tags", [...new Set(tags.values.flat())].sort().map(name => [name, name]));
  const attribution = chooser("Failed at", "failed or not", [["any", "failed anywhere"], ...data.places]);
  const outcome = chooser("Answer", "all answers", outcomes.values.slice().sort().map(name => [name, name]));
  const metric = el("select", { "aria-label": "Metric" }, option(["-1", "any metric"]), metrics.map((one, index) => option([index, one.name])));
  const op = el("select", { "aria-label": "Comparison" }, option(["le", "≤"]), option(["ge", "≥"]));
  const limit = el("input", { type: "number", step: "0.05", "aria-label": "Limit" });
  const changes = el("input", { type: "checkbox" });
  const reset = el("button", { type: "button", onclick: () => { state = standard(); showControls(); update(); } }, "Reset");
  const count = el("output", { "aria-live": "polite" });
  const tools = el("div", { class: "tools", role: "search" },
    el("label", { class: "grow" }, search), tag, hasPlaces ? attribution : null, hasOutcomes ? outcome : null,
    metrics.length ? el("label", {}, metric, op, limit) : null,
    hasBaseline ? el("label", { title: `score minus the score of ${data.baseline}` }, changes, "changes") : null, reset,
    el("button", { type: "button", onclick: () => showHelp(), "aria-label": "Keys" }, "?"), count);

  const headings = columns.map(one => el("div", { role: "columnheader", class: one.metric === undefined ? null : "num" },
    el("button", { type: "button", tabindex: -1, title: one.title, onclick: () => orderBy(one) }, breakable(one.title))));
  const means = columns.map((one, index) => el("div", { role: "gridcell", class: one.metric === undefined ? "" : "num" },
    index === 1 ? "mean of the rows shown" : ""));
  const head = el("div", { class: "head", role: "rowgroup" },
    el("div", { class: "line titles", role: "row", "aria-rowindex": 1 }, headings), el("div", { class: "line means", role: "row", "aria-rowindex": 2 }, means));
  const body = el("div", { class: "body", role: "rowgroup" });
  const grid = el("div", { class: "grid", role: "grid", "aria-label": "Questions", "aria-readonly": "true", tabindex: -1 }, head, body);
  const nothing = el("p", { class: "muted", hidden: true }, "No question matches.");
  root.append(tools, grid, nothing);
  root.style.setProperty("--columns", columns.map(one => one.width).join(" "));
  root.style.setProperty("--print", columns.map(one => (one.least ? "minmax(0, 1fr)" : one.metric === undefined ? "4.6rem" : "3.1rem")).join(" "));
  root.style.setProperty("--least", `calc(${columns.map(one => one.least || one.width).join(" + ")})`);

  /** A name that may break after its joints. */
  function breakable(name) {
    return name.split(/(?<=[_/])/).flatMap((part, index) => (index ? [el("wbr"), part] : [part]));
  }

  function orderBy(one) {
    // The worst first: that is what one looks for.
    const worstDown = one.metric !== undefined && !metrics[one.metric].up;
    if (state.sort !== one.key) Object.assign(state, { sort: one.key, down: worstDown });
    else if (state.down === worstDown) state.down = !worstDown;
    else Object.assign(state, { sort: "", down: false });
    update();
  }

  function showControls() {
    search.value = state.text;
    tag.value = state.tag;
    attribution.value = state.attribution;
    outcome.value = state.outcome;
    metric.value = String(state.metric);
    op.value = state.op;
    limit.value = state.limit;
    changes.checked = state.changes;
  }

  let timer = 0;
  function changed() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      Object.assign(state, { text: search.value, tag: tag.value, attribution: attribution.value, outcome: outcome.value,
        metric: Number(metric.value), op: op.value, limit: limit.value, changes: changes.checked });
      update();
    }, total > 500 ? 120 : 0);
  }
  for (const control of [search, tag, attribution, outcome, metric, op, limit, changes]) control.addEventListener("input", changed);

  // --- The list: only the rows that are seen are drawn ------------------------------------------------------------------

  const narrow = matchMedia("(max-width: 44rem)");
  const rowHeight = () => (narrow.matches ? 60 : 30);
  const drawn = new Map(); // place → element

  function update() {
    const row = shown[selected];
    shown = select();
    selected = Math.max(0, shown.indexOf(row));
    for (const element of drawn.values()) element.remove();
    drawn.clear();
    grid.scrollTop = 0;
    grid.setAttribute("aria-rowcount", String(shown.length + 2));
    nothing.hidden = shown.length > 0;
    layOut();
    headings.forEach((heading, index) => {
      if (columns[index].key === state.sort) heading.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else heading.removeAttribute("aria-sort");
    });
    columns.forEach((one, index) => {
      if (one.metric === undefined) return;
      let sum = 0;
      let n = 0;
      for (const row of shown) {
        const value = shownValue(one.metric, row);
        if (value !== null) { sum += value; n += 1; }
      }
      means[index].textContent = n === 0 ? "–" : state.changes ? signed(sum / n) : number(sum / n);
    });
    means[1].textContent = state.changes ? "mean change of the rows shown" : "mean of the rows shown";
    count.textContent = shown.length === total ? `${grouped(total)} questions` : `${grouped(shown.length)} of ${grouped(total)} questions`;
    if (selected > 0) reveal(selected);
    writeAddress();
  }

  function layOut() {
    const height = rowHeight();
    root.style.setProperty("--row", `${height}px`);
    body.style.height = `${shown.length * height}px`;
    for (const element of drawn.values()) element.remove();
    drawn.clear();
    draw();
  }

  function draw() {
    const height = rowHeight();
    const top = Math.max(0, grid.scrollTop - head.offsetHeight);
    const from = Math.max(0, Math.floor(top / height) - 10);
    const to = Math.min(shown.length, Math.ceil((grid.scrollTop + grid.clientHeight) / height) + 10);
    const hadFocus = body.contains(document.activeElement);
    for (const [place, element] of drawn) {
      if ((place < from || place >= to) && place !== selected) {
        element.remove();
        drawn.delete(place);
      }
    }
    for (let place = from; place < to; place += 1) if (!drawn.has(place)) add(place, height);
    if (shown.length > 0 && !drawn.has(selected)) add(selected, height);
    if (hadFocus && !body.contains(document.activeElement)) focusRow();
  }

  function add(place, height) {
    const element = line(place, shown[place]);
    element.style.top = `${place * height}px`;
    drawn.set(place, element);
    // In the order of the list, so that what is read aloud is in order too.
    const next = [...body.children].find(other => Number(other.dataset.place) > place);
    body.insertBefore(element, next || null);
  }

  const tones = { failed: "bad", "cut off": "bad", declined: "accent" };
  function line(place, row) {
    const result = outcomes.at(row);
    const failedAt = attributions.at(row);
    return el("div", { class: "line row", role: "row", tabindex: place === selected ? 0 : -1, "data-place": place, "data-row": row,
      "aria-rowindex": place + 3, "aria-selected": String(row === opened) },
      el("div", { class: "id", role: "rowheader", title: ids[row] }, ids[row]),
      el("div", { class: "text", role: "gridcell" }, texts[row]),
      el("div", { class: "cut", role: "gridcell" }, tags.at(row)[0] || "–"),
      hasOutcomes ? el("div", { class: "cut", role: "gridcell" }, tones[result] ? el("span", { class: `tag ${tones[result]}` }, result)
        : el("span", { class: "muted" }, result)) : null,
      hasPlaces ? el("div", { class: "cut", role: "gridcell" }, failedAt === null ? "" : places.get(failedAt)) : null,
      metrics.map((_, at) => cell(row, at)));
  }

  function cell(row, at) {
    const score = scores[at].at(row);
    const label = metrics[at].name;
    if (state.changes) {
      const change = changeOf(at, row);
      const better = change !== null && Math.abs(change) >= 0.0005 ? (change > 0) === metrics[at].up : null;
      return el("div", { class: `num value${better === null ? " muted" : better ? " up" : " down"}`, role: "gridcell", "data-label": label }, signed(change));
    }
    if (hasValue(score)) {
      const part = share(at, score);
      const bar = el("i", { "aria-hidden": "true" });
      bar.style.setProperty("--share", `${(part * 100).toFixed(1)}%`);
      const worst = metrics[at].up ? part === 0 : part === 1;
      return el("div", { class: `num value${worst ? " down" : ""}`, role: "gridcell", "data-label": label }, number(score), bar);
    }
    if (!score) return el("div", { class: "num", role: "gridcell" });
    return score[0] === "?"
      ? el("div", { class: "num value down", role: "gridcell", "data-label": label, title: `not scored: ${score[1]}` }, "not scored")
      : el("div", { class: "num value muted", role: "gridcell", "data-label": label, title: `not applicable: ${score[1]}` }, "n/a");
  }

  function reveal(place) {
    const height = rowHeight();
    const top = place * height;
    const room = grid.clientHeight - head.offsetHeight;
    if (top < grid.scrollTop) grid.scrollTop = top;
    else if (top + height > grid.scrollTop + room) grid.scrollTop = top + height - room;
    draw();
  }

  function choose(place, focus = true) {
    if (shown.length === 0) return;
    const old = drawn.get(selected);
    if (old) old.tabIndex = -1;
    selected = Math.min(shown.length - 1, Math.max(0, place));
    reveal(selected);
    const now = drawn.get(selected);
    now.tabIndex = 0;
    if (focus) focusRow();
    if (opened >= 0) openRow(shown[selected], false);
  }
  function focusRow() {
    const element = drawn.get(selected);
    if (element) element.focus({ preventScroll: true });
  }

  // --- One question -----------------------------------------------------------------------------------------------------

  const sheetTitle = el("h2", { id: "sheet-title", tabindex: -1 });
  const place = el("span", { class: "muted" });
  const content = el("div", { class: "content" });
  const sheet = el("aside", { class: "sheet", "aria-labelledby": "sheet-title", hidden: true },
    el("div", { class: "bar" }, sheetTitle, place,
      el("button", { type: "button", "aria-label": "Previous question", title: "previous (k)", onclick: () => choose(selected - 1, false) }, "↑"),
      el("button", { type: "button", "aria-label": "Next question", title: "next (j)", onclick: () => choose(selected + 1, false) }, "↓"),
      el("button", { type: "button", "aria-label": "Close", title: "close (Esc)", onclick: () => closeSheet() }, "×")),
    content);
  document.body.append(sheet);

  function openRow(row, focus = true) {
    opened = row;
    for (const element of drawn.values()) element.setAttribute("aria-selected", String(Number(element.dataset.row) === row));
    sheetTitle.replaceChildren(visible(ids[row]));
    place.textContent = `${grouped(selected + 1)} of ${grouped(shown.length)}`;
    sheet.hidden = false;
    document.body.classList.add("open");
    content.scrollTop = 0;
    const found = wholeRow(row);
    if (found instanceof Promise) {
      content.replaceChildren(el("p", { class: "prose" }, texts[row]), el("p", { class: "muted" }, "Reading the row…"));
      found.then(whole => { if (opened === row) showRow(row, whole); },
        () => { if (opened === row) showRow(row, null, `The file with this row is missing: it belongs in the folder ${data.details.folder} beside this page.`); });
    } else {
      showRow(row, found, "This page has only the scores of this question; write the report to a file (assay report RUN --format html -o FILE) for the rest.");
    }
    if (focus) sheetTitle.focus({ preventScroll: true });
    writeAddress();
  }

  function showRow(row, whole, missing) {
    if (!whole) {
      content.replaceChildren(el("p", { class: "prose" }, texts[row]), badges(row, tags.at(row)), el("p", { class: "muted" }, missing),
        heading("Scores"), scoreTable(row, {}));
      return;
    }
    const { result, timing } = whole;
    const { sample } = result;
    const question = sample.question;
    const hits = sample.retrieved.map((hit, index) => ({ ...hit, rank: whole.ranks ? whole.ranks[index] : index + 1,
      text: hit.text || (inPage && inPage.texts[hit.id]) || "" }));
    const depth = whole.depth === undefined ? hits.length : whole.depth;
    const columns = [el("div", {}, el("p", { class: "prose question" }, question.question), badges(row, [question.split, ...question.tags]))];
    const [left] = columns;
    if (question.history) {
      left.append(heading("Conversation before it"), ...question.history.map(turn =>
        el("p", { class: "prose" }, el("b", {}, turn.role === "user" ? "User: " : "Assistant: "), turn.text)));
    }
    if (sample.rewrite) {
      left.append(heading("Searched for"), prose(sample.rewrite.text));
      if (sample.rewrite.fallback) left.append(el("p", {}, el("span", { class: "tag bad" }, "previous turns"), " ", sample.rewrite.fallback));
    }
    if (question.reference) left.append(heading("Reference"), prose(question.reference));
    if (sample.answer) left.append(heading("Answer"), answerText(sample, hits), answerFacts(sample.answer, timing));
    if (result.failure !== undefined) left.append(heading("Answer"), el("p", {}, el("span", { class: "tag bad" }, "failed"), " ", result.failure));
    left.append(heading("Scores"), scoreTable(row, result.scores));
    columns.push(el("div", {}, heading(hasLabels(question) ? "Evidence" : "Evidence: none is said to exist"), evidence(sample, hits),
      heading(`Passages found (${grouped(depth)})`), passages(sample, hits, depth)));
    content.replaceChildren(el("div", { class: "columns" }, columns));
  }

  const hasLabels = question => question.gold.length > 0 || Object.keys(question.qrels || {}).length > 0;

  function closeSheet() {
    if (sheet.hidden) return;
    const hadFocus = sheet.contains(document.activeElement) || document.activeElement === document.body;
    sheet.hidden = true;
    opened = -1;
    document.body.classList.remove("open");
    for (const element of drawn.values()) element.setAttribute("aria-selected", "false");
    if (hadFocus) focusRow();
    writeAddress();
  }

  const heading = text => el("h3", {}, text);
  const prose = (...parts) => el("p", { class: "prose" }, ...parts);

  function badges(row, names) {
    const failedAt = attributions.at(row);
    const parts = names.map(name => el("span", { class: "tag" }, name));
    if (failedAt !== null) parts.push(el("span", { class: "tag bad" }, `failed at: ${places.get(failedAt)}`));
    return el("p", {}, parts.flatMap(part => [part, " "]));
  }

  /** Leads from UTF-8 bytes, which the record counts in, to the units of a script's strings. */
  function unitOf(text) {
    const bytes = new TextEncoder().encode(text);
    return byte => new TextDecoder().decode(bytes.slice(0, Math.max(0, byte))).replace(/\ufffd+$/, "").length;
  }

  function answerText(sample, hits) {
    const { text, citations } = sample.answer;
    const unit = unitOf(text);
    const parts = [];
    let at = 0;
    for (const citation of citations) {
      const start = unit(citation.start);
      const end = unit(citation.end);
      if (start < at || end > text.length || end <= start) continue;
      const hit = hits.find(candidate => candidate.id === citation.chunk);
      parts.push(text.slice(at, start), hit
        ? el("button", { class: "cite", type: "button", title: `to passage ${hit.rank}`, onclick: () => showPassage(hit.rank) }, text.slice(start, end))
        : el("span", { class: "cite broken", title: `no passage of the prompt has the number ${citation.number}` }, text.slice(start, end)));
      at = end;
    }
    return prose(parts, text.slice(at));
  }

  function answerFacts(answer, timing) {
    const parts = [`${grouped(answer.usage.promptTokens)} tokens in, ${grouped(answer.usage.completionTokens)} out`];
    if (answer.abstained) parts.push("says that the documents do not tell");
    if (answer.finish !== "stop") parts.push(answer.finish === "length" ? "cut by the token limit" : "ended for another reason");
    const call = timing && timing.answer;
    if (call && hasValue(call.firstTokenMs)) parts.push(`first token after ${duration(call.firstTokenMs)}`);
    if (call) parts.push(`${duration(call.totalMs)} in all`);
    return el("p", {}, el("small", {}, parts.join(" · ")));
  }

  function scoreTable(row, results) {
    const rows = metrics.flatMap((one, at) => {
      const score = scores[at].at(row);
      if (score === null) return [];
      const then = hasBaseline ? before[at].at(row) : null;
      const value = hasValue(score) ? el("td", { class: "num" }, number(score))
        : el("td", { class: score[0] === "?" ? "down" : "muted" }, score[0] === "?" ? "not scored: " : "n/a: ", score[1]);
      const change = hasBaseline ? el("td", { class: "num muted" }, hasValue(then) ? `${number(then)} → ${signed(changeOf(at, row))}` : "") : null;
      const { details, repeats } = results[one.name] || {};
      const more = [];
      if (repeats) more.push(el("p", {}, el("small", {}, `judged ${repeats.length} times: ${repeats.map(one => number(one)).join(", ")}`)));
      if (details !== undefined && details !== null) more.push(readable(details, 0));
      const first = el("tr", {}, el("th", { scope: "row" }, one.name), value, change);
      return more.length ? [first, el("tr", { class: "why" }, el("td", { colspan: hasBaseline ? 3 : 2, class: "json" }, more))] : [first];
    });
    return rows.length ? el("table", { class: "scores" }, el("tbody", {}, rows)) : el("p", { class: "muted" }, "none");
  }

  /** JSON as lists and tables that people read. */
  function readable(value, depth) {
    if (value === null) return el("span", { class: "muted" }, "–");
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
    if (items.length === 0) return el("span", { class: "muted" }, "none");
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

  // --- Evidence and passages ----------------------------------------------------------------------------------------------

  function merged(ranges) {
    const result = [];
    for (const [start, end] of ranges.slice().sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
      const last = result.at(-1);
      if (last && start <= last[1]) last[1] = Math.max(last[1], end);
      else result.push([start, end]);
    }
    return result;
  }
  const overlap = (span, hit) => (span.document === hit.document && Math.max(span.start, hit.start) < Math.min(span.end, hit.end)
    ? [Math.max(span.start, hit.start), Math.min(span.end, hit.end)] : null);

  /** The rank at which the passages so far hold at least half of a gold span's bytes, 0 when they never do. */
  function foundRank(span, hits) {
    let held = [];
    for (const hit of hits) {
      const part = overlap(span, hit);
      if (!part) continue;
      held = merged([...held, part]);
      if (2 * held.reduce((sum, [start, end]) => sum + end - start, 0) >= span.end - span.start) return hit.rank;
    }
    return 0;
  }

  function evidence(sample, hits) {
    const { gold, qrels } = sample.question;
    const anchored = gold.length === sample.goldSpans.length;
    const quotes = gold.map((label, index) => [label.document, label.quote, anchored ? foundRank(sample.goldSpans[index], hits) : 0, 1]);
    const graded = Object.entries(qrels || {}).sort().map(([document, relevance]) => {
      const hit = hits.find(candidate => candidate.document === document);
      return [document, null, hit ? hit.rank : 0, relevance];
    });
    return el("div", {}, [...quotes, ...graded].map(([document, quote, rank, relevance]) => {
      const where = rank > 0 ? el("span", { class: "tag evidence" }, `found at rank ${rank}`) : el("span", { class: "tag bad" }, "not found");
      const grade = quote === null && relevance !== 1 ? ` relevance ${relevance} ` : " ";
      return el("blockquote", {}, quote === null ? null : el("p", {}, quote), el("small", {}, document, grade), where);
    }));
  }

  function passages(sample, hits, depth) {
    const items = [];
    let last = 0;
    const gap = (from, to, text) => items.push(el("li", { class: "gap" }, from === to ? `rank ${from}: ${text}` : `ranks ${from} to ${to}: ${text}`));
    for (const hit of hits) {
      if (hit.rank > last + 1) gap(last + 1, hit.rank - 1, "no evidence");
      items.push(el("li", {}, passage(sample, hit)));
      last = hit.rank;
    }
    if (depth > last) gap(last + 1, depth, "no evidence, not shown");
    return el("ol", { class: "passages" }, items);
  }

  function passage(sample, hit) {
    const inContext = hit.rank <= sample.contextCount;
    const marks = merged(sample.goldSpans.map(span => overlap(span, hit)).filter(Boolean)).map(([start, end]) => [start - hit.start, end - hit.start]);
    return el("details", { class: "passage", id: `p-${hit.rank}`, "data-context": inContext, open: (inContext || marks.length > 0) && hit.text !== "" },
      el("summary", {}, el("span", { class: "rank" }, String(hit.rank)),
        el("span", { class: "source" }, hit.document, " ", el("small", {}, `bytes ${grouped(hit.start)}–${grouped(hit.end)} · ${grouped(hit.tokens)} tokens`)),
        marks.length ? el("span", { class: "tag evidence" }, "evidence") : null,
        inContext ? el("span", { class: "tag accent" }, "in the prompt") : null,
        el("span", { class: "num" }, number(hit.score))),
      hit.text === "" ? el("p", { class: "prose muted" }, "The text is not in this page; it is in the run's record.") : prose(marked(hit.text, marks)));
  }

  function marked(text, marks) {
    const unit = marks.length ? unitOf(text) : null;
    const parts = [];
    let at = 0;
    for (const [from, to] of marks) {
      const start = Math.max(unit(from), at);
      const end = unit(to);
      if (end <= start) continue;
      parts.push(text.slice(at, start), el("mark", {}, text.slice(start, end)));
      at = end;
    }
    return [...parts, text.slice(at)];
  }

  function showPassage(rank) {
    const target = document.getElementById(`p-${rank}`);
    if (!target) return;
    target.open = true;
    target.scrollIntoView({ block: "nearest" });
    target.querySelector("summary").focus({ preventScroll: true });
    target.classList.add("flash");
    setTimeout(() => target.classList.remove("flash"), 1200);
  }

  // --- Keys -------------------------------------------------------------------------------------------------------------

  const keys = [["j ↓", "next question"], ["k ↑", "previous question"], ["Enter", "open"], ["Esc", "close, leave the filter"],
    ["/", "filter by words"], ["Home End", "first, last"], ["Page ↓ ↑", "a page on, back"], ["t", "light or dark"], ["?", "these keys"]];
  const help = el("dialog", { class: "help", "aria-label": "Keys" }, el("h2", {}, "Keys"),
    el("dl", {}, keys.map(([key, text]) => [el("dt", {}, key.split(" ").flatMap(part => [el("kbd", {}, part), " "])), el("dd", {}, text)])),
    el("form", { method: "dialog" }, el("button", {}, "Close")));
  document.body.append(help);
  help.querySelector("form").addEventListener("submit", event => { event.preventDefault(); help.close(); });
  const showHelp = () => help.showModal();

  const steps = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (help.open) {
      if (event.key === "Escape") help.close();
      return;
    }
    const typing = event.target.closest("input, select, textarea");
    if (typing) {
      if (event.target === search && (event.key === "Escape" || event.key === "Enter")) {
        if (event.key === "Escape") { search.value = ""; changed(); }
        focusRow();
        event.preventDefault();
      }
      return;
    }
    const inList = body.contains(event.target);
    const isArrow = event.key.startsWith("Arrow");
    // Arrows scroll the sheet and the page; in the list they lead from row to row.
    if (event.key in steps && (inList || !isArrow)) choose(selected + steps[event.key], !sheet.contains(event.target));
    else if (event.key === "/") { search.focus(); search.select(); }
    else if (event.key === "?") showHelp();
    else if (event.key === "t") nextTheme();
    else if (event.key === "Escape" && !sheet.hidden) closeSheet();
    else if (!inList) return;
    else if (event.key === "Enter" || event.key === " ") openRow(shown[selected]);
    else if (event.key === "Home") choose(0);
    else if (event.key === "End") choose(shown.length - 1);
    else if (event.key === "PageDown" || event.key === "PageUp") {
      const page = Math.max(1, Math.floor((grid.clientHeight - head.offsetHeight) / rowHeight()) - 1);
      choose(selected + (event.key === "PageDown" ? page : -page));
    } else return;
    event.preventDefault();
  });

  body.addEventListener("click", event => {
    const element = event.target.closest(".row");
    if (!element || String(getSelection()) !== "") return;
    selected = Number(element.dataset.place);
    for (const other of drawn.values()) other.tabIndex = other === element ? 0 : -1;
    openRow(shown[selected], false);
    element.focus({ preventScroll: true });
  });

  // --- Page -------------------------------------------------------------------------------------------------------------

  grid.addEventListener("scroll", draw, { passive: true });
  addEventListener("resize", layOut);
  narrow.addEventListener("change", layOut);

  /** Paper cannot scroll: the first rows of the selection are drawn one under the other. */
  const PRINTED = 1000;
  addEventListener("beforeprint", () => {
    document.body.classList.add("printing");
    const rows = shown.slice(0, PRINTED).map((row, at) => line(at, row));
    const rest = shown.length - rows.length;
    body.replaceChildren(...rows, ...(rest > 0 ? [el("p", { class: "muted" }, `and ${grouped(rest)} more`)] : []));
  });
  addEventListener("afterprint", () => {
    document.body.classList.remove("printing");
    body.replaceChildren();
    drawn.clear();
    layOut();
  });

  function openQuestion(id) {
    const row = ids.indexOf(id);
    if (row < 0) return;
    if (!shown.includes(row)) {
      state = standard();
      showControls();
      update();
    }
    selected = shown.indexOf(row);
    layOut();
    reveal(selected);
    openRow(row);
  }

  /** Takes filter, order and question from the address; an address without `=` is a link to a section. */
  function followAddress() {
    const isState = location.hash.includes("=");
    if (location.hash.length > 1 && !isState && shown.length > 0) return;
    const { next, question } = readAddress();
    state = next;
    showControls();
    update();
    if (question !== null) openQuestion(question);
    else if (isState) root.scrollIntoView({ block: "start" });
  }
  addEventListener("hashchange", followAddress);
  followAddress();
})();
