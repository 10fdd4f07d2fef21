import { DariError } from "../../base/errors.ts";
import { ensurePrivateDirectory } from "../../base/file/files.ts";
import { limits } from "../../base/limits.ts";
import { openIdentity } from "../../auth/sign_in/identity.ts";
import { VERSION } from "../../base/version.ts";
import { serve } from "../../endpoint/serve.ts";
import { thisMachine } from "../../endpoint/this_machine.ts";
import { openStoreLedger } from "../../cert/ledger/ledger.ts";
import { openRevocations } from "../../cert/ledger/revocations.ts";
import { LOG_FORMATS, LOG_LEVELS } from "../../ops/log.ts";
import { CallMetrics } from "../../ops/metrics.ts";
import { openLog } from "../../ops/open_log.ts";
import { logServer } from "../../ops/server_log.ts";
import type { MethodPool, Methods } from "../../rpc/method/method.ts";
import { registerMethods } from "../../rpc/method/registry.ts";
import { openSqliteStore } from "../../store/mod.ts";
import { parseListenPlace } from "../../transport/scheme/listen_place.ts";
import { type Command, defineCommand, type Io } from "../app/command.ts";
import { flag, option, optionalOperand, repeatedOption } from "../app/option.ts";
import { asTyped, programOf } from "../app/program.ts";
import {
  hasSecretSource,
  passphraseOptions,
  readSecret,
  type SecretSource,
} from "../app/secret_input.ts";
import { choice, file, listenPlace, text, wholeNumber } from "../app/value_type.ts";
import { certificateIssuer } from "../workspace/certificate_issuer.ts";
import { type CertificateFiles, certificateFilesOf } from "../workspace/certificate_files.ts";
import { announcement, reachableAddress, type ReadyServer } from "../workspace/announcement.ts";
import { dataDirectoryOf, dataOptions } from "../workspace/data_directory.ts";
import { holdDirectory } from "../workspace/directory_in_use.ts";
import { isEncryptedKey } from "../workspace/key_file.ts";
import { PolicyWatch } from "../workspace/policy_file.ts";
import { readServerCertificate } from "../workspace/server_certificate.ts";

const DEFAULT_ADDRESS = `tls://localhost:${limits.defaultPort}`;

/** `dari serve` */
export const command: Command = defineCommand({
  examples: [
    ["dari serve", "the sample methods"],
    ["dari serve ./my_methods.ts", "your own"],
    ["dari serve ./my_methods.ts --public add", "callable without signing in"],
    ["dari serve --listen tls://0.0.0.0:9090", "for other machines as well"],
    ["dari serve --client-ca .dari/ca.crt", "mutual TLS"],
    "dari serve --listen tls://[::]:9090 --name box.example.com",
  ],
  operands: {
    module: optionalOperand(file("MODULE"), "the module whose exported methods are served"),
  },
  options: {
    listen: repeatedOption(listenPlace, "where to listen; ?client-ca=FILE may follow", {
      default: DEFAULT_ADDRESS,
    }),
    name: repeatedOption(
      text("HOST"),
      "a name by which clients reach this server, for its certificate",
    ),
    socket: option(file("PATH"), "the Unix socket (default: DIR/dari.sock)"),
    ...dataOptions,
    public: repeatedOption(text("METHOD"), "a method that needs no sign-in"),
    cert: option(file(), "your own certificate with its chain; reloaded when it changes"),
    key: option(file(), "the private key of --cert (mode 0600)"),
    "client-ca": option(
      file(),
      "on every tls:// listener, require client certificates of these authorities",
    ),
    crl: option(file(), "revocation lists of those authorities; taken up when it changes"),
    "tls-min": option(choice("VERSION", ["1.2", "1.3"]), "the oldest version of TLS", {
      default: "1.2",
    }),
    workers: option(
      wholeNumber(1),
      "threads for methods with worker: true (default: one for each core)",
    ),
    ...passphraseOptions,
    "max-connections": option(wholeNumber(1), "the most connections open at once", {
      default: String(limits.maxConnections),
    }),
    insecure: flag("allow tcp:// beyond this machine"),
    log: option(
      choice("FORMAT", LOG_FORMATS),
      "the format of the log on standard error (default: text; json with --json)",
    ),
    "log-level": option(choice("LEVEL", LOG_LEVELS), "the lowest level that is logged", {
      default: "info",
    }),
    json: flag("print one JSON value when the server is ready; log one JSON value a line"),
  },
  notes: [
    "The server always listens on a Unix socket as well, whose owner may call every method. Other " +
    "callers sign in with accounts and keys (dari user, dari key); DIR/policy.json says which " +
    "roles may call which methods. A data directory has one server at a time.",
    "With tls://0.0.0.0 or tls://[::] the certificate is for this machine's host name and addresses, " +
    "and for what --name says. Its authority permits localhost, .internal, private addresses and " +
    "this machine's own name and addresses. One that was made before and does not permit them is " +
    "replaced, and a line says so.",
    "A listener with ?client-ca=FILE requires client certificates of these authorities, and others " +
    "none; %3F stands for a question mark in FILE.",
    "MODULE imports what its own deno.json or package.json says. An executable that deno compile made " +
    "imports nothing that is not in it: make one file of MODULE first, with deno bundle.",
    "Ctrl-C stops the server once the running calls have finished. Client certificates come from " +
    "dari cert issue --client.",
  ],
  async run({ operands: { module }, options }, io, commands) {
    const say = (text: string) => asTyped(text, programOf(io), commands);
    const { signal } = io; // from now on a signal stops in order, also before "ready" is printed
    const data = dataDirectoryOf(options, io);
    const { methods, isSample } = await methodsOf(module);
    const clientCa = options["client-ca"];
    const files = certificateFilesOf(options.cert, options.key);
    await ensurePrivateDirectory(data);
    using held = await holdDirectory(data, options.socket);
    const format = options.log ?? (options.json ? "json" : "text");
    const level = options["log-level"];
    await using log = openLog(io.log, { format, level });
    const metrics = new CallMetrics();
    const lost = Promise.withResolvers<never>();
    lost.promise.catch(() => {}); // It may come before anybody waits for it.
    const storeFile = `${data}/${limits.storeFile}`;
    await using store = await openSqliteStore(storeFile, { onLost: lost.reject });
    await using ledger = openStoreLedger(store, { directory: data, storeFile });
    using revocations = await openRevocations(ledger);
    const policyFile = await PolicyWatch.open(`${data}/policy.json`);
    const passphrase = await passphraseOf(`${data}/ca.key`, options, io);
    using identity = await openIdentity(store, {
      issueCertificate: certificateIssuer(data, ledger, passphrase),
      policy: policyFile.policy,
      isCertificateRevoked: ({ serial }) => revocations.isRevoked(serial),
    });
    using _policy = policyFile.start({
      use: identity.setPolicy,
      tell: (line, level) => log.write(level, say(line)),
    });
    const isAccount = (name: string) => identity.accounts.get(name).then(() => true);
    const serverLog = logServer(log, isAccount, level);
    await using pool = await poolOf(module, methods, options.workers);
    checkMethods(methods, options.public, pool);
    const server = await serve({
      pool,
      gate: identity.gate,
      idempotency: { store },
      listen: [`unix:${held.socket}`, ...options.listen],
      methods,
      public: options.public,
      data,
      names: options.name,
      ledger,
      passphrase,
      insecure: options.insecure,
      maxConnections: wantedConnections(options["max-connections"]),
      maxOpenFiles: openFilesOf(io.env("DARI_OPEN_FILES")),
      observer: [metrics, serverLog],
      info: { title: isSample ? "dari sample methods" : titleOf(module), version: VERSION },
      tls: files,
      clientCa: clientCa === undefined ? undefined : { file: clientCa },
      crl: options.crl === undefined ? undefined : { file: options.crl },
      tlsMin: options["tls-min"],
      onRefused: (peer, reason) => log.write("warn", "a connection was refused", { peer, reason }),
      tell: (line, level) => log.write(level, say(line)),
    });
    const ready = await readyServer(server.addresses, data, files, isSample, options);
    const machine = thisMachine();
    const { fingerprint } = ready.certificate ?? {};
    const address = reachableAddress(ready, machine);
    await held.tell({ address, fingerprint, mutual: ready.mutual[0] });
    if (options.json) {
      const { addresses, certificate } = ready;
      const ca = `${data}/ca.crt`;
      io.print(JSON.stringify({ ready: true, addresses, ca, ...certificate }));
    } else for (const line of announcement(ready, machine, say)) io.print(line);
    serverLog.started({
      version: VERSION,
      methods: Object.keys(methods).length,
      addresses: server.addresses.join(" "),
    });
    // A server whose store is gone would serve accounts that no command reaches any more.
    await Promise.race([aborted(signal), lost.promise]).finally(() => server.close());
    await identity.flush();
    return 0;
  },
});

/** The default is no wish: that fewer are possible is then no warning. */
function wantedConnections(given: number): number | undefined {
  return given === limits.maxConnections ? undefined : given;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** What the launcher of an executable says of `ulimit -n`; `undefined` where nothing does. */
function openFilesOf(text: string | undefined): number | undefined {
  if (text === "unlimited") return Infinity;
  return text !== undefined && /^[1-9]\d*$/.test(text) ? Number(text) : undefined;
}

/** The module's name. Its path is nobody's business: `rpc.discover` tells strangers the title. */
function titleOf(module = "dari"): string {
  return module.slice(module.search(/[^/\\]*$/)).replace(/\.\w+$/, "") || "dari";
}

async function methodsOf(
  module: string | undefined,
): Promise<{ methods: Methods; isSample: boolean }> {
  if (module === undefined) {
    const { sampleMethods } = await import("../sample/sample_methods.ts");
    return { methods: sampleMethods, isSample: true };
  }
  const { loadMethods } = await import("../module/load_module.ts");
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
  const { workerModuleUrl } = await import("../module/load_module.ts");
  return new WorkerPool({
    module: await workerModuleUrl(module),
    ...(workers === undefined ? {} : { workers }),
  });
}

/**
 * The passphrase of the authority's key. Where the key is encrypted and nobody can be asked, the server
 * starts without it and serves as long as its certificate is good.
 */
async function passphraseOf(
  keyFile: string,
  options: SecretSource<"passphrase">,
  io: Io,
): Promise<string | undefined> {
  if (hasSecretSource("passphrase", options)) {
    return await readSecret("passphrase", options, io, { prompt: "" });
  }
  if (!await isEncryptedKey(keyFile)) return undefined;
  return await io.promptSecret(`Passphrase of ${keyFile} (empty: the server cannot renew):`) ||
    undefined;
}

async function readyServer(
  addresses: readonly string[],
  data: string,
  files: CertificateFiles | undefined,
  isSample: boolean,
  options: {
    readonly listen: readonly string[];
    readonly name: readonly string[];
    readonly "client-ca": string | undefined;
  },
): Promise<ReadyServer> {
  // The socket's address comes first, then those of `listen` in their order.
  const mutual = addresses.slice(1).filter((address, at) =>
    address.startsWith("tls:") &&
    (options["client-ca"] ?? parseListenPlace(options.listen[at]!).clientCaFile) !== undefined
  );
  const ready = { addresses, mutual, isSample, data, names: options.name };
  if (!addresses.some((address) => address.startsWith("tls:"))) return ready;
  if (files !== undefined) {
    return { ...ready, certificate: await readServerCertificate(files.certFile) };
  }
  const caFile = `${data}/ca.crt`;
  return {
    ...ready,
    caFile,
    certificate: await readServerCertificate(`${data}/server.crt`, caFile),
  };
}
