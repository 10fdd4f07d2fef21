import { abortable } from "../../base/abort.ts";
import { systemClock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { RegisteredMethod } from "../../rpc/method/registry.ts";
import { JobRunner } from "../../messages/job/job_runner.ts";
import { remotePublishing, RemoteWork } from "../../messages/wire/remote_work.ts";
import { type Command, defineCommand } from "../app/command.ts";
import { formatDuration } from "../app/duration.ts";
import { flag, operand, option, repeatedOption } from "../app/option.ts";
import { duration, file, methodName, wholeNumber } from "../app/value_type.ts";
import { jobsOf, methodsOf, poolOf } from "../serving/served_methods.ts";
import { untilStopped } from "../serving/stopping.ts";
import { queueAndMethod, QueueWorker } from "../working/queue_worker.ts";
import { finishWork } from "../working/finish_work.ts";
import { connectAsAsked, connectionOptions } from "../workspace/server_connection.ts";

/** `dari work` */
export const command: Command = defineCommand({
  examples: [
    [
      "dari work emails.js --to tls://box.internal:9090",
      "run the jobs of the methods in emails.js",
    ],
    ["dari work emails.js --method send_email --concurrency 8", "of one method, eight at once"],
    ["dari work emails.js --queue letters=send_email", "and the messages of the queue letters"],
  ],
  operands: { module: operand(file("MODULE"), "the module with the methods") },
  options: {
    method: repeatedOption(methodName, "run only jobs of this method"),
    queue: repeatedOption(queueAndMethod, "handle the messages of a queue by a method"),
    concurrency: option(
      wholeNumber(1),
      "how many at once of each method and queue (default: what the method says, else 1)",
    ),
    workers: option(
      wholeNumber(1),
      "threads for methods with worker: true (default: one for each core)",
    ),
    drain: option(duration, "how long running jobs may go on when this stops", {
      default: formatDuration(limits.serveDrainMs),
    }),
    ...connectionOptions,
    json: flag("print one JSON value when the work begins"),
  },
  notes: [
    'The server defines the methods as well; with job: { workers: "external" } it runs none of ' +
    "their jobs itself. A job is tried as often, and kept as long, as its server says.",
    "Ctrl-C and SIGTERM stop it: no job is taken any more, running ones may finish within --drain, and " +
    "the others are given back. While the server cannot be reached, it tries again.",
    "The owner of the server's Unix socket may run all jobs. Others need the administrative right " +
    "job:METHOD.work, and queue:NAME.take for a queue.",
  ],
  async run({ operands: { module }, options }, io) {
    const { signal } = io;
    const { methods } = await abortable(methodsOf(module), signal);
    await using pool = await poolOf(module, methods, options.workers);
    const jobs = chosen(jobsOf(methods, pool), options.method, module);
    const queues = options.queue.map(({ queue, method }) => {
      const declared = Object.hasOwn(methods, method) ? methods[method] : undefined;
      if (declared !== undefined) {
        return { queue, method: new RegisteredMethod(method, declared, false, pool) };
      }
      throw new DariError("usage", `${module} has no method "${method}" for the queue ${queue}`);
    });
    if (jobs.length === 0 && queues.length === 0) {
      throw new DariError(
        "usage",
        `${module} has no job: give a method job: {}, or name a queue by --queue QUEUE=METHOD`,
      );
    }
    await using client = await connectAsAsked(options, io);
    const tell = (line: string) => io.warn(line);
    const { concurrency } = options;
    const publishing = remotePublishing(client);
    await using runner = new JobRunner({
      methods: jobs,
      work: new RemoteWork(client, systemClock),
      clock: systemClock,
      goesOn: (error) => error instanceof DariError && error.retryable,
      ...{ publishing, concurrency, tell },
    });
    await using worker = new QueueWorker({ client, queues, publishing, concurrency, tell });
    const names = {
      methods: jobs.map(({ name }) => name),
      queues: queues.map(({ queue }) => queue),
    };
    if (options.json) io.print(JSON.stringify({ ready: true, ...names }));
    else io.print(`working on ${[...names.methods, ...names.queues].join(", ")}`);
    await untilStopped(signal, failureOf([runner, worker]));
    await finishWork([runner, worker], { drainMs: options.drain, status: io.status });
    return 0;
  },
});

/** The methods that were named; all where none was. */
function chosen<T>(all: ReadonlyMap<string, T>, named: readonly string[], module: string): T[] {
  if (named.length === 0) return [...all.values()];
  return [...new Set(named)].map((name) => {
    const method = all.get(name);
    if (method !== undefined) return method;
    throw new DariError("usage", `${module} has no method "${name}" with job: {}`);
  });
}

/** Rejects when one of them cannot go on. */
function failureOf(all: readonly { ended(): Promise<void> }[]): Promise<never> {
  return new Promise((_resolve, reject) => {
    for (const each of all) each.ended().catch(reject);
  });
}
