/**
 * Streams that leave inside values: in the params of a call, in its result, in the items of another
 * stream.
 *
 * @module
 */

import { type AmbientCall, runFor } from "../../base/context/ambient_call.ts";
import { after } from "../../base/abort.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Line } from "../../protocol/line.ts";
import { fileInfoOf } from "../../protocol/values/stream_source.ts";
import type { StreamHole } from "../../protocol/values/written.ts";
import { FileItems } from "./file_items.ts";
import { isGrant, ItemPump, type ItemSink } from "./item_pump.ts";
import type { StreamCredit } from "./item_stream.ts";
import { endSource, iteratorOf, type StreamSource } from "./sources.ts";

/** Makes the messages of streams. */
export interface StreamWriter {
  /** What makes the messages of the items of a stream. */
  itemsOf(stream: number): (item: unknown) => Line;
  /** The message that ends a stream, with the hash of a file that was sent to its end. */
  endOf(stream: number, error: unknown, sha256: string | undefined): Line;
}

/** A stream that has not ended. */
interface Outgoing {
  readonly source: StreamSource;
  /** The call whose handler gave it: a generator's work is that of the call. */
  readonly owner: AmbientCall | undefined;
  /** Sends the items; made by the first grant. */
  pump: ItemPump | undefined;
  /** Forgets that nobody has begun to read. */
  stopTimer(): void;
}

/**
 * The streams that this side of one connection sends inside values. Each begins when its reader grants
 * the first items, and its source is ended however the stream ends.
 */
export class OutgoingStreams {
  readonly #sink: ItemSink;
  readonly #writer: StreamWriter;
  readonly #streams = new Map<number, Outgoing>();
  #nextId = 0;

  /**
   * @param sink Takes the messages.
   * @param writer Makes them.
   */
  constructor(sink: ItemSink, writer: StreamWriter) {
    this.#sink = sink;
    this.#writer = writer;
  }

  /** How many have not ended. */
  get size(): number {
    return this.#streams.size;
  }

  /**
   * Gives a stream its number.
   *
   * @param given The items, and the call whose handler gave them.
   * @param unreadMs How long its reader may take to begin, in milliseconds; `Infinity` where the call
   * that it belongs to bounds that.
   * @returns The number.
   * @throws {DariError} `resource_exhausted` while too many streams have not ended.
   */
  open({ source, owner }: StreamHole, unreadMs: number): number {
    if (this.#streams.size >= limits.maxStreamsAtWork) {
      throw new DariError(
        "resource_exhausted",
        `${limits.maxStreamsAtWork} streams of this connection have not ended`,
      );
    }
    const id = this.#nextId++;
    const stopTimer = unreadMs === Infinity
      ? () => {}
      : after(unreadMs, () => this.#fail(id, nobodyBegan(unreadMs)));
    this.#streams.set(id, { source: source as StreamSource, owner, pump: undefined, stopTimer });
    return id;
  }

  /**
   * Lets a stream send more; the first grant begins it. A grant that is no number above 0 is ignored.
   *
   * @param id The stream's number.
   * @param items How many items.
   * @param bytes How many bytes; without any the reader does not count them.
   * @param offset The byte at which a file begins, in its first grant.
   */
  grant(id: unknown, items: unknown, bytes: unknown = Infinity, offset?: unknown): void {
    const stream = this.#streams.get(id as number);
    if (stream === undefined || !isGrant(items) || !isGrant(bytes)) return;
    if (stream.pump !== undefined) return stream.pump.grant(items, bytes);
    stream.stopTimer();
    this.#begin(id as number, stream, { items, bytes }, offset);
  }

  /** Ends a stream whose reader has left. */
  stop(id: unknown): void {
    this.#take(id as number);
  }

  /**
   * Forgets streams whose message was not taken; their sources go with the next try.
   *
   * @param ids Their numbers. None has begun.
   */
  takeBack(ids: readonly number[]): void {
    for (const id of ids) {
      this.#streams.get(id)?.stopTimer();
      this.#streams.delete(id);
    }
  }

  /** Ends every stream: the connection is gone. */
  endAll(): void {
    for (const id of [...this.#streams.keys()]) this.#take(id);
  }

  #begin(id: number, stream: Outgoing, credit: StreamCredit, offset: unknown): void {
    const file = fileInfoOf(stream.source);
    try {
      const source = {
        items: file === undefined
          ? iteratorOf(stream.source)
          : new FileItems(stream.source, file.size, offset),
        lineOf: this.#writer.itemsOf(id),
      };
      if (file === undefined && offset !== undefined) throw noFile();
      stream.pump = new ItemPump(source, this.#sink, credit);
    } catch (error) {
      return this.#fail(id, error); // for instance a web stream that somebody else reads
    }
    const { pump, owner } = stream;
    runFor(owner, () => pump.run()).then(
      (result) => this.#end(id, undefined, file === undefined ? undefined : result as string),
      (error) => this.#fail(id, error),
    );
  }

  #fail(id: number, error: unknown): void {
    this.#end(id, error);
  }

  #end(id: number, error: unknown, sha256?: string): void {
    if (!this.#take(id) || this.#sink.isClosed) return;
    this.#sink.push(this.#writer.endOf(id, error, sha256));
  }

  /** Takes a stream out and ends its source. */
  #take(id: number): boolean {
    const stream = this.#streams.get(id);
    if (stream === undefined) return false;
    this.#streams.delete(id);
    stream.stopTimer();
    const { pump, owner, source } = stream;
    runFor(owner, () => pump === undefined ? endSource(source) : pump.end());
    return true;
  }
}

function noFile(): DariError {
  return new DariError("invalid_params", "Only the stream of a file can begin at an offset");
}

function nobodyBegan(ms: number): DariError {
  return new DariError("deadline_exceeded", `Nobody began to read the stream within ${ms} ms`);
}
