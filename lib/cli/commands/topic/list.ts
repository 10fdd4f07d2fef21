import { type Command, defineCommand } from "../../app/command.ts";
import { formatColumns, report } from "../../app/report.ts";
import { formatAge, formatBytes } from "../../top/numbers.ts";
import { rightsNote, topicOptions, withTopics } from "./topic_options.ts";

/** `dari topic list` */
export const command: Command = defineCommand({
  examples: ["dari topic list", "dari topic list --json --to tls://box.example.com:9090"],
  options: topicOptions,
  notes: [
    "MESSAGES are those that are kept, OLDEST and LAST how long ago the first and the last of them was " +
    "published. Topics are listed that you may look at.",
    rightsNote,
  ],
  async run({ options }, io) {
    const topics = await withTopics(options, io, (topics) => topics.list());
    const now = Date.now();
    const ageOf = (atMs: number | undefined) => atMs === undefined ? "-" : formatAge(now - atMs);
    const rows = topics.map((topic) => [
      topic.name,
      topic.settings.kept ? "kept" : "live",
      String(topic.messages),
      formatBytes(topic.bytes),
      ageOf(topic.oldestAtMs),
      ageOf(topic.publishedAtMs),
      topic.cursor,
      String(topic.groups.length),
    ]);
    const head = ["NAME", "KIND", "MESSAGES", "SIZE", "OLDEST", "LAST", "CURSOR", "GROUPS"];
    report(options, io, topics, formatColumns([head, ...rows]));
    return 0;
  },
});
