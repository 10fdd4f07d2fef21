/**
 * Queues, jobs and topics of a cluster, in a stream of NATS servers.
 *
 * @module
 */

import type { Bus } from "../bus/bus.ts";
import { openNatsLog } from "../log/nats_log.ts";
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
  await using opening = new AsyncDisposableStack();
  const { log, replicas } = opening.use(await openNatsLog(options, "messages"));
  const messages = opening.use(await ClusterMessages.open({ ...options, log }));
  const owned = opening.move();
  return {
    messages,
    replicas,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
