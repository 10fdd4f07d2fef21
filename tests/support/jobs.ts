import { serve } from "../../lib/endpoint/serve.ts";
import { connect } from "../../lib/endpoint/connect.ts";
import { EmbeddedJobs } from "../../lib/messages/embedded/jobs/embedded_jobs.ts";
import { jobMethods } from "../../lib/messages/job/job_settings.ts";
import type { MethodPool, Methods } from "../../lib/rpc/method/method.ts";
import { listenMemory } from "../../lib/transport/memory.ts";
import { type MessageForm, openTestQueues, type TestQueuesOptions } from "./queues.ts";

/** Jobs in a store of a test's own, whose time the test moves. */
export async function openTestJobs(methods: Methods, options: {
  readonly isRunning?: boolean;
  readonly pool?: MethodPool;
} & TestQueuesOptions = {}) {
  const { isRunning = true, pool, ...rest } = options;
  await using opening = new AsyncDisposableStack();
  const kept = opening.use(await openTestQueues(rest));
  const told: string[] = [];
  const jobs = opening.use(await EmbeddedJobs.open(kept.queues, jobMethods(methods, pool)));
  if (isRunning) jobs.start((line) => told.push(line));
  const opened = opening.move();
  return {
    kept,
    told,
    clock: kept.clock,
    own: jobs.as("server", () => true),
    jobs,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** A server with jobs, and a client of it. */
export async function serveJobs<M extends Methods>(methods: M, form?: MessageForm) {
  const kept = await openTestQueues(form && { form });
  const memory = listenMemory();
  const told: string[] = [];
  const server = await serve({
    listen: memory,
    methods,
    queues: kept.queues,
    log: (line) => told.push(line),
  });
  const client = await connect<M>(memory);
  return {
    kept,
    server,
    client,
    told,
    async [Symbol.asyncDispose]() {
      await client.close();
      await server.close(0);
      await kept[Symbol.asyncDispose]();
    },
  };
}
