import { type Identity, openIdentity } from "../../lib/auth/mod.ts";
import { serve, type ServeOptions } from "../../lib/endpoint/serve.ts";
import type { HttpsOptions } from "../../lib/http/gateway_options.ts";
import type { Methods } from "../../lib/rpc/method/method.ts";
import type { Server } from "../../lib/rpc/server/server.ts";
import { createMemoryStore } from "../../lib/store/mod.ts";
import { PASSWORD } from "./identity.ts";
import { world } from "./mutual_tls.ts";
import type { TlsPair } from "./tls_certificates.ts";

/** Both engines: what holds for one holds for the other, unless its test says so. */
export const ENGINES = ["fast", "strict"] as const;

/**
 * How requests of `fetch` come. The handshake chooses HTTP/2 with both engines, unless the client offers
 * HTTP/1.1 alone; that of the strict engine is another program, so its contract is tried as well.
 */
export const WAYS = ["fast", "strict", "strict by HTTP/1.1"] as const;

/** One way. */
export type Way = typeof WAYS[number];

/** The options of a gateway, with the way instead of the engine. */
export type HttpsTestOptions = Partial<Omit<HttpsOptions, "engine">> & { engine?: Way | undefined };

/** A server that is reached by HTTPS alone, with an account alice. */
export interface HttpsServer extends AsyncDisposable {
  readonly server: Server;
  readonly identity: Identity;
  /** An API key of alice's. */
  readonly apiKey: string;
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  /** Makes a request. */
  fetch(path: string, init?: RequestInit & { cert?: TlsPair }): Promise<Response>;
  /** Posts JSON. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Sends bytes as they are, and reads until the server closes or the answer fits (its head does). */
  raw(text: string | Uint8Array, until?: RegExp): Promise<string>;
}

/** Starts one. */
export async function startHttps(
  methods: Methods,
  { engine: way, ...https }: HttpsTestOptions = {},
  options: Partial<ServeOptions> = {},
): Promise<HttpsServer> {
  const { server: pair, authority } = await world();
  const store = createMemoryStore();
  const identity = await openIdentity(store, { passwords: { iterations: 4_096 } });
  await identity.accounts.add({ name: "alice", password: PASSWORD, roles: ["admin"] });
  const { text: apiKey } = await identity.keys.create({ account: "alice", name: "curl" });
  const server = await serve({
    listen: [],
    methods,
    gate: identity.gate,
    tls: pair,
    observer: [],
    https: {
      listen: "https://127.0.0.1:0",
      ...https,
      engine: way === "strict by HTTP/1.1" ? "strict" : way,
    },
    ...options,
  });
  const url = server.addresses.find((address) => address.startsWith("https:"))!;
  const { port } = new URL(url);
  const clients = new Set<Deno.HttpClient>();
  const clientFor = (cert?: TlsPair) => {
    const http2 = way !== "strict by HTTP/1.1";
    const client = Deno.createHttpClient({ caCerts: [authority.pem], http2, ...cert });
    clients.add(client);
    return client;
  };
  const plain = clientFor();
  const fetchOf = ({ cert, ...init }: RequestInit & { cert?: TlsPair } = {}, path: string) =>
    fetch(url + path, { ...init, client: cert === undefined ? plain : clientFor(cert) });
  return {
    server,
    identity,
    apiKey,
    url,
    port: Number(port),
    fetch: (path, init) => fetchOf(init, path),
    post: (path, body, headers = {}) =>
      fetchOf({
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json", ...headers },
      }, path),
    raw: (text, until) => talk(Number(port), authority.pem, text, until),
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      await server.close(0);
      identity[Symbol.dispose]();
      await store.close();
    },
  };
}

async function talk(
  port: number,
  ca: string,
  text: string | Uint8Array,
  until: RegExp = /\r\n\r\n/,
): Promise<string> {
  using conn = await Deno.connectTls({
    hostname: "localhost",
    port,
    caCerts: [ca],
    alpnProtocols: ["http/1.1"],
  });
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  let heard = "";
  const reading = (async () => {
    const decoder = new TextDecoder();
    const chunk = new Uint8Array(65_536);
    for (let count = await conn.read(chunk); count !== null; count = await conn.read(chunk)) {
      heard += decoder.decode(chunk.subarray(0, count), { stream: true });
      if (until.test(heard)) return;
    }
  })();
  for (let at = 0; at < bytes.length;) {
    at += await conn.write(bytes.subarray(at)).catch(() => bytes.length);
  }
  await reading.catch(() => {}); // it cut the connection
  return heard;
}

/** A call of JSON-RPC. */
export function rpc(method: string, params?: unknown, id: unknown = 1): Record<string, unknown> {
  return { jsonrpc: "2.0", id, method, params };
}
