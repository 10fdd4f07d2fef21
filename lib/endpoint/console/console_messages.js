// What the pages of queues, jobs and topics share: how messages stand, how often they come, and what
// is asked before something is done.

import { ask } from "./console_acts.js";
import { call, CallError } from "./console_calls.js";
import { badge, element, none, notice, number, table } from "./console_parts.js";

const REFRESH_MS = 5_000;
/** The queue of a method's jobs is named so. */
export const JOB = "job:";

/** How many, paler where there are none. */
export const count = (value) => value === 0 ? none("0") : value.toLocaleString("en");

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

/** How many of what should not be. */
export const badCount = (value) =>
  value === 0 ? none("0") : badge(value.toLocaleString("en"), "bad");

/** The columns that say how many messages stand how. */
export const depths = (dead) => [
  { title: "Waiting", of: ({ waiting }) => count(waiting) },
  { title: "Delayed", of: ({ delayed }) => count(delayed) },
  { title: "At work", of: ({ leased }) => count(leased) },
  { title: dead, of: (each) => badCount(each.dead) },
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

/** Calls a method; a server without queues, jobs or topics has nothing of them. */
export async function known(method, params, otherwise) {
  try {
    return await call(method, params);
  } catch (error) {
    if (error instanceof CallError && error.status === 404) return otherwise;
    throw error;
  }
}

/**
 * Reads what happened to the messages of queues or of topics: how often in a second since the last time,
 * and how many subscriptions there are.
 */
function looksAt(kind) {
  let before;
  return async () => {
    const { atMs, metrics } = await known("rpc.metrics", {}, { atMs: 0, metrics: [] });
    const seriesOf = (metric) =>
      metrics.find(({ name }) => name === `dari.${kind}.${metric}`)?.series ?? [];
    const now = new Map(
      seriesOf("messages").map(({ labels, value }) => [`${labels[kind]} ${labels.event}`, value]),
    );
    const [last, seconds] = [before?.now, (atMs - (before?.atMs ?? 0)) / 1_000];
    before = { now, atMs };
    const rates = (name, event) => {
      const key = `${name} ${event}`;
      return last === undefined ? null : ((now.get(key) ?? 0) - (last.get(key) ?? 0)) / seconds;
    };
    const subscriptions = new Map(
      seriesOf("subscriptions").map(({ labels, value }) => [labels[kind], value]),
    );
    return { rates, subscriptions };
  };
}

/** Shows a section, and again every few seconds while nobody is being asked. */
export async function follow(place, signal, title, make, kind = "queue") {
  const body = element("div", {});
  const look = looksAt(kind);
  const load = async () => {
    const { rates, subscriptions } = await look();
    const rows = await make(rates, load, subscriptions);
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
