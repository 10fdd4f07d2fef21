// The queues of the console: how they stand, and their dead letters.

import { call } from "./console_calls.js";
import {
  act,
  asking,
  depths,
  follow,
  JOB,
  listed,
  named,
  rateColumns,
  states,
} from "./console_messages.js";
import { badge, bytes, element, foreign, moment, none, readable } from "./console_parts.js";

/** How many dead letters of a queue are shown. */
const DEAD = 20;

/** Queues: depth, age, rates, and their dead letters. */
export function showQueues(place, signal) {
  return follow(place, signal, "Queues", async (rates, load) => {
    const queues = (await states()).filter(({ name }) => !name.startsWith(JOB));
    const dead = await Promise.all(
      queues.filter(({ dead }) => dead > 0).map(async ({ name }) => ({
        name,
        ...await call("rpc.queue.dead", { queue: name, limit: DEAD }),
      })),
    );
    return [
      queues.length === 0
        ? none("There is no queue: the first message makes one.")
        : queueTable(queues, rates, load),
      ...dead.map((each) => deadTable(each, load)),
    ];
  });
}

function queueTable(queues, rates, load) {
  const now = Date.now();
  return named("Depth and rates", [
    {
      title: "Queue",
      of: ({ name, isPaused }) =>
        element("span", {}, foreign(name), ...isPaused ? [" ", badge("paused", "bad")] : []),
    },
    ...depths("Dead"),
    { title: "Oldest", of: ({ oldestAtMs }) => moment(oldestAtMs, now) },
    { title: "Size", of: (each) => bytes(each.bytes) },
    ...rateColumns(rates),
    { title: "Actions", className: "acts", of: (each) => queueActs(each, load) },
  ], queues);
}

function queueActs({ name, isPaused, waiting, dead }, load) {
  const shown = readable(name);
  const run = (method, params = {}) => () =>
    call(`rpc.queue.${method}`, { queue: name, ...params });
  const acts = [
    isPaused
      ? act(
        "Resume",
        asking(load, {
          title: `Resume the queue ${shown}?`,
          about: "Its messages can be taken again.",
          button: "Resume",
          run: run("resume"),
          done: () => `Resumed ${shown}`,
        }),
        `Resume ${shown}`,
      )
      : act(
        "Pause",
        asking(load, {
          title: `Pause the queue ${shown}?`,
          about: "No message is taken any more. What is at work goes on.",
          button: "Pause",
          run: run("pause"),
          done: () => `Paused ${shown}`,
        }),
        `Pause ${shown}`,
      ),
  ];
  const purge = (what, params, about) =>
    act(
      `Purge ${what}`,
      asking(load, {
        title: `Remove ${about} of ${shown}?`,
        about: "They are gone for good.",
        button: "Purge",
        run: run("purge", params),
        done: ({ removed }) => `Removed ${removed} of ${shown}`,
      }),
      `Purge ${what} of ${shown}`,
    );
  if (waiting > 0) acts.push(purge("waiting", {}, "all messages that wait"));
  if (dead > 0) {
    acts.push(
      act(
        "Retry dead",
        asking(load, {
          title: `Put the ${dead} dead letters of ${shown} back?`,
          about: "Their tries are counted anew.",
          button: "Retry",
          run: run("retry"),
          done: ({ retried }) => `Put ${retried} back into ${shown}`,
        }),
        `Retry the dead letters of ${shown}`,
      ),
      purge("dead", { dead: true }, "all dead letters"),
    );
  }
  return element("span", {}, ...acts);
}

function deadTable({ name, messages }, load) {
  const now = Date.now();
  return named(listed(`Dead letters of ${readable(name)}`, messages.length, DEAD), [
    { title: "Number", of: (each) => String(each.number) },
    { title: "Value", of: ({ value }) => foreign(JSON.stringify(value).slice(0, 120)) },
    { title: "Reason", of: ({ reason }) => foreign(reason) },
    { title: "Tries", of: ({ tries }) => String(tries) },
    { title: "Put by", of: ({ putBy }) => foreign(putBy) },
    { title: "Died", of: ({ diedAtMs }) => moment(diedAtMs, now) },
    {
      title: "Actions",
      className: "acts",
      of: (each) =>
        act(
          "Retry",
          asking(load, {
            title: `Put message ${each.number} back into ${readable(name)}?`,
            about: "Its tries are counted anew.",
            button: "Retry",
            run: () => call("rpc.queue.retry", { queue: name, numbers: [each.number] }),
            done: () => `Put message ${each.number} back`,
          }),
          `Retry message ${each.number}`,
        ),
    },
  ], messages);
}
