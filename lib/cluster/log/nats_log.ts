/**
 * Opening a log that servers share, in a stream of NATS servers.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { Bus } from "../bus/bus.ts";
import type { LogKind } from "../subjects.ts";
import { JetStreamApi } from "./jetstream_api.ts";
import { JetStreamLog } from "./jetstream_log.ts";
import { ensureStream } from "./stream_config.ts";

/** Where a log is. */
export interface NatsLogOptions {
  /** The connection to NATS; closing it stays with the caller, after the log. */
  readonly bus: Bus;
  /** The service whose servers share it. */
  readonly service: string;
  /** How long opening may take, in milliseconds. @default {limits.storeOpenTimeoutMs} */
  readonly timeoutMs?: number | undefined;
}

/** The log, and how many NATS servers keep it. Disposing asks nothing more. */
export interface OpenedNatsLog extends Disposable {
  /** The log. */
  readonly log: JetStreamLog;
  /** How many NATS servers keep the stream. */
  readonly replicas: number;
}

/**
 * Opens a log of a service; makes its stream where there is none.
 *
 * @param options Where it is.
 * @param kind What is in it.
 * @throws {DariError} `configuration` when the NATS servers cannot keep it, `unavailable` when they do
 * not answer.
 */
export async function openNatsLog(
  { bus, service, timeoutMs = limits.storeOpenTimeoutMs }: NatsLogOptions,
  kind: LogKind,
): Promise<OpenedNatsLog> {
  using opening = new DisposableStack();
  const api = opening.use(new JetStreamApi(bus));
  const stream = await ensureStream(api, service, kind, timeoutMs);
  const owned = opening.move();
  return {
    log: new JetStreamLog(bus, api, service, kind),
    replicas: Number(stream.config?.num_replicas ?? 1),
    [Symbol.dispose]: () => owned.dispose(),
  };
}
