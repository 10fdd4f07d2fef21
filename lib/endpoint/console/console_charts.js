// The charts of the overview, each with a table beside it that says the same.

import { bytes, element, milliseconds, number, table } from "./console_parts.js";

/** Fifteen minutes in steps of two seconds; the server keeps as many. */
const MOST_SAMPLES = 450;
const HEIGHT = 180;

/** One line of a chart: its name, and its value in a sample. */
const line = (name, of) => ({ name, of });

/** The charts: what they show, in which unit, and their lines. */
const CHARTS = [
  {
    title: "Calls a second",
    unit: number,
    lines: () => [
      line("all", (each) => each.callsPerSecond),
      line("failed", (each) => each.errorsPerSecond),
    ],
  },
  {
    title: "Latency",
    unit: milliseconds,
    lines: () => [
      line("half of the calls", (each) => each.p50Ms),
      line("90 %", (each) => each.p90Ms),
      line("99 %", (each) => each.p99Ms),
    ],
  },
  {
    title: "Errors a second",
    unit: number,
    lines: (samples) =>
      namesIn(samples, (each) => each.errors, "all")
        .map((code) =>
          line(code, (each) => code === "all" ? each.errorsPerSecond : each.errors[code] ?? 0)
        ),
  },
  {
    title: "Connections",
    unit: number,
    lines: (samples) =>
      namesIn(samples, (each) => each.connections, "none")
        .map((name) => line(name, (each) => each.connections[name] ?? 0)),
  },
  {
    title: "Queues",
    unit: number,
    lines: () => [
      line("handlers at work", (each) => each.active),
      line("calls that wait for a slot", (each) => each.waiting),
      line("sign-ins a second", (each) => each.signInsPerSecond),
      line("failed sign-ins a second", (each) => each.failedSignInsPerSecond),
    ],
  },
  {
    title: "Pool of workers",
    unit: number,
    lines: () => [
      line("workers", (each) => each.pool?.workers ?? null),
      line("at work", (each) => each.pool?.running ?? null),
      line("calls that wait", (each) => each.pool?.waiting ?? null),
    ],
  },
  {
    title: "Waits, 99 % at most",
    unit: milliseconds,
    lines: () => [
      line("requests in the queue", (each) => each.queueP99Ms),
      line("the store", (each) => each.storeP99Ms),
      line("the event loop", (each) => each.eventLoopP99Ms),
    ],
  },
  {
    title: "Processor cores",
    unit: number,
    lines: () => [line("in use", (each) => each.cores)],
  },
  {
    title: "Memory",
    unit: bytes,
    lines: () => [line("in use", (each) => each.residentBytes)],
  },
];

/** The names that appear in any sample, at most six. */
function namesIn(samples, of, otherwise) {
  const names = new Set(samples.flatMap((each) => Object.keys(of(each))));
  return names.size === 0 ? [otherwise] : [...names].sort().slice(0, 6);
}

/** A time of the day, in seconds since the epoch. */
function clockTime(seconds) {
  return new Date(seconds * 1_000).toLocaleTimeString("en-GB");
}

/** One chart and its table. */
class Chart {
  constructor(definition) {
    this.definition = definition;
    this.plot = element("div", { className: "plot", attributes: { role: "img" } });
    this.numbers = element("div", { className: "numbers" });
    this.node = element(
      "section",
      { className: "card" },
      element("h3", { textContent: definition.title }),
      this.plot,
      this.numbers,
    );
  }

  /** Shows samples. The chart is made anew only where its lines or its colours changed. */
  show(samples) {
    const { lines, unit, title } = this.definition;
    const wanted = lines(samples);
    const data = [
      samples.map(({ atMs }) => atMs / 1_000),
      ...wanted.map(({ of }) => samples.map(of)),
    ];
    this.lines = wanted;
    this.data = data;
    const names = wanted.map(({ name }) => name).join();
    if (this.names !== names) this.draw(names);
    else this.chart?.setData(data);
    const now = wanted.map(({ name }, at) => `${name} ${unit(data[at + 1].at(-1))}`);
    this.plot.setAttribute("aria-label", `${title}: ${now.join(", ")}. The table has the numbers.`);
    this.count(samples.length - 1);
  }

  /** Fills the table; the first column is of the moment under the pointer, or of the newest one. */
  count(index) {
    const { unit, title } = this.definition;
    const isNow = index === this.data[0].length - 1;
    const at = this.data[0][index];
    const word = isNow || at === undefined ? "Now" : clockTime(at);
    const rows = this.lines.map(({ name }, line) => {
      const values = this.data[line + 1].filter((value) => value !== null);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      return {
        ...{ name, line },
        at: unit(this.data[line + 1][index]),
        mean: unit(values.length === 0 ? null : mean),
        max: unit(values.length === 0 ? null : Math.max(...values)),
      };
    });
    this.numbers.replaceChildren(table(title, [
      {
        title: "Line",
        of: ({ name, line }) =>
          element("span", {}, element("i", { className: `mark line-${line + 1}` }), name),
      },
      { title: word, className: "number", of: ({ at }) => at },
      { title: "Mean", className: "number", of: ({ mean }) => mean },
      { title: "Most", className: "number", of: ({ max }) => max },
    ], rows));
  }

  draw(names = this.names) {
    this.chart?.destroy();
    this.names = names;
    if (globalThis.uPlot === undefined || this.data === undefined) return;
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 } };
    const { unit } = this.definition;
    this.chart = new globalThis.uPlot(
      {
        width: this.width(),
        height: HEIGHT,
        legend: { show: false },
        cursor: { y: false, sync: { key: "console" }, drag: { setScale: false } },
        scales: { y: { range: (_chart, _min, max) => [0, Math.max(max * 1.1, 1)] } },
        series: [
          {},
          ...this.lines.map((_line, at) => ({
            stroke: colour(`--line-${at + 1}`),
            width: 2,
            points: { show: this.data[0].length < 2 ? true : undefined, size: 5 },
          })),
        ],
        axes: [
          { ...axis, space: 80, values: (_chart, ticks) => ticks.map(clockTime) },
          { ...axis, size: 72, values: (_chart, ticks) => ticks.map(unit) },
        ],
        hooks: {
          setCursor: [({ cursor: { idx } }) => {
            if (this.data[0].length > 0) this.count(idx ?? this.data[0].length - 1);
          }],
        },
      },
      this.data,
      this.plot,
    );
  }

  width() {
    return Math.max(200, this.plot.clientWidth);
  }

  resize() {
    this.chart?.setSize({ width: this.width(), height: HEIGHT });
  }
}

/** All charts, and the table of the methods. */
export class Charts {
  #samples = [];
  #charts = CHARTS.map((definition) => new Chart(definition));
  #methods = element("div", {});

  constructor(place) {
    place.append(
      element("div", { className: "charts" }, ...this.#charts.map(({ node }) => node)),
      element(
        "section",
        { className: "card" },
        element("h3", { textContent: "Methods" }),
        this.#methods,
      ),
    );
    this.changed = new AbortController();
    const { signal } = this.changed;
    // Another width, or light instead of dark.
    let isWaiting = false;
    addEventListener("resize", () => {
      if (isWaiting) return;
      isWaiting = true;
      requestAnimationFrame(() => {
        isWaiting = false;
        for (const chart of this.#charts) chart.resize();
      });
    }, { signal });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      for (const chart of this.#charts) chart.draw();
    }, { signal });
  }

  /** Takes an item of rpc.history. */
  take({ samples, methods }) {
    this.#samples = [...this.#samples, ...samples].slice(-MOST_SAMPLES);
    for (const chart of this.#charts) chart.show(this.#samples);
    const errors = (each) => Object.values(each.errors).reduce((sum, count) => sum + count, 0);
    const columns = [
      { title: "Method", of: ({ method }) => element("bdi", { textContent: method }) },
      { title: "Calls/s", className: "number", of: (each) => number(each.perSecond) },
      { title: "Errors/s", className: "number", of: (each) => number(errors(each)) },
      { title: "50 %", className: "number", of: (each) => milliseconds(each.p50Ms) },
      { title: "90 %", className: "number", of: (each) => milliseconds(each.p90Ms) },
      { title: "99 %", className: "number", of: (each) => milliseconds(each.p99Ms) },
    ];
    this.#methods.replaceChildren(
      methods.length === 0
        ? element("p", { className: "soft", textContent: "No calls in the last two seconds." })
        : table("Methods that were called in the last two seconds", columns, methods),
    );
  }

  /** Begins again: the next item has everything. */
  forget() {
    this.#samples = [];
  }

  end() {
    this.changed.abort();
    for (const chart of this.#charts) chart.chart?.destroy();
  }
}
