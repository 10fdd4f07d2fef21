/**
 * Three NATS servers and three of dari, each pair on a machine of its own: set up by the commands that
 * users type, with mutual TLS by the authority of the first.
 *
 * @module
 */

import type { Program } from "../../bench/process.ts";
import { type Machine, Machines } from "./machines.ts";
import { ClusterProcess } from "./process.ts";
import { SlowDisk } from "./slow_disk.ts";

/** How many machines there are. */
export const COUNT = 3;
/** Where a server listens for clients of the network, with TLS. */
export const TLS_PORT = 9090;
/** Where it listens without TLS, so that thousands of peers can try passwords. */
export const PLAIN_PORT = 9091;
const MONITOR_PORT = 8222;
const STREAM = "dari_orders_store";
const FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
const PATIENCE_MS = 60_000;

/** A machine with what runs on it. */
export interface Node {
  readonly machine: Machine;
  /** The data directory of its server of dari. */
  readonly data: string;
  readonly nats: ClusterProcess;
  readonly dari: ClusterProcess;
  /** The disk of its NATS server; `undefined` where none can be slowed here. */
  readonly disk: SlowDisk | undefined;
}

/** The cluster. */
export class Cluster implements AsyncDisposable {
  readonly machines: Machines;
  readonly nodes: Node[] = [];
  /** Whether servers of dari run under a clock that can be set. */
  readonly hasClock: boolean;
  readonly #directory: string;
  readonly #owned: AsyncDisposableStack;

  private constructor(
    directory: string,
    machines: Machines,
    hasClock: boolean,
    owned: AsyncDisposableStack,
  ) {
    this.#directory = directory;
    this.machines = machines;
    this.hasClock = hasClock;
    this.#owned = owned;
  }

  /**
   * Sets it up; all of it runs by then.
   *
   * @param directory An empty directory for its files.
   * @returns The cluster; `undefined` where this user may not make networks.
   */
  static async start(directory: string): Promise<Cluster | undefined> {
    await using owned = new AsyncDisposableStack();
    const machines = await Machines.make(COUNT);
    if (machines === undefined) return undefined;
    owned.use(machines);
    const hasClock = await Deno.stat(FAKETIME).then(() => true, () => false);
    const cluster = new Cluster(directory, machines, hasClock, owned.move());
    try {
      await cluster.#setUp();
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** An API key of the account that calls over the network. */
  apiKey = "";

  /** The authority of all certificates, PEM. */
  get authority(): Promise<string> {
    return Deno.readTextFile(`${this.nodes[0]!.data}/ca.crt`);
  }

  /** The certificate of a client of the NATS servers, and its key. */
  async clientPair(): Promise<{ cert: string; key: string }> {
    const [cert = "", key = ""] = await Promise.all(
      ["crt", "key"].map((end) => Deno.readTextFile(`${this.#directory}/load.${end}`)),
    );
    return { cert, key };
  }

  /** Which NATS server leads the store's stream; `undefined` where none does. */
  async leader(): Promise<number | undefined> {
    for (const { machine } of this.nodes) {
      try {
        const url = `http://${machine.host}:${MONITOR_PORT}/jsz?accounts=1&streams=1`;
        const response = await fetch(url, { signal: AbortSignal.timeout(1_000) });
        const details = (await response.json()).account_details ?? [];
        for (const { name, cluster } of details.flatMap(streamsOf)) {
          if (name === STREAM && cluster?.leader) return Number(cluster.leader.slice(1));
        }
      } catch {
        // It does not run.
      }
    }
    return undefined;
  }

  /**
   * Sets the clock of a server of dari.
   *
   * @param index Which.
   * @param seconds How far it is from this machine's.
   */
  async setClock(index: number, seconds: number): Promise<void> {
    const text = `${seconds < 0 ? "" : "+"}${seconds}`;
    await Deno.writeTextFile(`${this.nodes[index]!.data}.clock`, text);
  }

  /**
   * Starts a NATS server.
   *
   * @param index Which.
   */
  async startNats(index: number): Promise<void> {
    const { nats, disk } = this.nodes[index]!;
    nats.start();
    await disk?.add(nats.pid!);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.flatMap(({ dari, nats }) => [dari.kill(), nats.kill()]));
    await this.#owned.disposeAsync();
  }

  async #setUp(): Promise<void> {
    const first = `${this.#directory}/d0`;
    const range = `${this.machines.net}.0.0/24`;
    await this.#dari(0, [
      "cert",
      "init",
      "--permit",
      ".internal",
      "--permit",
      "localhost",
      "--permit",
      range,
    ]);
    const client = ["cert", "issue", "server-0.internal", "--client", "--out", `${first}/shown`];
    await this.#dari(0, client);
    const load = `${this.#directory}/load`;
    await this.#dari(0, ["cert", "issue", "load.internal", "--client", "--out", load]);
    for (const machine of this.machines.all) await this.#addNode(machine);
    for (const { machine: { index } } of this.nodes) await this.startNats(index);
    const shown = [
      "--cluster-cert",
      `${first}/shown.crt`,
      "--cluster-key",
      `${first}/shown.key`,
    ];
    await this.#dari(0, ["store", "migrate", "--to", this.address, ...shown]);
    this.nodes[0]!.dari.start();
    await this.#untilServing(0);
    for (const index of [1, 2]) {
      const at = `tls://${this.nodes[0]!.machine.host}:${TLS_PORT}`;
      const invited = await this.#dari(0, [
        "invite",
        `server-${index}.internal`,
        "--cluster",
        "--at",
        at,
        "--json",
      ]);
      await this.#dari(index, ["join", "--token-stdin"], JSON.parse(invited).token);
      this.nodes[index]!.dari.start();
      await this.#untilServing(index);
    }
    await this.#dari(0, ["user", "add", "load", "--no-password"]);
    this.apiKey = JSON.parse(await this.#dari(0, ["key", "create", "load", "--json"])).apiKey;
  }

  /** Where the servers are, by NATS. */
  get address(): string {
    return `nats://${this.machines.all.map(({ host }) => host).join()}/orders`;
  }

  async #addNode(machine: Machine): Promise<void> {
    const { index } = machine;
    const directory = `${this.#directory}/n${index}`, data = `${this.#directory}/d${index}`;
    await Deno.mkdir(directory);
    const disk = await SlowDisk.mount(directory);
    if (disk !== undefined) this.#owned.use(disk);
    const pair = `${directory}/nats`, config = `${directory}/nats.conf`;
    await this.#dari(0, ["cert", "issue", machine.host, "--server", "--client", "--out", pair]);
    await this.#dari(0, [
      ...["nats", "config", "--node", `n${index}`, "--listen", `${machine.host}:4222`],
      ...["--cluster-listen", `${machine.host}:6222`],
      ...this.machines.all.flatMap(({ host }) => ["--route", `${host}:6222`]),
      ...this.machines.all.flatMap((each) => ["--server", `orders=server-${each.index}.internal`]),
      ...["--client", "orders=load.internal", "--cert", `${pair}.crt`, "--key", `${pair}.key`],
      ...["--streams", disk?.path ?? `${directory}/streams`, "--out", config],
    ]);
    const nats = machine.there({
      command: Deno.env.get("NATS_SERVER") ?? "nats-server",
      args: ["--config", config, "--http_port", String(MONITOR_PORT)],
    });
    await Deno.writeTextFile(`${data}.clock`, "+0");
    this.nodes.push({
      ...{ machine, data, disk },
      nats: new ClusterProcess(nats, `${directory}/log`),
      dari: new ClusterProcess(machine.there(this.#server(machine, data)), `${data}.log`, {
        isManaged: true,
      }),
    });
  }

  #server({ index, host }: Machine, data: string): Program {
    const clock = this.hasClock
      ? [
        ...[`LD_PRELOAD=${FAKETIME}`, `FAKETIME_TIMESTAMP_FILE=${data}.clock`],
        ...["FAKETIME_DONT_FAKE_MONOTONIC=1", "FAKETIME_CACHE_DURATION=1"],
      ]
      : [];
    const shown = index === 0
      ? ["--cluster-cert", `${data}/shown.crt`, "--cluster-key", `${data}/shown.key`]
      : [];
    const { command, args } = dariProgram([
      ...["serve", new URL("methods.ts", import.meta.url).pathname, "--insecure", ...shown],
      ...["--cluster", this.address, "--listen", `tls://${host}:${TLS_PORT}`],
      ...["--listen", `tcp://${host}:${PLAIN_PORT}`],
    ]);
    return { command: "env", args: [...clock, `DARI_DATA=${data}`, command, ...args] };
  }

  async #dari(index: number, args: readonly string[], input = ""): Promise<string> {
    const data = `${this.#directory}/d${index}`;
    const program = this.machines.all[index]!.there(dariProgram([...args, "--data", data]));
    const child = new Deno.Command(program.command, {
      args: [...program.args],
      ...{ stdin: "piped", stdout: "piped", stderr: "piped", env: { NO_COLOR: "1" } },
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(`${input}\n`)).catch(() => {}); // it reads nothing
    await writer.close().catch(() => {});
    const { success, stdout, stderr } = await child.output();
    const text = new TextDecoder();
    if (!success) throw new Error(`dari ${args.join(" ")}: ${text.decode(stderr)}`);
    return text.decode(stdout);
  }

  async #untilServing(index: number): Promise<void> {
    const { data } = this.nodes[index]!;
    const endsAtMs = performance.now() + PATIENCE_MS;
    while (performance.now() < endsAtMs) {
      const log = await Deno.readTextFile(`${data}.log`).catch(() => "");
      if (/^ready$/m.test(log)) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`server ${index} does not serve: see ${data}.log`);
  }
}

function dariProgram(args: readonly string[]): Program {
  const script = new URL("../../../cli.ts", import.meta.url).pathname;
  return {
    command: Deno.execPath(),
    args: ["run", "--quiet", "--no-check", "--allow-all", script, ...args],
  };
}

function streamsOf(account: {
  stream_detail?: { name: string; cluster?: { leader?: string } }[];
}) {
  return account.stream_detail ?? [];
}
