/**
 * Messages of topics that keep nothing, between the threads of one program.
 *
 * @module
 */

import type { TopicMessageRow } from "../topic_tables/rows.ts";

/** Carries messages to the other threads that serve the same store. It is opened by first use. */
export class LiveChannel implements Disposable {
  readonly #take: (topic: string, rows: readonly TopicMessageRow[]) => void;
  #channel: BroadcastChannel | undefined;

  /** @param take Takes what other threads send. */
  constructor(take: (topic: string, rows: readonly TopicMessageRow[]) => void) {
    this.#take = take;
  }

  /**
   * Begins to hear of messages, and to be able to send some.
   *
   * @param path The file of the store, which all of the threads have open.
   */
  open(path: string): void {
    if (this.#channel !== undefined) return;
    this.#channel = new BroadcastChannel(`dari topics ${path}`);
    this.#channel.onmessage = ({ data: { topic, rows } }) => this.#take(topic, rows);
  }

  /** Sends messages to the other threads. */
  send(topic: string, rows: readonly TopicMessageRow[]): void {
    this.#channel?.postMessage({ topic, rows });
  }

  [Symbol.dispose](): void {
    this.#channel?.close();
    this.#channel = undefined;
  }
}
