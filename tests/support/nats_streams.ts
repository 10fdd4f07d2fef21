import type { NatsStream } from "../../lib/cluster/stream/nats_stream.ts";
import { StreamTable } from "../../lib/cluster/stream/stream_table.ts";
import { MemoryHub } from "./memory_bus.ts";

/** Both ends of a stream, on connections of a hub. */
export function streamPair(hub = new MemoryHub()) {
  const near = new StreamTable(hub.connect(), "near");
  const far = new StreamTable(hub.connect(), "far");
  const [nearSubject, farSubject] = [near.subject(), far.subject()];
  return {
    hub,
    near: near.open(nearSubject, farSubject),
    far: far.open(farSubject, nearSubject),
    nearSubject,
    farSubject,
    tables: { near, far },
    [Symbol.dispose]() {
      near[Symbol.dispose]();
      far[Symbol.dispose]();
    },
  };
}

/** Reads until there are so many bytes, or the end. */
export async function readBytes(stream: NatsStream, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (let read; at < length && (read = await stream.read(bytes.subarray(at))) !== null;) {
    at += read;
  }
  return bytes.subarray(0, at);
}

/** Writes so many bytes, as far as the window goes, and counts them. */
export function beginWriting(stream: NatsStream, length: number) {
  const progress = { written: 0, done: Promise.resolve() };
  progress.done = (async () => {
    while (progress.written < length) {
      progress.written += await stream.write(new Uint8Array(length - progress.written));
    }
  })();
  progress.done.catch(() => {});
  return progress;
}

/** The messages of a kind that were published on a subject. */
export function publishedOf(hub: MemoryHub, kind: number, subject: string): Uint8Array[] {
  return hub.published.filter((each) => each.subject === subject && each.data[0] === kind)
    .map(({ data }) => data);
}
