"use strict";
// The overview of a service: asks /dashboard.json every few seconds and draws what it lists. Texts are only ever set as text.
const at = id => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg", CAPACITY = 720, COLORS = 6;
const WIDTH = 460, HEIGHT = 152, LEFT = 56, RIGHT = 8, TOP = 8, BOTTOM = 22;
// Points of the last hour, by key; `from` is the number of the first.
let history = { started: 0, from: 0, times: [], values: {} };
let board = null, isPaused = false, timer = 0, lastAnswer = 0, needsKey = false;
const panels = new Map();

function make(tag, text, name) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (name) node.className = name;
  return node;
}

function draw(tag, attributes, text) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

// Numbers in words, three significant digits.
function digits(value) {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(3)));
}

function shown(value, unit) {
  if (value === null || value === undefined) return "no data";
  switch (unit) {
    case "per_second": return digits(value) + "/s";
    case "seconds": return value === 0 ? "0 s" : Math.abs(value) < 1e-3 ? digits(value * 1e6) + " µs" : Math.abs(value) < 1 ? digits(value * 1e3) + " ms" : digits(value) + " s";
    case "share": return digits(value * 100) + " %";
    case "bytes": return value === 0 ? "0 MB" : value < 1e3 ? digits(value) + " B" : value < 1e6 ? digits(value / 1e3) + " kB" : value < 1e9 ? digits(value / 1e6) + " MB" : digits(value / 1e9) + " GB";
    case "breaker": return value >= 2 ? "open" : value >= 1 ? "tries again" : "closed";
    default: return digits(value);
  }
}

const clock = seconds => new Date(seconds * 1000).toLocaleTimeString("en-GB");
const series = key => history.values[key] || [];
const has = key => series(key).some(value => value) || Boolean(board.current[key]);
const linesOf = panel => panel.sparse ? panel.lines.filter(line => has(line.key)) : panel.lines;

// Ends of an axis and its marks: steps of 1, 2 or 5.
function marks(highest, unit) {
  if (unit === "breaker") return [0, 1, 2];
  if (unit === "share" && highest > 0.5) return [0, 0.25, 0.5, 0.75, 1];
  if (!(highest > 0)) return unit === "share" ? [0, 0.5, 1] : [0, 1];
  let step = 10 ** Math.floor(Math.log10(highest / 2));
  for (const factor of [1, 2, 5, 10]) if (highest / (step * factor) <= 4) { step *= factor; break; }
  const found = [];
  for (let n = 0; n * step < highest + step * 0.999; n++) found.push(Number((n * step).toPrecision(12)));
  return found;
}

class Panel {
  constructor(panel) {
    this.id = panel.id;
    this.root = make("section", undefined, "panel");
    this.root.id = "panel-" + panel.id;
    const title = make("h2", panel.title);
    title.id = "title-" + panel.id;
    this.root.setAttribute("aria-labelledby", title.id);
    this.now = make("ul", undefined, "now");
    this.plot = make("div", undefined, "plot");
    // A slider over time: arrows, Home and End move it, its value is read out.
    this.plot.tabIndex = 0;
    this.plot.setAttribute("role", "slider");
    this.plot.setAttribute("aria-label", panel.title + " over the last hour");
    for (const name of ["valuemin", "valuenow", "valuemax"]) this.plot.setAttribute("aria-" + name, "0");
    this.svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
    this.tip = make("div", undefined, "tip");
    this.tip.hidden = true;
    this.plot.append(this.svg, this.tip);
    this.details = make("details");
    this.rows = make("div", undefined, "rows");
    this.rows.tabIndex = 0;
    this.rows.setAttribute("aria-label", panel.title + ", table");
    this.details.append(make("summary", "Table"), this.rows);
    this.root.append(title, this.now, this.plot, make("p", panel.about + ".", "about muted"), this.details);
    this.chosen = null;
    this.plot.addEventListener("keydown", event => this.key(event));
    this.plot.addEventListener("focus", () => this.choose(history.times.length - 1));
    this.plot.addEventListener("blur", () => this.choose(null));
    this.plot.addEventListener("pointermove", event => this.point(event));
    this.plot.addEventListener("pointerleave", () => { if (document.activeElement !== this.plot) this.choose(null); });
    this.details.addEventListener("toggle", () => this.table());
  }

  update(panel) {
    this.panel = panel;
    this.lines = linesOf(panel);
    this.now.replaceChildren(...this.lines.map((line, number) => {
      const item = make("li"), swatch = draw("svg", { viewBox: "0 0 24 10", "aria-hidden": "true" });
      swatch.append(draw("line", { x1: 0, x2: 24, y1: 5, y2: 5, class: "curve c" + number % COLORS }));
      if (panel.lines.length > 1) item.append(swatch, line.label + " ");
      item.append(make("b", shown(board.current[line.key], panel.unit)));
      return item;
    }));
    if (!this.lines.length) this.now.append(make("li", "none in the last hour"));
    this.curves();
    if (this.chosen !== null) this.choose(Math.min(this.chosen, history.times.length - 1));
    if (this.details.open) this.table();
  }

  // The SVG keeps the panel's own width in pixels, so that its texts are not stretched.
  size() {
    this.width = Math.max(200, this.plot.clientWidth || WIDTH);
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${HEIGHT}`);
  }

  x(time) {
    const end = board.time, start = end - Math.max(120, Math.min(3600, end - (history.times[0] ?? end)));
    return LEFT + (time - start) / (end - start) * (this.width - LEFT - RIGHT);
  }

  curves() {
    this.size();
    const times = history.times, unit = this.panel.unit;
    const known = this.lines.flatMap(line => series(line.key)).filter(value => value !== null);
    const scale = marks(Math.max(0, ...known), unit), highest = scale[scale.length - 1];
    const y = value => HEIGHT - BOTTOM - Math.min(1, value / highest) * (HEIGHT - TOP - BOTTOM);
    const nodes = [];
    for (const mark of scale) {
      nodes.push(draw("line", { x1: LEFT, x2: this.width - RIGHT, y1: y(mark), y2: y(mark), class: mark ? "grid" : "axis" }));
      nodes.push(draw("text", { x: LEFT - 5, y: y(mark) + 4, "text-anchor": "end" }, shown(mark, unit)));
    }
    const end = board.time, start = end - Math.max(120, Math.min(3600, end - (times[0] ?? end))), span = end - start;
    const step = [30, 60, 120, 300, 600, 900, 1200].find(seconds => span / seconds <= this.width / 90) || 1800;
    for (let time = Math.ceil(start / step) * step; time <= end; time += step) {
      const x = this.x(time);
      if (x > this.width - 24) continue;
      nodes.push(draw("line", { x1: x, x2: x, y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM + 4, class: "axis" }));
      nodes.push(draw("text", { x, y: HEIGHT - 5, "text-anchor": "middle" }, clock(time).slice(0, step < 60 ? 8 : 5)));
    }
    this.lines.forEach((line, number) => {
      let path = "", isDrawn = false;
      series(line.key).forEach((value, index) => {
        // What is unknown, and the time in which nobody counted, is a gap.
        const isGap = index > 0 && times[index] - times[index - 1] > 3 * board.interval;
        if (value === null) { isDrawn = false; return; }
        const place = this.x(times[index]).toFixed(1) + " " + y(value).toFixed(1);
        path += isDrawn && !isGap ? "L" + place : "M" + place + "h.01";
        isDrawn = true;
      });
      if (path) nodes.push(draw("path", { d: path, class: "curve c" + number % COLORS, "data-key": line.key }));
    });
    this.svg.replaceChildren(...nodes);
  }

  words(index) {
    return clock(history.times[index]) + ": " + (this.lines.map(line => {
      const value = shown(series(line.key)[index], this.panel.unit);
      return this.panel.lines.length > 1 ? line.label + " " + value : value;
    }).join(", ") || "none");
  }

  choose(index) {
    this.chosen = index === null || index < 0 || !this.lines ? null : index;
    this.tip.hidden = this.chosen === null;
    this.svg.querySelector(".cursor")?.remove();
    if (this.chosen === null) return;
    const text = this.words(this.chosen), x = this.x(history.times[this.chosen]);
    this.tip.textContent = text;
    this.plot.setAttribute("aria-valuemax", String(history.times.length - 1));
    this.plot.setAttribute("aria-valuenow", String(this.chosen));
    this.plot.setAttribute("aria-valuetext", text);
    this.svg.append(draw("line", { x1: x, x2: x, y1: TOP, y2: HEIGHT - BOTTOM, class: "cursor" }));
  }

  key(event) {
    const last = history.times.length - 1, here = this.chosen ?? last;
    const to = { ArrowLeft: here - 1, ArrowRight: here + 1, PageUp: here - 12, PageDown: here + 12, Home: 0, End: last }[event.key];
    if (event.key === "Escape") { this.choose(null); return; }
    if (to === undefined || last < 0) return;
    event.preventDefault();
    this.choose(Math.max(0, Math.min(last, to)));
  }

  point(event) {
    if (!history.times.length || !this.lines) return;
    const x = event.clientX - this.svg.getBoundingClientRect().left;
    let best = 0;
    history.times.forEach((time, index) => { if (Math.abs(this.x(time) - x) < Math.abs(this.x(history.times[best]) - x)) best = index; });
    this.choose(best);
  }

  // The points as a table: all of the last five minutes, before that one a minute.
  table() {
    if (!this.details.open || !this.lines) return;
    const table = make("table"), head = make("tr"), body = make("tbody"), top = make("thead");
    head.append(...["time", ...this.lines.map(line => line.label)].map(label => { const cell = make("th", label); cell.scope = "col"; return cell; }));
    top.append(head);
    const last = history.times.length - 1;
    for (let index = last; index >= 0; index--) {
      if (last - index > 60 && (last - index) % 12) continue;
      const row = make("tr");
      row.append(make("td", clock(history.times[index])), ...this.lines.map(line => make("td", shown(series(line.key)[index], this.panel.unit))));
      body.append(row);
    }
    table.append(top, body);
    this.rows.replaceChildren(table);
  }
}

function take(found) {
  const isNew = history.started !== found.started || found.first > history.from + history.times.length;
  if (isNew) history = { started: found.started, from: found.first, times: [], values: {} };
  history.times.push(...found.times);
  for (const [key, values] of Object.entries(found.values)) (history.values[key] = history.values[key] || []).push(...values);
  const extra = history.times.length - CAPACITY;
  if (extra > 0) {
    history.from += extra;
    history.times.splice(0, extra);
    for (const values of Object.values(history.values)) values.splice(0, extra);
  }
}

function show(problem) {
  at("problem").hidden = !problem;
  if (at("problem").textContent !== (problem || "")) at("problem").textContent = problem || "";
  at("panels").classList.toggle("stale", Boolean(problem));
}

function render() {
  at("name").textContent = board.model;
  document.title = board.model + " · Dashboard · Assay";
  for (const panel of board.panels) {
    if (!panels.has(panel.id)) {
      const made = new Panel(panel);
      panels.set(panel.id, made);
      at("panels").append(made.root);
    }
    panels.get(panel.id).update(panel);
  }
  at("troubles").hidden = !board.troubles.length;
  at("trouble-rows").replaceChildren(...board.troubles.map(trouble => {
    const row = make("tr");
    row.append(...[trouble.kind, trouble.reason, digits(trouble.last_minute), digits(trouble.since_start)].map(text => make("td", text)));
    return row;
  }));
}

async function look() {
  clearTimeout(timer);
  const last = history.from + history.times.length - 1;
  try {
    const headers = at("key").value.trim() ? { Authorization: "Bearer " + at("key").value.trim() } : {};
    const query = history.started ? "?after=" + Math.max(0, last) : "";
    const response = await fetch("/dashboard.json" + (last >= 0 ? query : ""), { headers, signal: AbortSignal.timeout(10000) });
    if (response.status === 401 || response.status === 403) {
      needsKey = true;
      at("key-form").hidden = false;
      show(response.status === 403 ? "This key may not see the numbers: it needs the scope eval." : at("key").value.trim() ? "This key is not valid." : "Enter an API key with the scope eval to see the numbers.");
      at("status").textContent = "";
      return;
    }
    if (!response.ok) throw new Error(response.status === 503 ? "The service is ending." : "The service answered with status " + response.status + ".");
    const found = await response.json();
    // A service that has started anew counts from the beginning, and so does the page.
    if (history.started && found.started !== history.started && found.first > 0) { history.started = 0; history.times = []; history.values = {}; history.from = 0; return look(); }
    board = found;
    lastAnswer = Date.now();
    take(found);
    if (needsKey) at("key-form").hidden = true;
    show("");
    render();
    at("status").textContent = isPaused ? "Paused at " + clock(board.time) + "." : "As of " + clock(board.time) + ", again every 5 s.";
  } catch (error) {
    const since = lastAnswer ? " Shown is what it said at " + clock(lastAnswer / 1000) + "." : "";
    show((error.message.startsWith("The service") ? error.message : "The service does not answer.") + since + " Trying again every 5 s.");
    at("status").textContent = "";
  }
  if (!isPaused && !document.hidden) timer = setTimeout(look, 5000);
}

at("pause").addEventListener("click", () => {
  isPaused = !isPaused;
  at("pause").setAttribute("aria-pressed", String(isPaused));
  if (isPaused) { clearTimeout(timer); if (board) at("status").textContent = "Paused at " + clock(board.time) + "."; } else look();
});
at("key-form").addEventListener("submit", event => { event.preventDefault(); look(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden && !isPaused) look(); });
addEventListener("resize", () => { if (board) render(); });
look();
