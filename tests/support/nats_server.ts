import { clientPair, type TlsAuthority, type TlsPair, tlsPair } from "./tls_certificates.ts";
import { tempDirectory } from "./temp.ts";

const PROGRAM = Deno.env.get("NATS_SERVER") ?? "nats-server";

/** Whether there is a NATS server here; one line says so where there is none. */
export const hasNats: boolean = await (async () => {
  try {
    if ((await new Deno.Command(PROGRAM, { args: ["--version"] }).output()).success) return true;
  } catch {
    // There is no such program.
  }
  console.log(
    "no nats-server here (NATS_SERVER=PATH names one): what goes through NATS is not tested",
  );
  return false;
})();

/** A test that needs a NATS server; ignored where there is none. */
export function natsTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: !hasNats, fn });
}

/** How a NATS server of a test differs from the plainest one. */
export interface NatsServerOptions {
  /** Asks for client certificates of this authority, and has one itself. */
  readonly authority?: TlsAuthority | undefined;
  /** Whether it has JetStream, with its streams in a folder of its own. */
  readonly jetStream?: boolean | undefined;
  /** Where it listens. @default {any port that is free} */
  readonly port?: number | undefined;
  /** Further lines of its configuration. */
  readonly config?: string | undefined;
}

/** A NATS server of a test. */
export interface NatsServer extends AsyncDisposable {
  /** Its host and port. */
  readonly at: string;
  /** The port for other NATS servers; `undefined` for one that is alone. */
  readonly routePort: number | undefined;
  /** Its process. */
  readonly pid: number;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** Ends it as a crash would, and starts it again with what it kept: at the same place, if that was chosen. */
  restart(): Promise<void>;
}

/** Starts a NATS server on loopback. */
export function startNats(options: NatsServerOptions = {}): Promise<NatsServer> {
  return startWith((directory) => configOf(options, directory));
}

/** Starts a NATS server with a whole configuration, which names its files without their directory. */
export function startConfigured(authority: TlsAuthority, config: string): Promise<NatsServer> {
  return startWith(async (directory) => {
    await writeCertificates(authority, directory);
    return config.replace(/"(server\.crt|server\.key|ca\.crt)"/g, `"${directory}/$1"`);
  });
}

async function startWith(configure: (directory: string) => Promise<string>): Promise<NatsServer> {
  await using owned = new AsyncDisposableStack();
  const directory = owned.use(await tempDirectory());
  const text = await configure(directory.path);
  const config = `${directory.path}/nats.conf`;
  await Deno.writeTextFile(config, text);
  let running = run(config);
  owned.defer(() => running.kill());
  const { log } = running;
  const at = await log.find(/client connections on (\S+)/);
  const isNode = text.includes("cluster {");
  const route = isNode ? await log.find(/route connections on \S+:(\d+)/) : undefined;
  const stack = owned.move();
  return {
    at,
    routePort: route === undefined ? undefined : Number(route),
    get pid() {
      return running.pid;
    },
    kill: () => running.kill(),
    async restart() {
      await running.kill();
      running = run(config);
      await running.log.find(/client connections on (\S+)/);
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Runs the program until it is killed. */
function run(config: string) {
  const child = new Deno.Command(PROGRAM, {
    args: ["--config", config],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const log = new LogReader(child.stderr);
  return {
    pid: child.pid,
    log,
    async kill() {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended.
      }
      await child.status;
      await log.ended;
    },
  };
}

/** Three NATS servers that are one, on loopback, with mutual TLS between all. */
export async function startNatsCluster(
  authority: TlsAuthority,
  { jetStream }: Pick<NatsServerOptions, "jetStream"> = {},
): Promise<{ nodes: NatsServer[] } & AsyncDisposable> {
  await using owned = new AsyncDisposableStack();
  const tls = "tls { cert_file: server.crt, key_file: server.key, ca_file: ca.crt, verify: true }";
  // With JetStream each has to know the ports of all before it starts, and may be started again at its own.
  const free = jetStream ? freePorts(6) : undefined;
  const ports = free?.slice(3);
  const nodes: NatsServer[] = [];
  for (const [at, name] of ["a", "b", "c"].entries()) {
    const known = ports ?? nodes.slice(0, 1).map(({ routePort }) => routePort);
    const routes = known.map((port) => `"nats-route://127.0.0.1:${port}"`).join(", ");
    nodes.push(owned.use(
      await startNats({
        authority,
        jetStream,
        port: free?.[at],
        config: `server_name: ${name}
cluster { name: test, listen: "127.0.0.1:${ports?.[at] ?? -1}", routes: [${routes}]
  ${tls} }`,
      }),
    ));
  }
  const stack = owned.move();
  return { nodes, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/**
 * Ports that nobody listens on; they are below those that the system gives to connections, so that
 * nobody is given one meanwhile.
 */
function freePorts(count: number): number[] {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = 10_000 + crypto.getRandomValues(new Uint16Array(1))[0]! % 20_000;
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      if (!ports.includes(port)) ports.push(port);
    } catch {
      // Somebody listens there.
    }
  }
  return ports;
}

/** The certificate of a client of a NATS server. */
export function natsClient(authority: TlsAuthority, name = "client.internal"): Promise<TlsPair> {
  return clientPair(authority, name);
}

async function configOf(options: NatsServerOptions, directory: string) {
  const { authority, jetStream = false, port = -1, config = "" } = options;
  const lines = [`listen: "127.0.0.1:${port}"`, config];
  if (jetStream) lines.push(`jetstream { store_dir: "${directory}/js" }`);
  if (authority !== undefined) {
    await writeCertificates(authority, directory);
    lines.push(
      "tls { cert_file: server.crt, key_file: server.key, ca_file: ca.crt, verify: true }",
    );
  }
  return lines.join("\n").replace(/\b(server\.crt|server\.key|ca\.crt)\b/g, `"${directory}/$1"`);
}

/** NATS servers are each other's clients. */
async function writeCertificates(authority: TlsAuthority, directory: string): Promise<void> {
  const { cert, key } = await tlsPair(authority, { purposes: ["server", "client"] });
  const files = { "server.crt": cert, "server.key": key, "ca.crt": authority.pem };
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${directory}/${name}`, text);
  }
}

/** Reads a log to its end, so that the program never waits for its reader. */
class LogReader {
  readonly ended: Promise<void>;
  #text = "";
  #isOver = false;
  #wake = () => {};

  constructor(log: ReadableStream<Uint8Array>) {
    this.ended = (async () => {
      for await (const text of log.pipeThrough(new TextDecoderStream())) {
        this.#text += text;
        this.#wake();
      }
      this.#isOver = true;
      this.#wake();
    })();
  }

  /** Waits for a line, and gives the first group of the pattern. */
  async find(pattern: RegExp): Promise<string> {
    while (true) {
      const found = pattern.exec(this.#text)?.[1];
      if (found !== undefined) return found;
      if (this.#isOver) throw new Error(`nats-server ended: ${this.#text}`);
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}
