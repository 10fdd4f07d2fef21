/**
 * The stream of the store: made where there is none, and compared with what it has to be.
 *
 * @module
 */

import { delay } from "../../base/abort.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { storeStream, storeSubject } from "../subjects.ts";
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

/** What must not be otherwise: it would lose what was written. */
const REQUIRED: Readonly<Record<string, unknown>> = {
  retention: "limits",
  storage: "file",
  max_consumers: -1,
  max_msgs: -1,
  max_msgs_per_subject: -1,
  max_bytes: -1,
  max_age: 0,
};

/**
 * Makes sure that there is the stream of a service's store.
 *
 * @param api Asks the NATS servers.
 * @param service The service's name.
 * @param timeoutMs How long the NATS servers may take, in milliseconds.
 * @returns What the NATS servers say of it.
 * @throws {DariError} `configuration` when it is not what the store needs, or the NATS servers refuse to
 * make it; `unavailable` when they do not answer.
 */
export async function ensureStream(
  api: JetStreamApi,
  service: string,
  timeoutMs: number,
): Promise<JetStreamAnswer> {
  const name = storeStream(service);
  const endsAtMs = performance.now() + timeoutMs;
  while (true) {
    try {
      const stream = await infoOf(api, name) ?? await createStream(api, service);
      checkConfig(name, service, stream.config ?? {});
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
async function createStream(api: JetStreamApi, service: string): Promise<JetStreamAnswer> {
  const name = storeStream(service);
  const config = {
    ...REQUIRED,
    name,
    subjects: [`${storeSubject(service)}.>`],
    discard: "new",
    deny_delete: true,
    description: "The store of dari, sealed; dari bounds it by snapshots",
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

function checkConfig(name: string, service: string, config: Record<string, unknown>): void {
  const subject = `${storeSubject(service)}.>`;
  const wrong = Object.entries(REQUIRED).find(([key, value]) => (config[key] ?? value) !== value);
  const subjects = config.subjects;
  if (!Array.isArray(subjects) || subjects.length !== 1 || subjects[0] !== subject) {
    throw wrongStream(name, `its subjects are ${JSON.stringify(subjects)}, not "${subject}"`);
  }
  if (wrong === undefined) return;
  const [key, value] = wrong;
  throw wrongStream(name, `its ${key} is ${JSON.stringify(config[key])}, not ${value}`);
}

function wrongStream(name: string, reason: string): DariError {
  return new DariError(
    "configuration",
    `The stream ${name} would lose what is written: ${reason}; change its configuration`,
  );
}

function asDariError(error: unknown, name: string): unknown {
  if (!(error instanceof JetStreamError)) return error;
  return new DariError(
    "configuration",
    `The NATS servers refuse to make the stream ${name}: ${error.message}; it needs JetStream ` +
      `(jetstream {} in their configuration), and three of them where they are a cluster`,
    { cause: error },
  );
}
