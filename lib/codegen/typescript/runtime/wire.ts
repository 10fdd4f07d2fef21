/**
 * Streams of text to a server: sockets where there are some, WebSockets elsewhere.
 *
 * @module
 */

import { unreachable } from "./errors.ts";
import { HttpWire } from "./http_wire.ts";
import type { CryptoBytes } from "./values.ts";

/** How a server is reached and checked. */
export interface Trust {
  /** The authorities to trust instead of the public ones, as PEM. Not over wss:// and https://. */
  readonly ca?: string | undefined;
  /** The client certificate with its chain, as PEM. Not over wss:// and https://. */
  readonly cert?: string | undefined;
  /** The private key of `cert`, as PEM. */
  readonly key?: string | undefined;
  /** Does not check the server's certificate, and allows tcp:// beyond this machine. */
  readonly insecure?: boolean | undefined;
}

/** A connection; the link sets what it wants to be told. */
export interface Wire {
  write(text: string): void;
  close(): void;
  onText: (text: string) => void;
  onEnd: (reason: string) => void;
  /** What SCRAM binds to: `tls-server-end-point` of RFC 5929. */
  readonly binding: Uint8Array | undefined;
}

/** What is used of a socket of Node, of Deno or of Bun. */
interface NodeSocket {
  setEncoding(encoding: string): void;
  setNoDelay(): void;
  write(text: string): void;
  destroy(): void;
  once(event: string, told: (error: Error) => void): void;
  on(event: "data", told: (text: string) => void): void;
  on(event: "error", told: (error: Error) => void): void;
  removeListener(event: string, told: (error: Error) => void): void;
  getPeerCertificate?(): { readonly raw?: Uint8Array };
}

const LOOPBACK = /^(?:localhost|127\..*|\[?::1\]?)$/;
const ALPN = "dari/1";

/** Connects. Rejects with the reason where that fails. */
export async function openWire(address: string, trust: Trust, timeoutMs: number): Promise<Wire> {
  if (/^(?:ws|http)s?:/.test(address)) {
    const { protocol, hostname } = new URL(address);
    if (!protocol.endsWith("s:") && !trust.insecure && !LOOPBACK.test(hostname)) {
      throw new TypeError(`${address} is not encrypted; use wss:// or https://, or insecure: true`);
    }
    return protocol.startsWith("http")
      ? new HttpWire(address)
      : await openWebSocket(new URL(address), timeoutMs);
  }
  const [module, options] = socketOptions(address, trust);
  // The name is not for bundlers: in a browser there is no such module, and none is needed.
  const name = `node:${module}`;
  const { connect } = await import(/* @vite-ignore */ /* webpackIgnore: true */ name);
  const socket: NodeSocket = connect(options);
  await ready(
    timeoutMs,
    (done, failed) => {
      socket.once(module === "tls" ? "secureConnect" : "connect", () => done());
      socket.once("error", failed);
    },
    () => socket.destroy(),
  );
  return await socketWire(socket, module === "tls");
}

function socketOptions(address: string, trust: Trust): ["net" | "tls", Record<string, unknown>] {
  if (address.startsWith("unix:")) return ["net", { path: address.slice("unix:".length) }];
  const [, scheme, host = "", port] =
    /^(tls|tcp):\/\/(\[[\da-fA-F:.]+\]|[^/:?#@\s]+):(\d+)$/.exec(address) ?? [];
  if (scheme === undefined) {
    throw new TypeError(
      `"${address}" is no address; use tls://HOST:PORT, unix:PATH, tcp://HOST:PORT or wss://HOST:PORT`,
    );
  }
  const { insecure = false, ca, cert, key } = trust;
  const to = { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
  if (scheme === "tls") {
    const isName = !/^[\d.]+$|:/.test(to.host);
    const servername = isName ? { servername: to.host } : {};
    const pair = cert === undefined ? {} : { cert, key };
    const trusted = ca === undefined ? {} : { ca };
    const checks = { ALPNProtocols: [ALPN], rejectUnauthorized: !insecure };
    return ["tls", { ...to, ...servername, ...pair, ...trusted, ...checks }];
  }
  if (!insecure && !LOOPBACK.test(host)) {
    throw new TypeError(`${address} is not encrypted; use tls://, or insecure: true`);
  }
  return ["net", to];
}

async function socketWire(socket: NodeSocket, isTls: boolean): Promise<Wire> {
  socket.setEncoding("utf8");
  socket.setNoDelay?.();
  const certificate = isTls ? socket.getPeerCertificate?.().raw : undefined;
  let reason = "the server ended it";
  const wire: Wire = {
    write: (text) => socket.write(text),
    close: () => socket.destroy(),
    onText: () => {},
    onEnd: () => {},
    binding: certificate && await endPoint(new Uint8Array(certificate)),
  };
  socket.on("error", (error) => reason = error.message);
  socket.once("close", () => wire.onEnd(reason));
  socket.once("end", () => socket.destroy());
  socket.on("data", (text) => wire.onText(text));
  return wire;
}

async function openWebSocket(url: URL, timeoutMs: number): Promise<Wire> {
  if (url.pathname === "/") url.pathname = "/ws";
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  await ready(
    timeoutMs,
    (done, failed) => {
      socket.onopen = () => done();
      socket.onerror = () => failed(new Error("the WebSocket was refused"));
    },
    () => socket.close(),
  );
  const wire: Wire = {
    write: (text) => socket.send(text),
    close: () => socket.close(),
    onText: () => {},
    onEnd: () => {},
    binding: undefined,
  };
  socket.onerror = () => {};
  socket.onclose = ({ reason }) => wire.onEnd(reason || "the server ended it");
  // A frame is lines, whether or not an LF ends the last of them.
  socket.onmessage = ({ data }) => {
    if (typeof data === "string") wire.onText(data.endsWith("\n") ? data : `${data}\n`);
  };
  return wire;
}

/** Waits until a connection is there, and gives it up where that takes too long. */
async function ready(
  timeoutMs: number,
  begin: (done: () => void, failed: (error: Error) => void) => void,
  giveUp: () => void,
): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`it took longer than ${timeoutMs} ms`)), timeoutMs);
      begin(resolve, reject);
    });
  } catch (error) {
    giveUp();
    throw unreachable(`Cannot connect: ${(error as Error).message}`, error);
  } finally {
    clearTimeout(timer);
  }
}

/** Signatures whose certificates are hashed otherwise than by SHA-256: RFC 5929, section 4.1. */
const HASHES: { readonly [oid: string]: string } = {
  "2a864886f70d01010c": "SHA-384",
  "2a8648ce3d040303": "SHA-384",
  "2a864886f70d01010d": "SHA-512",
  "2a8648ce3d040304": "SHA-512",
};

async function endPoint(certificate: Uint8Array): Promise<Uint8Array> {
  const [body] = derAt(certificate, 0);
  const [, end] = derAt(certificate, body);
  const [algorithm] = derAt(certificate, end);
  const [start, stop] = derAt(certificate, algorithm);
  const oid = Array.from(
    certificate.subarray(start, stop),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
  return new Uint8Array(
    await crypto.subtle.digest(HASHES[oid] ?? "SHA-256", certificate as CryptoBytes),
  );
}

/** Start and end of the content of the DER value that begins at a place. */
function derAt(bytes: Uint8Array, at: number): [start: number, end: number] {
  const first = bytes[at + 1] ?? 0;
  if (first < 0x80) return [at + 2, at + 2 + first];
  const start = at + 2 + (first & 0x7f);
  return [start, bytes.subarray(at + 2, start).reduce((size, byte) => size * 256 + byte, start)];
}
