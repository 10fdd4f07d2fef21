/**
 * Datagrams to a Unix socket. Deno has them with `--unstable-net` alone, and for paths alone; the C
 * library has them for abstract names too, which takes `--allow-ffi`. node:dgram knows UDP only.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";

/** A way to send datagrams to one socket. */
export interface Datagrams {
  /**
   * Sends one.
   *
   * @param text What it says.
   */
  send(text: string): Promise<void>;
  /** The time of CLOCK_MONOTONIC in microseconds, where it can be read. */
  monotonicUs(): bigint | undefined;
  /** Closes it. */
  close(): void;
}

/** The part of Deno's API that is unstable. */
interface UnixDatagrams {
  listenDatagram?(options: { transport: "unixpacket"; path: string }): {
    send(bytes: Uint8Array, to: { transport: "unixpacket"; path: string }): Promise<number>;
    close(): void;
  };
}

/** Linux on x86-64 and ARM64. */
const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const MSG_NOSIGNAL = 0x4000;
const CLOCK_MONOTONIC = 1;
const MAX_PATH_BYTES = 107;

const symbols = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  sendto: { parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
} as const;

const encoder = new TextEncoder();

/**
 * Opens a way to a socket.
 *
 * @param path The socket's path; `@` and a name for an abstract one.
 * @returns The way, which the caller closes.
 * @throws {DariError} `configuration` where this process may not send datagrams.
 */
export function openDatagrams(path: string): Datagrams {
  if (Deno.build.os === "linux" && mayCallSystem()) return bySystem(path);
  const { listenDatagram } = Deno as unknown as UnixDatagrams;
  if (listenDatagram !== undefined && path.startsWith("/")) return byDeno(path);
  throw new DariError(
    "configuration",
    `Deno sends datagrams to "${path}" with ${path.startsWith("/") ? "--unstable-net or " : ""}` +
      "--allow-ffi alone",
  );
}

function mayCallSystem(): boolean {
  // Without a look first, a program in a terminal would be asked for the permission.
  return Deno.permissions.querySync({ name: "ffi", path: LIBRARY }).state === "granted";
}

const LIBRARY = "libc.so.6";

function bySystem(path: string): Datagrams {
  const libc = Deno.dlopen(LIBRARY, symbols);
  const { socket, sendto, close, clock_gettime } = libc.symbols;
  const descriptor = socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
  const address = addressOf(path);
  return {
    send(text) {
      const bytes = encoder.encode(text);
      const size = BigInt(bytes.length);
      const sent = sendto(descriptor, bytes, size, MSG_NOSIGNAL, address, address.length);
      if (sent === size) return Promise.resolve();
      return Promise.reject(new DariError("io", `Nothing takes datagrams at "${path}"`));
    },
    monotonicUs() {
      const time = new BigInt64Array(2); // seconds and nanoseconds
      if (clock_gettime(CLOCK_MONOTONIC, time) !== 0) return undefined;
      return time[0]! * 1_000_000n + time[1]! / 1_000n;
    },
    close() {
      close(descriptor);
      libc.close();
    },
  };
}

/** unix(7): the family, and the path with a NUL behind it or, where it is abstract, in front. */
function addressOf(path: string): Uint8Array<ArrayBuffer> {
  const isAbstract = path.startsWith("@");
  const name = encoder.encode(isAbstract ? `\0${path.slice(1)}` : `${path}\0`);
  if (name.length > MAX_PATH_BYTES + 1) {
    throw new DariError("configuration", `"${path}" is longer than the path of a socket may be`);
  }
  const address = new Uint8Array(2 + name.length);
  new Uint16Array(address.buffer, 0, 1)[0] = AF_UNIX;
  address.set(name, 2);
  return address;
}

/** Deno sends from sockets that have a path of their own. */
function byDeno(path: string): Datagrams {
  const directory = Deno.makeTempDirSync({ prefix: "dari-notify-" });
  const { listenDatagram } = Deno as unknown as Required<UnixDatagrams>;
  const to = { transport: "unixpacket", path } as const;
  const socket = listenDatagram({ transport: "unixpacket", path: `${directory}/socket` });
  return {
    send: async (text) => void await socket.send(encoder.encode(text), to),
    monotonicUs: () => undefined, // Deno's clocks begin with the process
    close() {
      socket.close();
      Deno.removeSync(directory, { recursive: true });
    },
  };
}
