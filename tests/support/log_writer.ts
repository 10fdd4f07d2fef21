import { encodeBody } from "../../lib/cluster/log/body.ts";
import {
  type MessageKind,
  MessageOpener,
  MessageSeal,
  type OpenedMessage,
} from "../../lib/cluster/log/seal.ts";
import type { SharedState, Taken } from "../../lib/cluster/fold/state.ts";
import type { Operation, PutOperation } from "../../lib/store/store.ts";
import { sharedKey } from "./shared_store.ts";

const options = { key: sharedKey, service: "dari" };

/** Writes messages of a log, as one server does. */
export class LogWriter {
  readonly #seal = new MessageSeal(options);
  readonly writer = this.#seal.writer;

  /** Seals a batch, and opens it as another server would. */
  batch(operations: readonly Operation[], after = 0, atMs = 1_000): Promise<OpenedMessage> {
    return this.message("batch", encodeBody({ atMs, by: "", operations }), after);
  }

  async message(
    kind: MessageKind,
    body: Uint8Array<ArrayBuffer> = new Uint8Array(),
    after = 0,
  ): Promise<OpenedMessage> {
    const opened = await new MessageOpener(options).open(
      await this.#seal.seal(kind, body, after).sealed,
    );
    if (opened === undefined) throw new Error("the message does not open");
    return opened;
  }
}

/** A step that puts a text. */
export function putting(key: string, value: string, ifVersion?: number): PutOperation {
  return { kind: "put", key, value, ...(ifVersion !== undefined && { ifVersion }) };
}

/** Takes messages in their order, from a number on. */
export function takeAll(
  state: SharedState,
  messages: readonly (OpenedMessage | undefined)[],
  atMs = 1_000,
): Taken[] {
  return messages.map((message) => state.take(message, state.sequence + 1, atMs));
}

/** Everything that a state is, for comparing two. */
export function wholeOf(state: SharedState): unknown {
  return {
    sequence: state.sequence,
    taken: state.log.taken,
    entries: state.entries.list("", 0),
    swept: state.entries.swept,
  };
}
