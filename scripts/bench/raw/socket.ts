/**
 * Opening a raw connection or listener as well as Deno can: no Nagle, whole chunks, one write a
 * flush.
 *
 * @module
 */

/** Bytes both ways. */
export interface Socket {
  /** Reads a chunk. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Writes some of the bytes. */
  write(bytes: Uint8Array): Promise<number>;
  /** Closes it. */
  close(): void;
}

/** Certificate, key and authority as PEM files. */
export interface TlsFiles {
  /** The server's certificate, which is its own authority. */
  readonly cert: string;
  /** Its key. */
  readonly key: string;
}

/** Reads the files that `deno task bench` made. */
export function readTlsFiles(directory: string): TlsFiles {
  return {
    cert: Deno.readTextFileSync(`${directory}/server.crt`),
    key: Deno.readTextFileSync(`${directory}/server.key`),
  };
}

/** A read never gives more than 16 KiB over TLS; elsewhere a large buffer is what carries 1 MiB. */
export function readBufferBytes(transport: string): number {
  return transport === "tls" ? 16 * 1_024 : 256 * 1_024;
}

/** Connects to `tcp://HOST:PORT`, `tls://HOST:PORT` or `unix:PATH`. */
export async function openSocket(address: string, tls: TlsFiles): Promise<Socket> {
  if (address.startsWith("unix:")) {
    return await Deno.connect({ transport: "unix", path: address.slice("unix:".length) });
  }
  const { protocol, hostname, port } = new URL(address.replace(/^(tcp|tls):/, "$1x:"));
  const tcp = await Deno.connect({ hostname, port: Number(port) });
  tcp.setNoDelay(true);
  return protocol === "tlsx:"
    ? await Deno.startTls(tcp, { hostname: "localhost", caCerts: [tls.cert] })
    : tcp;
}

/** Listens on loopback, or on the path, and gives the listener with its address. */
export function listenSocket(
  transport: string,
  path: string,
  tls: TlsFiles,
): { listener: AsyncIterable<Socket>; address: string } {
  if (transport === "unix") {
    return { listener: Deno.listen({ transport: "unix", path }), address: `unix:${path}` };
  }
  const where = { hostname: "127.0.0.1", port: 0 };
  const listener = transport === "tls"
    ? Deno.listenTls({ ...where, cert: tls.cert, key: tls.key })
    : Deno.listen(where);
  const { port } = listener.addr as Deno.NetAddr;
  return { listener, address: `${transport}://127.0.0.1:${port}` };
}

/**
 * Reads whole lines: all that a chunk ends, as one text.
 *
 * @param onBytes Takes the first chunk, and the socket, where that begins with a byte 0.
 */
export async function readLines(
  socket: Socket,
  bufferBytes: number,
  onLines: (lines: string[]) => void | Promise<void>,
  onBytes: (beginning: Uint8Array) => void | Promise<void> = () => {},
): Promise<void> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(bufferBytes);
  let parts: Uint8Array[] = [];
  while (true) {
    const length = await socket.read(buffer).catch(() => null); // the other side went away
    if (length === null) return;
    if (buffer[0] === 0 && parts.length === 0) return await onBytes(buffer.subarray(0, length));
    const end = buffer.subarray(0, length).lastIndexOf(0x0a);
    if (end < 0) {
      parts.push(buffer.slice(0, length));
      continue;
    }
    let text = "";
    for (const part of parts) text += decoder.decode(part, { stream: true });
    text += decoder.decode(buffer.subarray(0, end));
    parts = [];
    if (end + 1 < length) parts.push(buffer.slice(end + 1, length));
    await onLines(text.split("\n"));
  }
}

const MAX_REUSED_BYTES = 64 * 1_024;

/**
 * Makes a function that writes a text whole, small ones through a buffer that is encoded into over
 * and over. At most one call may be waiting: the buffer is read until the write has ended.
 */
export function createWriter(socket: Socket): (text: string) => Promise<void> {
  const encoder = new TextEncoder();
  let reused = new Uint8Array();
  return async (text) => {
    let bytes: Uint8Array;
    if (text.length * 3 <= MAX_REUSED_BYTES) {
      // Grown as needed, so that an idle connection holds little.
      if (reused.length < text.length * 3) reused = new Uint8Array(text.length * 4);
      bytes = reused.subarray(0, encoder.encodeInto(text, reused).written);
    } else {
      bytes = encoder.encode(text);
    }
    for (let sent = 0; sent < bytes.length;) sent += await socket.write(bytes.subarray(sent));
  };
}
