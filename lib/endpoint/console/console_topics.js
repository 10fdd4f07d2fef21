// The topics of the console: how they stand, who reads them, and how far their groups are behind.

import { call } from "./console_calls.js";
import { act, asking, badCount, count, follow, known, named } from "./console_messages.js";
import { bytes, element, foreign, moment, none, number, readable } from "./console_parts.js";

/** Topics: what is kept, how often messages come, who reads them, and their groups. */
export function showTopics(place, signal) {
  return follow(place, signal, "Topics", async (rates, load, subscriptions) => {
    const { topics } = await known("rpc.topic.list", {}, { topics: [] });
    const groups = topics.flatMap(({ name, groups }) =>
      groups.map((group) => ({ topic: name, ...group }))
    );
    return [
      topics.length === 0
        ? none("There is no topic: the first message makes one.")
        : topicTable(topics, { rates, load, subscriptions }),
      groups.length === 0 ? undefined : groupTable(groups, load),
    ];
  }, "topic");
}

function topicTable(topics, { rates, load, subscriptions }) {
  const now = Date.now();
  return named("What is kept, and who reads", [
    { title: "Topic", of: ({ name }) => foreign(name) },
    { title: "Kind", of: ({ settings }) => settings.kept ? "kept" : none("live") },
    { title: "Messages", of: ({ messages }) => count(messages) },
    { title: "Size", of: (each) => bytes(each.bytes) },
    { title: "Oldest", of: ({ oldestAtMs }) => moment(oldestAtMs, now) },
    { title: "Published a second", of: ({ name }) => number(rates(name, "published")) },
    { title: "Subscriptions", of: ({ name }) => count(subscriptions.get(name) ?? 0) },
    { title: "Groups", of: ({ groups }) => count(groups.length) },
    {
      title: "Given up",
      of: ({ groups }) => badCount(groups.reduce((sum, { givenUp }) => sum + givenUp, 0)),
    },
    {
      title: "Actions",
      className: "acts",
      of: (topic) => topic.messages === 0 ? element("span") : purge(topic, load),
    },
  ], topics);
}

function purge({ name, messages }, load) {
  const shown = readable(name);
  return act(
    "Purge",
    asking(load, {
      title: `Remove all ${messages.toLocaleString("en")} messages of ${shown}?`,
      about: "They are gone for good. Groups go on behind them.",
      button: "Purge",
      run: () => call("rpc.topic.purge", { topic: name }),
      done: ({ removed }) => `Removed ${removed} of ${shown}`,
    }),
    `Purge ${shown}`,
  );
}

function groupTable(groups, load) {
  return named("Groups", [
    { title: "Topic", of: ({ topic }) => foreign(topic) },
    { title: "Group", of: ({ name }) => foreign(name) },
    { title: "Pattern", of: ({ pattern }) => foreign(pattern) },
    { title: "Behind", of: ({ behind }) => count(behind) },
    { title: "Open", of: ({ open }) => count(open) },
    { title: "Missed", of: ({ missed }) => badCount(missed) },
    { title: "Given up", of: ({ givenUp }) => badCount(givenUp) },
    { title: "Actions", className: "acts", of: (group) => forget(group, load) },
  ], groups);
}

function forget({ topic, name }, load) {
  const shown = `${readable(name)} of ${readable(topic)}`;
  return act(
    "Forget",
    asking(load, {
      title: `Forget the group ${shown}?`,
      about: "Its place in the topic is gone for good. The messages stay.",
      button: "Forget",
      run: () => call("rpc.topic.forget", { topic, group: name }),
      done: () => `Forgot the group ${shown}`,
    }),
    `Forget ${shown}`,
  );
}
