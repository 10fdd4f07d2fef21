import { type Command, defineCommand } from "../../app/command.ts";
import { formatColumns, report } from "../../app/report.ts";
import { formatAge, formatBytes } from "../../top/numbers.ts";
import { queueOptions, rightsNote, withQueues } from "./queue_options.ts";

/** `dari queue list` */
export const command: Command = defineCommand({
  examples: ["dari queue list", "dari queue list --json --to tls://box.example.com:9090"],
  options: queueOptions,
  notes: [
    "OLDEST is how long the oldest message waits that can be taken. Queues are listed that you may " +
    "look at.",
    rightsNote,
  ],
  async run({ options }, io) {
    const queues = await withQueues(options, io, (queues) => queues.list());
    const rows = queues.map((queue) => [
      queue.name,
      queue.isPaused ? "paused" : "open",
      ...[queue.waiting, queue.delayed, queue.leased, queue.dead].map(String),
      queue.oldestAtMs === undefined ? "-" : formatAge(Date.now() - queue.oldestAtMs),
      formatBytes(queue.bytes),
    ]);
    const head = ["NAME", "STATE", "WAITING", "DELAYED", "LEASED", "DEAD", "OLDEST", "SIZE"];
    report(options, io, queues, formatColumns([head, ...rows]));
    return 0;
  },
});
