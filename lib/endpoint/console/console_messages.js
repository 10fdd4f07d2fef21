// What the pages of queues and of jobs share: how messages stand, how often they come, and what is
// asked before something is done.

import { ask } from "./console_acts.js";
import { call, CallError } from "./console_calls.js";
import { badge, element, none, notice, number, table } from "./console_parts.js";

const REFRESH_MS = 5_000;
/** The queue of a method's jobs is named so. */
export const JOB = "job:";

const count = (value) => value === 0 ? none("0") : value.toLocaleString("en");

/** A button. */
export const act = (text, onclick, label) =>
  element("button", { type: "button", textContent: text, onclick, ariaLabel: label });

/** Asks before something is done, and shows how things stand afterwards. */
export const asking = (load, { title, about, button, run, done }) => async () => {
  const text = [element("p", { textContent: about })];
  if (await ask({ title, about: text, button, run, done })) await load();
};

/** A table under its name. */
export const named = (title, columns, rows) =>
  element(
    "section",
    { className: "card" },
    element("h3", { textContent: title }),
    table(title, columns, rows),
  );

/** The title of a list that may be cut. */
export const listed = (title, count, most) => count < most ? title : `${title}, the first ${most}`;

/** The columns that say how many messages stand how. */
export const depths = (dead) => [
  { title: "Waiting", of: ({ waiting }) => count(waiting) },
  { title: "Delayed", of: ({ delayed }) => count(delayed) },
  { title: "At work", of: ({ leased }) => count(leased) },
  {
    title: dead,
    of: (each) => each.dead === 0 ? none("0") : badge(each.dead.toLocaleString("en"), "bad"),
  },
];

/** The columns that say how often messages come and go. */
export const rateColumns = (rates) => [
  { title: "Put a second", of: ({ name }) => number(rates(name, "put")) },
  { title: "Done a second", of: ({ name }) => number(rates(name, "acked")) },
];

/** All queues as they stand. */
export async function states() {
  return (await known("rpc.queue.list", {}, { queues: [] })).queues;
}

/** Calls a method; a server without queues, or without jobs, has nothing of them. */
export async function known(method, params, otherwise) {
  try {
    return await call(method, params);
  } catch (error) {
    if (error instanceof CallError && error.status === 404) return otherwise;
    throw error;
  }
}

/** Reads what happened to messages, and says how often in a second since the last time. */
function ratesOf() {
  let before;
  return async () => {
    const { atMs, metrics } = await known("rpc.metrics", {}, { atMs: 0, metrics: [] });
    const series = metrics.find(({ name }) => name === "dari.queue.messages")?.series ?? [];
    const now = new Map(
      series.map(({ labels, value }) => [`${labels.queue} ${labels.event}`, value]),
    );
    const [last, seconds] = [before?.now, (atMs - (before?.atMs ?? 0)) / 1_000];
    before = { now, atMs };
    return (queue, event) => {
      const key = `${queue} ${event}`;
      return last === undefined ? null : ((now.get(key) ?? 0) - (last.get(key) ?? 0)) / seconds;
    };
  };
}

/** Shows a section, and again every few seconds while nobody is being asked. */
export async function follow(place, signal, title, make) {
  const body = element("div", {});
  const rates = ratesOf();
  const load = async () => {
    const rows = await make(await rates(), load);
    if (signal.aborted) return;
    const focused = document.activeElement?.ariaLabel;
    body.replaceChildren(...rows.filter((row) => row !== undefined));
    if (focused) [...body.querySelectorAll("button")].find((b) => b.ariaLabel === focused)?.focus();
  };
  place.replaceChildren(element("h2", { textContent: title }), body);
  await load();
  const timer = setInterval(async () => {
    if (document.querySelector("dialog[open]") !== null) return;
    try {
      await load();
      notice();
    } catch (error) {
      if (!signal.aborted) notice(`${error.message}; trying again`);
    }
  }, REFRESH_MS);
  signal.addEventListener("abort", () => clearInterval(timer));
}
