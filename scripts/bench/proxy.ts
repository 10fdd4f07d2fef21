/**
 * `deno task bench proxy`: how fast `dari proxy` passes bytes on, beside stunnel where that is
 * installed. Both ask for a client certificate and stand in front of the same service.
 *
 * @module
 */

import { connect, type TLSSocket } from "node:tls"; // sends a client certificate
import { LineProcess, usageOf } from "./process.ts";
import { layOut } from "./report.ts";

/** How fast one proxy passes bytes on. */
export interface ProxyFigure {
  /** The proxy. */
  readonly proxy: "dari" | "stunnel";
  /** Towards the service, in MB/s. */
  readonly up: number;
  /** From the service, in MB/s. */
  readonly down: number;
  /** Processor time for a GB, both directions together, in seconds. */
  readonly cpuSecondsPerGB: number;
}

const DOWN = "d".charCodeAt(0);
const PIECE_BYTES = 262_144;
const CLI = new URL("../../cli.ts", import.meta.url).pathname;

/**
 * Measures both, in turn.
 *
 * @param directory Where certificates and settings are written.
 * @param options How often, and for how long in each direction, in seconds.
 * @returns The medians.
 */
export async function runProxyBench(
  directory: string,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<ProxyFigure[]> {
  const files = await issueCertificates(directory);
  using service = startService();
  await using dari = await startDariProxy(files, service.port);
  await using stunnel = await startStunnel(directory, files, service.port);
  const proxies = [dari, ...stunnel === undefined ? [] : [stunnel]];
  const samples: ProxyFigure[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const { proxy, port, pid } of proxies) {
      const before = (await usageOf(pid)).cpuSeconds;
      const up = await measure(files, port, seconds, sendFor);
      const down = await measure(files, port, seconds, receiveFor);
      const cpuSeconds = (await usageOf(pid)).cpuSeconds - before;
      samples.push({
        proxy,
        up,
        down,
        cpuSecondsPerGB: cpuSeconds / ((up + down) * seconds / 1e3),
      });
    }
  }
  return proxies.map(({ proxy }) => {
    const own = samples.filter((sample) => sample.proxy === proxy);
    const middle = (key: "up" | "down" | "cpuSecondsPerGB") =>
      own.map((sample) => sample[key]).toSorted((a, b) => a - b)[own.length >> 1]!;
    return {
      proxy,
      up: middle("up"),
      down: middle("down"),
      cpuSecondsPerGB: middle("cpuSecondsPerGB"),
    };
  });
}

/** The figures as a table. */
export function describeProxy(figures: readonly ProxyFigure[]): string[] {
  const columns = [
    { title: "proxy", left: true },
    { title: "up" },
    { title: "down" },
    { title: "CPU a GB" },
  ];
  const rows = figures.map(({ proxy, up, down, cpuSecondsPerGB }) => [
    proxy,
    `${up.toFixed(0)} MB/s`,
    `${down.toFixed(0)} MB/s`,
    `${cpuSecondsPerGB.toFixed(2)} s`,
  ]);
  const without = figures.length > 1
    ? []
    : ["stunnel is not installed (stunnel4), so not measured"];
  return [...layOut(columns, rows), ...without];
}

/** What both proxies and the client are started with. */
interface Files {
  readonly data: string;
  readonly ca: string;
  readonly client: string;
  readonly server: string;
}

async function issueCertificates(directory: string): Promise<Files> {
  const data = `${directory}/proxy`;
  const files = { data, ca: `${data}/ca.crt`, client: `${data}/c`, server: `${data}/s` };
  await dari("cert", "init", "--data", data);
  await dari("cert", "issue", "--client", "bench.internal", "--data", data, "--out", files.client);
  await dari("cert", "issue", "localhost", "--data", data, "--out", files.server);
  const policy = { roles: { certificate: ["proxy:bench"] } };
  await Deno.writeTextFile(`${data}/policy.json`, JSON.stringify(policy));
  return files;
}

async function dari(...words: string[]): Promise<void> {
  const args = ["run", "--allow-all", CLI, ...words];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** A service that takes everything, or sends for ever to who has begun with `d`. */
function startService() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serve = async (conn: Deno.Conn) => {
    const memory = new Uint8Array(PIECE_BYTES);
    await conn.read(memory);
    if (memory[0] === DOWN) { for (;;) await conn.write(memory); }
    while (await conn.read(memory) !== null);
  };
  (async () => {
    for await (const conn of listener) {
      serve(conn).catch(() => {}).finally(() => conn.close());
    }
  })();
  return { port: listener.addr.port, [Symbol.dispose]: () => listener.close() };
}

async function startDariProxy({ data }: Files, service: number) {
  const process = new LineProcess({
    command: Deno.execPath(),
    args: [
      ...["run", "--allow-all", CLI, "proxy", "--listen", "tls://localhost:0", "--json"],
      ...["--to", `tcp://127.0.0.1:${service}`, "--name", "bench", "--data", data],
    ],
  });
  const { address } = JSON.parse(await process.readLine(20_000));
  return {
    proxy: "dari",
    pid: process.pid,
    port: Number(new URL(address.replace("tls:", "https:")).port),
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  } as const;
}

/** @returns `undefined` where it is not installed. */
async function startStunnel(directory: string, { ca, server }: Files, service: number) {
  const port = freePort();
  const settings = `${directory}/stunnel.conf`;
  const lines = [
    ...["foreground = yes", "pid =", "debug = 3", "[bench]", `accept = 127.0.0.1:${port}`],
    ...[`connect = 127.0.0.1:${service}`, `cert = ${server}.crt`, `key = ${server}.key`],
    ...[`CAfile = ${ca}`, "verifyChain = yes"],
  ];
  await Deno.writeTextFile(settings, `${lines.join("\n")}\n`);
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command("stunnel4", { args: [settings], stderr: "null" }).spawn();
  } catch {
    return undefined;
  }
  while (!await Deno.connect({ port }).then((conn) => (conn.close(), true), () => false));
  return {
    proxy: "stunnel",
    pid: child.pid,
    port,
    async [Symbol.asyncDispose]() {
      child.kill();
      await child.status;
    },
  } as const;
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Connects, and gives how many MB a second a direction moves. */
async function measure(
  { ca, client }: Files,
  port: number,
  seconds: number,
  move: (socket: TLSSocket, untilMs: number) => Promise<number>,
): Promise<number> {
  const socket = connect({
    host: "localhost",
    port,
    ca: await Deno.readTextFile(ca),
    cert: await Deno.readTextFile(`${client}.crt`),
    key: await Deno.readTextFile(`${client}.key`),
  });
  await new Promise((resolve, reject) =>
    socket.once("secureConnect", resolve).once("error", reject)
  );
  const startedAt = performance.now();
  const bytes = await move(socket, startedAt + seconds * 1_000);
  const tookMs = performance.now() - startedAt;
  socket.destroy();
  return bytes / 1e3 / tookMs;
}

async function sendFor(socket: TLSSocket, untilMs: number): Promise<number> {
  const piece = new Uint8Array(PIECE_BYTES);
  let sent = 0;
  while (performance.now() < untilMs) {
    sent += piece.length;
    if (!socket.write(piece)) await new Promise((resolve) => socket.once("drain", resolve));
  }
  return sent;
}

function receiveFor(socket: TLSSocket, untilMs: number): Promise<number> {
  return new Promise((resolve) => {
    let received = 0;
    socket.on("data", (chunk: Uint8Array) => {
      received += chunk.length;
      if (performance.now() >= untilMs) resolve(received);
    });
    socket.write(new Uint8Array([DOWN]));
  });
}
