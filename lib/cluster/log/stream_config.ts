/**
 * The streams of a service: made where there are none, and compared with what they have to be.
 *
 * @module
 */

import { delay } from "../../base/abort.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { type LogKind, logStream, logSubject } from "../subjects.ts";
import { type JetStreamAnswer, type JetStreamApi, JetStreamError } from "./jetstream_api.ts";

/** JetStream's numbers of errors. */
const STREAM_NOT_FOUND = 10_059;
const NAME_IN_USE = 10_058;
const NOT_CLUSTERED = 10_074;
const NO_PEERS = 10_005;
const NO_LEADER = 10_008;
const NOT_LEADER = 10_009;
/** While a cluster of NATS servers starts or elects: it has no leader yet, or does not know all servers. */
const PASSING: readonly number[] = [NO_PEERS, NO_LEADER, NOT_LEADER];

/** What must not be otherwise: it would lose what was written, or let nothing be removed. */
const REQUIRED: Readonly<Record<string, unknown>> = {
  retention: "limits",
  storage: "file",
  max_consumers: -1,
  max_msgs: -1,
  max_msgs_per_subject: -1,
  max_bytes: -1,
  max_age: 0,
  deny_delete: false,
};

/** What the descriptions of streams say. */
const KEPT: Readonly<Record<LogKind, string>> = {
  store: "The store of dari, sealed; dari bounds it by snapshots",
  messages: "Queues, jobs and topics of dari, sealed; dari bounds it by snapshots",
  audit: "The audits of the servers of dari, sealed; each is kept as long as its server does",
};

/**
 * Makes sure that there is the stream of one of a service's logs.
 *
 * @param api Asks the NATS servers.
 * @param service The service's name.
 * @param kind Which of its logs.
 * @param timeoutMs How long the NATS servers may take, in milliseconds.
 * @returns What the NATS servers say of it.
 * @throws {DariError} `configuration` when it is not what the log needs, or the NATS servers refuse to
 * make it; `unavailable` when they do not answer.
 */
export async function ensureStream(
  api: JetStreamApi,
  service: string,
  kind: LogKind,
  timeoutMs: number,
): Promise<JetStreamAnswer> {
  const name = logStream(service, kind);
  const endsAtMs = performance.now() + timeoutMs;
  while (true) {
    try {
      const stream = await infoOf(api, name) ?? await createStream(api, service, kind);
      const difference = differenceOf(stream.config ?? {}, `${logSubject(service, kind)}.>`);
      if (difference !== undefined) throw wrongStream(name, difference);
      return stream;
    } catch (error) {
      // While a leader is elected nobody answers.
      if (!isPassing(error) || performance.now() > endsAtMs) throw asDariError(error, name);
    }
    await delay(limits.storeTickMs);
  }
}

function isPassing(error: unknown): boolean {
  if (error instanceof JetStreamError) return PASSING.includes(error.number);
  return error instanceof DariError && error.code === "unavailable";
}

/**
 * What the NATS servers say of a stream.
 *
 * @param api Asks them.
 * @param name The stream's name.
 * @returns `undefined` where there is none.
 */
export async function infoOf(
  api: JetStreamApi,
  name: string,
): Promise<JetStreamAnswer | undefined> {
  try {
    return await api.ask(`STREAM.INFO.${name}`);
  } catch (error) {
    if (error instanceof JetStreamError && error.number === STREAM_NOT_FOUND) return undefined;
    throw error;
  }
}

/** Three replicas; one where the NATS server is alone. */
async function createStream(
  api: JetStreamApi,
  service: string,
  kind: LogKind,
): Promise<JetStreamAnswer> {
  const name = logStream(service, kind);
  const config = {
    ...REQUIRED,
    name,
    subjects: [`${logSubject(service, kind)}.>`],
    discard: "new",
    deny_purge: true,
    description: KEPT[kind],
  };
  try {
    return await api.ask(`STREAM.CREATE.${name}`, {
      ...config,
      num_replicas: limits.storeReplicas,
    });
  } catch (error) {
    if (!(error instanceof JetStreamError)) throw error;
    if (error.number === NOT_CLUSTERED) {
      return await api.ask(`STREAM.CREATE.${name}`, { ...config, num_replicas: 1 });
    }
    // Another server made it at the same time.
    const stream = error.number === NAME_IN_USE ? await infoOf(api, name) : undefined;
    if (stream === undefined) throw error;
    return stream;
  }
}

/**
 * Says in what a stream differs from what it has to be.
 *
 * @param config Its configuration.
 * @param subject The only subject that it may have.
 * @returns The first difference; `undefined` where there is none.
 */
export function differenceOf(
  config: Readonly<Record<string, unknown>>,
  subject: string,
): string | undefined {
  const { subjects } = config;
  if (!Array.isArray(subjects) || subjects.length !== 1 || subjects[0] !== subject) {
    return `its subjects are ${JSON.stringify(subjects)}, not "${subject}"`;
  }
  const wrong = Object.entries(REQUIRED).find(([key, value]) => (config[key] ?? value) !== value);
  return wrong && `its ${wrong[0]} is ${JSON.stringify(config[wrong[0]])}, not ${wrong[1]}`;
}

function wrongStream(name: string, reason: string): DariError {
  return new DariError(
    "configuration",
    `The stream ${name} would lose what is written: ${reason}; change its configuration`,
  );
}

function asDariError(error: unknown, name: string): unknown {
  if (!(error instanceof JetStreamError)) return error;
  if (isPassing(error)) {
    const message = `The NATS servers cannot say now what the stream ${name} is: ${error.message}`;
    return new DariError("unavailable", message, { cause: error });
  }
  return new DariError(
    "configuration",
    `The NATS servers refuse to make the stream ${name}: ${error.message}; it needs JetStream ` +
      `(jetstream {} in their configuration), and three of them where they are a cluster`,
    { cause: error },
  );
}
