import { systemClock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { ensurePrivateDirectory } from "../../base/files.ts";
import { limits } from "../../base/limits.ts";
import { openIdentity } from "../../auth/sign_in/identity.ts";
import { VERSION } from "../../base/version.ts";
import { serve } from "../../endpoint/serve.ts";
import { openStoreLedger } from "../../cert/ledger/ledger.ts";
import { openRevocations } from "../../cert/ledger/revocations.ts";
import { createLog, type Log } from "../../ops/log.ts";
import { CallMetrics } from "../../ops/metrics.ts";
import type { Observer } from "../../rpc/observer.ts";
import type { MethodPool, Methods } from "../../rpc/method/method.ts";
import { registerMethods } from "../../rpc/method/registry.ts";
import { openSqliteStore } from "../../store/mod.ts";
import { type Command, defineCommand, type Io } from "../app/command.ts";
import { flag, option, optionalOperand, repeatedOption } from "../app/option.ts";
import { address, choice, file, text, wholeNumber } from "../app/value_type.ts";
import { certificateFilesOf } from "../workspace/certificate_files.ts";
import { dataDirectoryOf, dataOptions, socketOf } from "../workspace/data_directory.ts";
import { readPolicy } from "../workspace/identity_store.ts";

const DEFAULT_ADDRESS = "tls://localhost:9090";

/** `dari serve` */
export const command: Command = defineCommand({
  examples: [
    ["dari serve", "the sample methods"],
    ["dari serve ./my_methods.ts", "your own"],
    ["dari serve ./my_methods.ts --public add", "callable without signing in"],
    "dari serve --listen tls://0.0.0.0:9090 --listen unix:/run/my.sock",
    ["dari serve --client-ca .dari/ca.crt", "mutual TLS"],
  ],
  operands: {
    module: optionalOperand(file("MODULE"), "the module whose exported methods are served"),
  },
  options: {
    listen: repeatedOption(address, "where to listen", { default: DEFAULT_ADDRESS }),
    ...dataOptions,
    public: repeatedOption(text("METHOD"), "a method that needs no sign-in"),
    cert: option(file(), "your own certificate with its chain; reloaded when it changes"),
    key: option(file(), "the private key of --cert (mode 0600)"),
    "client-ca": option(file(), "require client certificates issued by these authorities"),
    "tls-min": option(choice("VERSION", ["1.2", "1.3"]), "the oldest version of TLS", {
      default: "1.2",
    }),
    workers: option(
      wholeNumber(1),
      "threads for methods with worker: true (default: one for each core)",
    ),
    insecure: flag("allow tcp:// beyond this machine"),
    json: flag("print one JSON value when the server is ready"),
  },
  notes: [
    "The server always listens on DIR/dari.sock as well, whose owner may call every method. Other " +
    "callers sign in with accounts and keys (dari user, dari key); DIR/policy.json says which " +
    "roles may call which methods.",
    "Ctrl-C stops the server once the running calls have finished. Client certificates come from " +
    "dari cert issue --client.",
  ],
  async run({ operands: { module }, options }, io) {
    const { signal } = io; // from now on a signal stops in order, also before "ready" is printed
    const data = dataDirectoryOf(options, io);
    const { methods, isSample } = await methodsOf(module);
    const files = certificateFilesOf(options.cert, options.key);
    await ensurePrivateDirectory(data);
    const log = createLog(io.warn, systemClock);
    const metrics = new CallMetrics();
    const storeFile = `${data}/${limits.storeFile}`;
    await using store = await openSqliteStore(storeFile);
    await using ledger = openStoreLedger(store, { directory: data, storeFile });
    using revocations = await openRevocations(ledger);
    using identity = await openIdentity(store, {
      policy: await readPolicy(`${data}/policy.json`),
      isCertificateRevoked: ({ serial }) => revocations.isRevoked(serial),
    });
    await using pool = await poolOf(module, methods, options.workers);
    checkMethods(methods, options.public, pool);
    const server = await serve({
      pool,
      gate: identity.gate,
      listen: [`unix:${socketOf(data)}`, ...options.listen],
      methods,
      public: options.public,
      data,
      ledger,
      insecure: options.insecure,
      observer: [metrics, observe(log)],
      info: { title: module ?? "dari sample methods", version: VERSION },
      tls: files,
      clientCa: options["client-ca"] === undefined ? undefined : { file: options["client-ca"] },
      tlsMin: options["tls-min"],
      onRefused: (peer, reason) => log.write("warn", "a connection was refused", { peer, reason }),
      tell: (line, level) => log.write(level, line),
    });
    if (options.json) {
      const { addresses } = server;
      io.print(JSON.stringify({ ready: true, addresses, ca: `${data}/ca.crt` }));
    } else {
      announce(server.addresses, io);
      if (isSample) suggest(server.addresses, data, options["client-ca"] !== undefined, io);
    }
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    await server.close();
    return 0;
  },
});

async function methodsOf(
  module: string | undefined,
): Promise<{ methods: Methods; isSample: boolean }> {
  if (module === undefined) {
    const { sampleMethods } = await import("../sample/sample_methods.ts");
    return { methods: sampleMethods, isSample: true };
  }
  const { loadMethods } = await import("../workspace/load_module.ts");
  return { methods: await loadMethods(module), isSample: false };
}

/** A mistake in the module or in --public is an error of usage, not an internal one. */
function checkMethods(methods: Methods, open: readonly string[], pool?: MethodPool): void {
  try {
    registerMethods(methods, open, pool);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new DariError("usage", cause.message, { cause });
  }
}

/** The workers of the user's module, where one of its methods asks for them. */
async function poolOf(module: string | undefined, methods: Methods, workers: number | undefined) {
  const wanted = Object.values(methods).some((method) => "worker" in method && method.worker);
  if (module === undefined || !wanted) return undefined;
  const { WorkerPool } = await import("../../ipc/pool/pool.ts");
  const { moduleUrl } = await import("../workspace/load_module.ts");
  return new WorkerPool({
    module: await moduleUrl(module),
    ...(workers === undefined ? {} : { workers }),
  });
}

function announce(addresses: readonly string[], io: Io): void {
  for (const address of addresses) io.print(`listening on ${address}`);
  io.print("ready");
}

function suggest(addresses: readonly string[], data: string, isMutual: boolean, io: Io): void {
  const tls = addresses.find((address) => address.startsWith("tls:"));
  io.print("\nFrom another terminal:");
  io.print("  dari call add a=10 b=20");
  if (tls === undefined) return;
  const files = isMutual ? " --cert FILE --key FILE" : "";
  io.print(`  dari call add a=10 b=20 --to ${tls} --ca ${data}/ca.crt${files}`);
}

function observe(log: Log): Observer {
  const failed = (method: string, error: unknown): void => {
    log.write("error", "a method failed", { method, error: detailOf(error) });
  };
  return {
    handlerFailed: ({ method }, error) => failed(method, error),
    signInFailed({ method, errorCode, error }) {
      if (errorCode === "internal") failed(method, error);
    },
    connectionOpened({ peer: { address, protocol, cipher, certificate } }) {
      if (protocol === undefined) return;
      const subject = certificate?.subject ?? "none";
      log.write("info", "a connection was opened", { peer: address, protocol, cipher, subject });
    },
    connectionClosed({ peer }, reason) {
      if (reason === undefined) return;
      log.write("warn", "a connection was cut", { peer: peer.address, reason });
    },
    connectionRefused({ peer }, reason) {
      log.write("warn", "a connection was refused", { peer: peer.address, reason });
    },
  };
}

function detailOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
