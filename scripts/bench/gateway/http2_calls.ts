/**
 * Calls by HTTP/2 for the benchmark of the gateway: one after the other on each connection.
 *
 * @module
 */

import { FLAG, FRAME, FRAME_HEAD_BYTES, PREFACE } from "../../../lib/http/h2/frames/frame.ts";
import { FrameWriter } from "../../../lib/http/h2/frames/frame_writer.ts";
import { encodeHeader } from "../../../lib/http/h2/hpack/encoder.ts";

/** `:status: 200` as the first header of a reply. */
const STATUS_200 = 0x88;

/** What one connection is at. */
interface Calls {
  readonly writer: FrameWriter;
  /** The stream of the last call. */
  id: number;
}

/**
 * Makes what calls on a connection until a time, and gives how often it did.
 *
 * @param body The body of each call.
 */
export function callByHttp2(
  body: string,
): (conn: Deno.TlsConn, until: number) => Promise<number> {
  const bytes = new TextEncoder().encode(body);
  const head = [
    encodeHeader(":method", "POST"),
    encodeHeader(":scheme", "https"),
    encodeHeader(":authority", "localhost"),
    encodeHeader(":path", "/rpc"),
    encodeHeader("content-type", "application/json"),
    encodeHeader("content-length", String(bytes.length)),
  ];
  const begun = new Map<Deno.TlsConn, Calls>();
  return async (conn, until) => {
    const memory = new Uint8Array(65_536);
    const calls = begun.get(conn) ?? await begin(conn);
    begun.set(conn, calls);
    let count = 0;
    for (let length = 0; performance.now() < until; count++) {
      calls.id += 2;
      calls.writer.headers(calls.id, head, false);
      calls.writer.data(calls.id, bytes, true);
      calls.writer.windowUpdate(0, 1_024); // more than a reply
      calls.writer.flush();
      for (let isOver = false; !isOver;) {
        const read = await conn.read(memory.subarray(length));
        if (read === null) throw new Error("The server closed the connection");
        length += read;
        let at = 0;
        for (let end = endOf(memory, at, length); end > 0; end = endOf(memory, at, length)) {
          isOver = look(memory.subarray(at, end), calls.id) || isOver;
          at = end;
        }
        memory.copyWithin(0, at, length);
        length -= at;
      }
    }
    return count;
  };
}

async function begin(conn: Deno.TlsConn): Promise<Calls> {
  await conn.write(new TextEncoder().encode(PREFACE));
  const sink = {
    write: (bytes: Uint8Array) => conn.write(bytes),
    writableLength: 0,
    writableNeedDrain: false,
  };
  const writer = new FrameWriter(sink, () => {});
  writer.settings([]);
  writer.settingsTaken();
  return { writer, id: -1 };
}

/** Where a frame ends; 0 while it is not whole. */
function endOf(memory: Uint8Array, at: number, length: number): number {
  if (at + FRAME_HEAD_BYTES > length) return 0;
  const end = at + FRAME_HEAD_BYTES + (memory[at + 1]! << 8 | memory[at + 2]!);
  return end > length ? 0 : end;
}

/** Whether the reply to a call ends with a frame. */
function look(frame: Uint8Array, id: number): boolean {
  const [type, flags] = [frame[3], frame[4]!];
  const stream = new DataView(frame.buffer, frame.byteOffset).getUint32(5);
  if (type === FRAME.goAway || type === FRAME.resetStream) throw new Error(`Frame ${type} came`);
  if (type === FRAME.headers && frame[FRAME_HEAD_BYTES] !== STATUS_200) {
    throw new Error("A call was refused");
  }
  const mayEnd = type === FRAME.data || type === FRAME.headers;
  return mayEnd && stream === id && (flags & FLAG.endStream) !== 0;
}
