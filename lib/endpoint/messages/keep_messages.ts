/**
 * What `serve({ queues })` adds to a server. It is loaded only for a server that has queues.
 *
 * @module
 */

import type { EmbeddedJobs } from "../../messages/embedded/jobs/embedded_jobs.ts";
import { EmbeddedQueues, EmbeddedTopics } from "../../messages/mod.ts";
import { queueExtension } from "../../messages/wire/queue_methods.ts";
import { topicExtension } from "../../messages/wire/topic_methods.ts";
import type { QueueSource } from "../../messages/wire/queue_source.ts";
import type { Extension } from "../../rpc/builtin/extension.ts";
import type { Publishing } from "../../rpc/method/publishing.ts";
import type { ServerOptions } from "../../rpc/server/server_options.ts";

/** The parts of a server's options that are looked at. */
type Given = Pick<ServerOptions, "extensions" | "methods" | "pool"> & {
  readonly queues: QueueSource;
};

/** Queues, topics and jobs of a server. */
export interface KeptMessages {
  /** What the server's options become. */
  readonly options: {
    readonly extensions: readonly Extension[];
    readonly publishing: Publishing | undefined;
  };
  /** What the server hands out. */
  readonly parts: {
    /** Its jobs; `undefined` where no method is one. */
    readonly jobs: EmbeddedJobs | undefined;
    /** Its topics; `undefined` without an embedded store. */
    readonly topics: EmbeddedTopics | undefined;
  };
  /**
   * Lets jobs run, and removes messages of topics that are too old.
   *
   * @param owned Takes what has to be closed with the server.
   * @param tell Hears of tries that failed.
   */
  begin(owned: AsyncDisposableStack, tell: (line: string, level: "warn") => void): void;
}

/**
 * Makes the queues, topics and jobs of a server.
 *
 * @param given Its options.
 * @throws {TypeError} For a method that cannot be a job, and jobs without an embedded store.
 * @throws {DariError} `invalid_params` for a schedule that cannot be used.
 */
export async function keepMessages(
  { queues, methods, pool, extensions = [] }: Given,
): Promise<KeptMessages> {
  const isJob = (one: Given["methods"][string]) =>
    typeof one !== "function" && one?.job !== undefined;
  const topics = queues instanceof EmbeddedQueues ? new EmbeddedTopics(queues) : undefined;
  const own = [...extensions, queueExtension(queues), ...(topics ? [topicExtension(topics)] : [])];
  const publishing: Publishing | undefined = topics && ((...given) => topics.publishFor(...given));
  if (!Object.values(methods).some(isJob)) {
    return {
      ...{ options: { extensions: own, publishing }, parts: { topics, jobs: undefined } },
      begin: (owned) => void (topics && owned.use(topics)),
    };
  }
  if (!(queues instanceof EmbeddedQueues)) {
    throw new TypeError("Jobs need the queues of a store: pass an EmbeddedQueues");
  }
  const [{ EmbeddedJobs }, { jobMethods }, { jobExtension }] = await Promise.all([
    import("../../messages/embedded/jobs/embedded_jobs.ts"),
    import("../../messages/job/job_settings.ts"),
    import("../../messages/wire/job_methods.ts"),
  ]);
  const jobs = jobMethods(methods, pool);
  const kept = await EmbeddedJobs.open(queues, jobs);
  return {
    options: { extensions: [...own, jobExtension(kept, jobs)], publishing },
    parts: { topics, jobs: kept },
    begin(owned, tell) {
      if (topics !== undefined) owned.use(topics);
      owned.use(kept);
      kept.start((line) => tell(line, "warn"));
    },
  };
}
