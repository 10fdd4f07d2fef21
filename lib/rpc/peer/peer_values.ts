/**
 * Values as the other side of a connection takes them: typed where both ends know types, bytes raw
 * where both take them, streams by number. To a side that knows none of that they go in plain JSON.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { type Line, LineWithBytes } from "../../protocol/line.ts";
import { noSource, reviveValue } from "../../protocol/values/revive.ts";
import {
  base64Text,
  fill,
  fillPlain,
  type Hole,
  type WrittenValue,
} from "../../protocol/values/written.ts";
import { writeValue } from "../../protocol/values/write.ts";
import { ReceivedFile } from "../file/received_file.ts";
import type { IncomingStreams } from "../stream/incoming_streams.ts";
import type { ItemStream } from "../stream/item_stream.ts";
import type { OutgoingStreams } from "../stream/outgoing_streams.ts";
import type { Agreement } from "./agreement.ts";

const { unreadStreamMs: unreadMs } = limits;

/** A value that is ready to be put into a message. */
export interface FilledValue {
  /** Its JSON text. */
  readonly text: string;
  /** The JSON text of the member `types`; `undefined` where the other side knows no types. */
  readonly types: string | undefined;
  /** Its raw bytes. */
  readonly blobs: readonly Uint8Array[];
  /** The numbers of its streams. */
  readonly streams: readonly number[];
}

/** How a value is put into a message. */
export interface FillOptions {
  /** Whether the message can carry raw bytes; one inside a batch cannot. */
  readonly takesBytes: boolean;
  /** How long readers may take to begin with its streams, in milliseconds. */
  readonly unreadMs: number;
}

/** The message that a value is put into. */
export interface MessageForm {
  /** Whether it can carry raw bytes; one inside a batch cannot. */
  readonly takesBytes: boolean;
  /**
   * Puts the value into the message.
   *
   * @param text The JSON text of the value.
   * @param types The JSON text of the member `types`.
   */
  textOf(text: string, types?: string): string;
  /** Says why the message cannot be taken; `undefined` where it can. */
  refusal(line: Line): DariError | undefined;
}

/** What arrived with a value. */
export interface RevivedValue {
  /** The value, as it was sent. */
  readonly value: unknown;
  /** The streams in it. */
  readonly streams: readonly ItemStream<unknown>[];
}

/** Writes and reads the values of one connection. */
export class PeerValues {
  readonly #agreement: Agreement;
  readonly #outgoing: OutgoingStreams;
  readonly #incoming: IncomingStreams;

  /**
   * @param agreement What both ends know.
   * @param outgoing Gives streams that leave their numbers.
   * @param incoming Begins streams that arrive.
   */
  constructor(agreement: Agreement, outgoing: OutgoingStreams, incoming: IncomingStreams) {
    this.#agreement = agreement;
    this.#outgoing = outgoing;
    this.#incoming = incoming;
  }

  /**
   * Makes a value ready for a message.
   *
   * @param value The value.
   * @param options What the message can carry.
   * @returns Its text and what goes with it.
   * @throws {DariError} `failed_precondition` for a stream where the other side takes none,
   * `resource_exhausted` for too many streams.
   */
  fill(value: WrittenValue, { takesBytes, unreadMs }: FillOptions): FilledValue {
    const agreement = this.#agreement;
    if (!agreement.has("values")) {
      return { text: fillPlain(value), types: undefined, blobs: [], streams: [] };
    }
    const isRaw = takesBytes && agreement.has("bytes");
    const blobs: Uint8Array[] = [];
    const streams: number[] = [];
    try {
      const text = fill(value, (hole: Hole) => {
        if (hole.kind === "bytes") {
          return isRaw ? String(blobs.push(hole.bytes) - 1) : base64Text(hole.bytes);
        }
        if (!agreement.has("streams")) throw noStreams();
        const id = this.#outgoing.open(hole, unreadMs);
        streams.push(id);
        return String(id);
      });
      return { text, types: value.types, blobs, streams };
    } catch (error) {
      this.#outgoing.takeBack(streams);
      throw error;
    }
  }

  /**
   * Makes the message of a value. Where the message is not taken, the streams in it end.
   *
   * @param value The value.
   * @param form The message.
   * @returns The message, which is taken.
   * @throws {DariError} As `fill`, and why the message cannot be taken.
   */
  lineOf(value: WrittenValue, form: MessageForm): Line {
    const { takesBytes } = form;
    const { text, types, blobs, streams } = this.fill(value, { takesBytes, unreadMs });
    try {
      const line = lineOf(form.textOf(text, types), blobs);
      const refusal = form.refusal(line);
      if (refusal !== undefined) throw refusal;
      return line;
    } catch (error) {
      this.stop(streams);
      throw error;
    }
  }

  /** Writes what stands in the data of an error; `undefined` where the other side knows no types. */
  get textOfHole(): ((hole: Hole) => string) | undefined {
    return this.#agreement.has("values") ? textInError : undefined;
  }

  /** Ends streams that left with a message which has been answered, or was not sent. */
  stop(streams: readonly number[]): void {
    for (const id of streams) this.#outgoing.stop(id);
  }

  /** Forgets streams that left with a message which was not taken; their sources are not ended. */
  takeBack(streams: readonly number[]): void {
    this.#outgoing.takeBack(streams);
  }

  /**
   * Gives a value that arrived its types back.
   *
   * @param value The value in its plain form; it may be changed.
   * @param types The member `types` of its message.
   * @param blobs The raw bytes that came in front of the message.
   * @returns The value and its streams.
   * @throws {DariError} `invalid_params` for types that do not fit the value.
   */
  revive(value: unknown, types: unknown, blobs: readonly Uint8Array[] = []): RevivedValue {
    const streams: ItemStream<unknown>[] = [];
    // To a plain peer the member means nothing.
    if (!this.#agreement.has("values")) return { value, streams };
    try {
      const revived = reviveValue(value, types, {
        bytes: (index) => blobs[index] ?? noSuchBytes(index, blobs.length),
        stream: (id, file) => {
          if (!this.#agreement.has("streams")) return noSource.stream(id);
          const stream = this.#incoming.open(id);
          streams.push(stream);
          return file === undefined ? stream : new ReceivedFile(file, stream);
        },
      });
      return { value: revived, streams };
    } catch (error) {
      for (const stream of streams) stream.return();
      throw error;
    }
  }
}

/**
 * Makes the message of an item of a stream.
 *
 * @param values How values travel; `undefined` where only plain JSON does.
 * @param item The item; `undefined` stands for null.
 * @param form The message. It is asked for a refusal where the item is more than JSON.
 * @returns The message.
 * @throws {DariError} `internal` for what cannot travel, otherwise as `PeerValues.lineOf`.
 */
export function lineOfItem(
  values: Pick<PeerValues, "lineOf"> | undefined,
  item: unknown,
  form: MessageForm,
): Line {
  const written = item === undefined ? "null" : writeValue(item, "item", { at: "/value" });
  if (typeof written === "string") return form.textOf(written);
  if ("reason" in written) {
    throw new DariError("internal", `The item cannot be sent: ${written.reason}`);
  }
  return values === undefined ? form.textOf(fillPlain(written)) : values.lineOf(written, form);
}

/**
 * Puts raw bytes and the text that names them together.
 *
 * @param text The text of the message.
 * @param blobs The bytes.
 */
export function lineOf(text: string, blobs: readonly Uint8Array[]): Line {
  return blobs.length === 0 ? text : new LineWithBytes(text, blobs);
}

/** An error is short: its bytes go as text, and it begins no streams. */
function textInError(hole: Hole): string {
  if (hole.kind === "bytes") return base64Text(hole.bytes);
  throw noStreams();
}

function noStreams(): DariError {
  return new DariError(
    "failed_precondition",
    "The other side takes no streams inside values: it did not say so with rpc.hello",
  );
}

function noSuchBytes(index: number, count: number): never {
  throw new DariError(
    "invalid_params",
    `The message names bytes number ${index}, and ${count} pieces came in front of it`,
  );
}
