import { systemClock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { ensurePrivateDirectory } from "../../base/files.ts";
import { openIdentity } from "../../auth/sign_in/identity.ts";
import { VERSION } from "../../base/version.ts";
import { serve, type ServeOptions } from "../../endpoint/serve.ts";
import { openRevocations } from "../../cert/ledger/revocations.ts";
import { createLog, type Log } from "../../ops/log.ts";
import { CallMetrics } from "../../ops/metrics.ts";
import type { Observer } from "../../rpc/observer.ts";
import type { MethodPool, Methods } from "../../rpc/method/method.ts";
import { registerMethods } from "../../rpc/method/registry.ts";
import { openSqliteStore } from "../../store/mod.ts";
import type { Arguments, Command, Io } from "../app/command.ts";
import { dataDirectoryOf, socketOf } from "../app/data_directory.ts";
import { PolicyWatch } from "../app/policy_file.ts";

const DEFAULT_ADDRESS = "tls://localhost:9090";

/** `dari serve` */
export const command: Command = {
  summary: "Serve methods over TLS and a Unix socket",
  help: `
Serve methods: the samples, or those that a module exports.

  dari serve                                     the sample methods on ${DEFAULT_ADDRESS}
  dari serve ./my_methods.ts                     your own
  dari serve ./my_methods.ts --public add        callable without signing in
  dari serve --listen tls://0.0.0.0:9090 --listen unix:/run/my.sock
  dari serve --client-ca .dari/ca.crt            mutual TLS (see dari cert issue --client)

  --listen ADDRESS   where to listen; may be repeated (default ${DEFAULT_ADDRESS})
  --data DIR         certificates, socket and store (default $DARI_DATA or ./.dari)
  --public METHOD    a method that needs no sign-in; may be repeated
  --cert FILE        a certificate of your own, with its chain; taken up anew when it changes
  --key FILE         its key
  --client-ca FILE   mutual TLS: let in whoever shows a certificate of these authorities
  --tls-min VERSION  the oldest version of TLS: 1.2 (default) or 1.3
  --workers N        workers for methods with worker: true (default: one for each core)
  --insecure         allow tcp:// beyond this machine
  --json             print one JSON value a line instead of text

The socket DIR/dari.sock is always there: its owner may call every method. Others sign in with
accounts and keys (dari user, dari key); DIR/policy.json says which roles may call what, and is taken
up anew when it changes.
Ctrl-C stops in order: running calls finish first.`,
  flags: {
    string: ["listen", "data", "public", "cert", "key", "client-ca", "tls-min", "workers"],
    collect: ["listen", "public"],
    boolean: ["insecure"],
  },
  async run(args, io) {
    const data = dataDirectoryOf(args, io);
    const listen = args.options("listen");
    const workers = workersOf(args);
    const { methods, isSample } = await methodsOf(args);
    await ensurePrivateDirectory(data);
    const log = createLog(io.warn, systemClock);
    const metrics = new CallMetrics();
    const lost = Promise.withResolvers<never>();
    lost.promise.catch(() => {}); // It may come before anybody waits for it.
    await using store = await openSqliteStore(`${data}/dari.db`, { onLost: lost.reject });
    const revocations = openRevocations(data);
    const policyFile = await PolicyWatch.open(`${data}/policy.json`);
    using identity = await openIdentity(store, {
      policy: policyFile.policy,
      isCertificateRevoked: ({ serial }) => revocations.isRevoked(serial),
    });
    using _policy = policyFile.start({
      use: identity.setPolicy,
      tell: (line, level) => log.write(level, line),
    });
    await using pool = await poolOf(args, methods, workers);
    checkMethods(methods, args.options("public"), pool);
    const server = await serve({
      pool,
      gate: identity.gate,
      listen: [`unix:${socketOf(data)}`, ...listen.length > 0 ? listen : [DEFAULT_ADDRESS]],
      methods,
      public: args.options("public"),
      data,
      insecure: args.flag("insecure"),
      observer: [metrics, observe(log)],
      info: { title: isSample ? "dari sample methods" : args.words[0] ?? "dari", version: VERSION },
      ...tlsOptionsOf(args),
      onRefused: (peer, reason) => log.write("warn", "a connection was refused", { peer, reason }),
      tell: (line, level) => log.write(level, line),
    });
    announce(server.addresses, data, isSample, args, io);
    const stopped = new Promise<void>((resolve) => {
      if (io.signal.aborted) resolve();
      io.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    // A server whose store is gone would serve accounts that no command reaches any more.
    await Promise.race([stopped, lost.promise]).finally(() => server.close());
    await identity.flush();
    return 0;
  },
};

async function methodsOf(args: Arguments): Promise<{ methods: Methods; isSample: boolean }> {
  const [module] = args.words;
  if (module === undefined) {
    const { sampleMethods } = await import("../sample/sample_methods.ts");
    return { methods: sampleMethods, isSample: true };
  }
  const { loadMethods } = await import("../app/load_module.ts");
  return { methods: await loadMethods(module), isSample: false };
}

/** What is wrong with the module or with --public is its author's to mend, and no error of ours. */
function checkMethods(methods: Methods, open: readonly string[], pool?: MethodPool): void {
  try {
    registerMethods(methods, open, pool);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new DariError("usage", cause.message, { cause });
  }
}

function workersOf(args: Arguments): number | undefined {
  const given = args.option("workers");
  const workers = given === undefined ? undefined : Number(given);
  if (workers === undefined || (Number.isInteger(workers) && workers >= 1)) return workers;
  throw new DariError("usage", `--workers takes a whole number from 1, not "${given}"`);
}

/** The workers of the user's module, where one of its methods wants them. */
async function poolOf(args: Arguments, methods: Methods, workers: number | undefined) {
  const [module] = args.words;
  const wanted = Object.values(methods).some((method) => "worker" in method && method.worker);
  if (module === undefined || !wanted) return undefined;
  const { WorkerPool } = await import("../../ipc/pool/pool.ts");
  const { moduleUrl } = await import("../app/load_module.ts");
  return new WorkerPool({
    module: await moduleUrl(module),
    ...(workers === undefined ? {} : { workers }),
  });
}

function tlsOptionsOf(args: Arguments): Pick<ServeOptions, "tls" | "clientCa" | "tlsMin"> {
  const certFile = args.option("cert");
  const keyFile = args.option("key");
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new DariError("usage", "--cert and --key belong together; give both");
  }
  const tlsMin = args.option("tls-min");
  if (tlsMin !== undefined && tlsMin !== "1.2" && tlsMin !== "1.3") {
    throw new DariError("usage", `--tls-min takes 1.2 or 1.3, not "${tlsMin}"`);
  }
  const file = args.option("client-ca");
  return {
    tls: certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile },
    clientCa: file === undefined ? undefined : { file },
    tlsMin,
  };
}

function announce(
  addresses: readonly string[],
  data: string,
  isSample: boolean,
  args: Arguments,
  io: Io,
): void {
  if (args.flag("json")) {
    io.print(JSON.stringify({ ready: true, addresses, ca: `${data}/ca.crt` }));
    return;
  }
  for (const address of addresses) io.print(`listening on ${address}`);
  io.print("ready");
  if (!isSample) return;
  const tls = addresses.find((address) => address.startsWith("tls:"));
  io.print("\nFrom another terminal:");
  io.print("  dari call add a=10 b=20");
  if (tls === undefined) return;
  const shown = args.option("client-ca") === undefined ? "" : " --cert FILE --key FILE";
  io.print(`  dari call add a=10 b=20 --to ${tls} --ca ${data}/ca.crt${shown}`);
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
