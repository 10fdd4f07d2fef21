/**
 * Queues, jobs and topics of a cluster, in a stream of NATS servers.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { Bus } from "../bus/bus.ts";
import { JetStreamApi } from "../log/jetstream_api.ts";
import { JetStreamLog } from "../log/jetstream_log.ts";
import { ensureStream } from "../log/stream_config.ts";
import { ClusterMessages, type ClusterMessagesOptions } from "./cluster_messages.ts";

/** How they are opened. */
export interface NatsMessagesOptions extends Omit<ClusterMessagesOptions, "log"> {
  /** The connection to NATS; closing it stays with the caller, after them. */
  readonly bus: Bus;
}

/** They, and how many NATS servers keep them. Disposing ends the part of this server. */
export interface OpenedNatsMessages extends AsyncDisposable {
  readonly messages: ClusterMessages;
  /** How many NATS servers keep the stream. */
  readonly replicas: number;
}

/**
 * Opens the queues, jobs and topics of a service; makes their stream where there is none.
 *
 * @param options The connection, the service, the record key, and the file of the tables.
 * @returns What {@linkcode ClusterMessages.start} begins.
 * @throws {DariError} `configuration` when the NATS servers cannot keep them or others can use the file,
 * `unavailable` when they do not answer, `io` where the file cannot be opened.
 */
export async function openNatsMessages(options: NatsMessagesOptions): Promise<OpenedNatsMessages> {
  const { bus, service, timeoutMs = limits.storeOpenTimeoutMs } = options;
  await using opening = new AsyncDisposableStack();
  const api = opening.use(new JetStreamApi(bus));
  const stream = await ensureStream(api, service, "messages", timeoutMs);
  const log = new JetStreamLog(bus, api, service, "messages");
  const messages = opening.use(await ClusterMessages.open({ ...options, log }));
  const owned = opening.move();
  return {
    messages,
    replicas: Number(stream.config?.num_replicas ?? 1),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
