import { abortable } from "../../base/abort.ts";
import { descriptorLimit } from "../../base/file/descriptor_limit.ts";
import { ensurePrivateDirectory } from "../../base/file/files.ts";
import { limits } from "../../base/limits.ts";
import { openIdentity } from "../../auth/sign_in/identity.ts";
import { VERSION } from "../../base/version.ts";
import { serve, type ServeOptions } from "../../endpoint/serve.ts";
import { AuditKeeper } from "../../endpoint/audit/audit_keeper.ts";
import { auditedPolicy } from "../../endpoint/audit/audited_server.ts";
import { thisMachine } from "../../endpoint/machine/this_machine.ts";
import type { LogLevel } from "../../ops/log.ts";
import { MetricsRegistry } from "../../ops/metrics/registry.ts";
import { threadOf } from "../../ops/methods/live_server.ts";
import { ServiceNotifier } from "../../ops/service_notifier.ts";
import {
  type Arguments,
  type Command,
  type CommandTable,
  defineCommand,
  type Io,
} from "../app/command.ts";
import type { Server } from "../../rpc/server/server.ts";
import { asTyped, programOf } from "../app/program.ts";
import { readyServer } from "../serving/ready_server.ts";
import { httpsOptionsOf } from "../serving/https_options.ts";
import { certificatePlaces } from "../serving/measured_server.ts";
import { openOperations, type Operations } from "../serving/operations.ts";
import { createReload, type ReloadParts } from "../serving/reloading.ts";
import { logSettingsOf, openServerLog } from "../serving/log_options.ts";
import { openServerStore, stalenessOf } from "../serving/server_store.ts";
import {
  listenPlaces,
  serveExamples,
  serveNotes,
  serveOperands,
  serveOptions,
} from "../serving/serve_options.ts";
import { chosenCluster, natsAccessOf } from "../cluster/cluster_options.ts";
import { clusterSecretsOf } from "../cluster/cluster_secrets.ts";
import { openMembership } from "../renewal/membership.ts";
import { serverNameOf } from "../cluster/server_name.ts";
import { startProgram } from "../serving/exec_options.ts";
import { checkPassedSockets } from "../serving/passed_sockets.ts";
import {
  checkMethods,
  joinMethods,
  methodsOf,
  poolOf,
  titleOf,
} from "../serving/served_methods.ts";
import { stopServer, untilStopped } from "../serving/stopping.ts";
import { checkThreads } from "../serving/thread_count.ts";
import { openTracing, traceShareOf } from "../tracing/tracing.ts";
import { workersEach } from "../threads/serve_threads.ts";
import { makeBounds, serveByThreads } from "../threads/threaded_server.ts";
import { certificateIssuer } from "../workspace/certificate_issuer.ts";
import { certificateRenewer } from "../workspace/certificate_renewer.ts";
import { certificateFilesOf } from "../workspace/certificate_files.ts";
import { announcement, reachableAddress } from "../workspace/announcement.ts";
import { dataDirectoryOf } from "../workspace/data_directory.ts";
import { type HeldDirectory, holdDirectory } from "../workspace/directory_in_use.ts";
import { passphraseOf } from "../workspace/key_file.ts";
import { PolicyWatch } from "../workspace/policy_file.ts";

/** `dari serve` */
export const command: Command = defineCommand({
  examples: serveExamples,
  operands: serveOperands,
  options: serveOptions,
  notes: serveNotes,
  async run(args, io, commands) {
    const { signal } = io; // from now on a signal stops in order, also before "ready" is printed
    try {
      return await run(args, io, commands);
    } catch (error) {
      if (signal.aborted && error === signal.reason) return 0; // before there was a server
      throw error;
    }
  },
});

type ServeArguments = Arguments<typeof serveOperands, typeof serveOptions>;

async function run(
  { operands: { module }, options }: ServeArguments,
  io: Io,
  commands: CommandTable,
): Promise<number> {
  const { signal } = io;
  const say = (text: string) => asTyped(text, programOf(io), commands);
  const data = dataDirectoryOf(options, io);
  const { threads, exec } = options;
  checkThreads(threads, options.listen);
  const traceShare = traceShareOf(options["trace-share"], io.env);
  const own = serverOptions(options, io);
  const loaded = await abortable(methodsOf(module, exec !== undefined), signal);
  const { isSample } = loaded;
  await ensurePrivateDirectory(data);
  using held = await holdDirectory(data, options.socket);
  const settings = logSettingsOf(options, io);
  await using log = await openServerLog(options, io, settings);
  const tell = (line: string, level: LogLevel) => log.write(level, say(line));
  using manager = ServiceNotifier.open({
    ...{ env: io.env, pid: Deno.pid },
    tell: (line) => tell(line, "warn"),
  });
  checkPassedSockets(options, io, (line) => tell(line, "warn"));
  await using program = await startProgram(options, { io, data }, tell);
  const registry = new MetricsRegistry();
  const methods = joinMethods(loaded.methods, program?.methods);
  const cluster = await chosenCluster(options, data);
  await using kept = await openServerStore(data, { registry, tell, cluster, bringsAudit: true });
  const { store, audit, queues, topics, ledger, isCertificateRevoked: isRevoked } = kept;
  using bounds = threads === 1 ? undefined : makeBounds(threads, options["max-connections"]);
  const nats = await natsAccessOf(options, data);
  const membership = { data, audit, tell, isRevoked, onRevoked: kept.onLost };
  await using member = await openMembership(options.cluster, nats, membership);
  const serverName = await serverNameOf(data);
  const { policy: firstPolicy, start: watchPolicy } = await PolicyWatch.open(`${data}/policy.json`);
  const passphrase = await passphraseOf(`${data}/ca.key`, options, io);
  using identity = await openIdentity(store, {
    issueCertificate: certificateIssuer(data, ledger, passphrase),
    renewer: certificateRenewer(data, ledger, passphrase),
    clusterSecrets: () => clusterSecretsOf(data),
    policy: firstPolicy,
    isCertificateRevoked: isRevoked,
    ...bounds?.identity,
  });
  const operations = openOperations({
    ...{ log, settings, identity, ledger, registry, audit, servers: member?.servers },
    ...{ served: methods, query: kept.tables.query.bind(kept.tables) },
  });
  const workers = workersEach(options.workers, threads);
  await using pool = await poolOf(module, methods, workers);
  checkMethods(methods, options.public, pool);
  signal.throwIfAborted();
  const serving = {
    ...own,
    ...await openTracing(traceShare, pool),
    gate: operations.gate,
    idempotency: { store, shared: threads > 1 || cluster !== undefined },
    listen: [`unix:${held.socket}`, ...listenPlaces(options)],
    ...{ methods, queues, data, ledger, passphrase, nats },
    natsState: () => ({ server: serverName, ...stalenessOf(kept), ...operations.metrics.state() }),
    observer: operations.observers,
    operations: operations.methods,
    info: {
      title: isSample ? "dari sample methods" : titleOf(module ?? exec?.split(" ", 1)[0]),
      version: VERSION,
    },
    onRefused: operations.onRefused,
    log: tell,
  };
  const server = bounds === undefined
    ? await serveAlone(serving, operations)
    : await serveByThreads(serving, {
      ...{ threads, bounds, ledger, log, operations, policy: firstPolicy },
      settings: { module, workers, log: settings, traceShare },
    });
  const { addresses } = server;
  await using measured = await operations.metrics.begin({
    ...{ pool, threads, queues, topics, ledger, addresses, env: io.env, tell, names: options.name },
    ...{ listen: options.metrics, insecure: options.insecure },
    certificates: certificatePlaces(data, own.tls),
    server: "main" in server ? server.main : server,
    storeFile: `${data}/${limits.storeFile}`,
  }).catch((error) => server.close(0).then(() => Promise.reject(error)));
  const keeping = { ...kept, data, passphrase, addresses, policy: firstPolicy, tell };
  await using _keeper = await AuditKeeper.start(keeping);
  using policy = watchPolicy({
    use: auditedPolicy(audit, (policy) => {
      identity.setPolicy(policy);
      if ("setPolicy" in server) server.setPolicy(policy);
    }),
    tell,
  });
  await keepServing(
    { server, policy, log, manager, io, lost: kept.lost, drainMs: options.drain },
    async () => {
      const { address: metrics } = measured;
      await announce({ server, held, data, isSample, options, io, say, metrics });
      operations.serverLog.started({
        version: VERSION,
        methods: Object.keys(methods).length,
        addresses: addresses.join(" "),
      });
    },
  );
  await identity.flush();
  return 0;
}

/** A server that listens, and what goes on while it serves. */
interface ListeningServer extends Omit<ReloadParts, "server" | "status"> {
  readonly server: Pick<Server, "close" | "reload" | "running"> & {
    readonly addresses: readonly string[];
  };
  readonly manager: ServiceNotifier;
  readonly io: Io;
  readonly lost: Promise<never>;
  readonly drainMs: number;
}

/** Announces a server, serves until the user asks it to stop, and stops it in order. */
async function keepServing(
  { server, policy, log, manager, io, lost, drainMs }: ListeningServer,
  announced: () => Promise<void>,
): Promise<void> {
  const { signal } = io;
  try {
    signal.throwIfAborted();
    const status = `listening on ${server.addresses.join(" ")}`;
    const reload = createReload({ server, policy, log, manager, status });
    // Before anybody is told that the server runs: SIGHUP ends a program that does not listen to it.
    io.onReload?.(() => void reload());
    await announced();
    manager.ready(status);
    // A server whose store is gone would serve accounts that no command reaches any more.
    await untilStopped(signal, lost);
  } finally {
    await stopServer(server, { drainMs, status: io.status, manager });
  }
}

/** Serves by this thread alone. */
async function serveAlone(serving: ServeOptions, { live }: Operations): Promise<Server> {
  const server = await serve(serving);
  live.add(threadOf(server, serving.methods));
  return server;
}

/** What the options say of the server itself. */
function serverOptions(options: ServeArguments["options"], io: Io) {
  const clientCa = options["client-ca"];
  return {
    https: httpsOptionsOf(options),
    public: options.public,
    names: options.name,
    insecure: options.insecure,
    sharedMemory: !options["no-shared-memory"],
    maxConnections: wantedConnections(options["max-connections"]),
    maxOpenFiles: openFilesOf(io.env("DARI_OPEN_FILES")),
    maxConnectionAgeMs: options["max-connection-age"],
    maxConcurrentCalls: options["max-concurrent-calls"],
    targetDelayMs: options["target-delay"],
    tls: certificateFilesOf(options.cert, options.key),
    clientCa: clientCa === undefined ? undefined : { file: clientCa },
    crl: options.crl === undefined ? undefined : { file: options.crl },
    tlsMin: options["tls-min"],
  };
}

/** Says where the server is reached: to other commands by the data directory, and to the user. */
async function announce({ server: { addresses }, held, data, isSample, options, io, ...more }: {
  readonly server: { readonly addresses: readonly string[] };
  readonly held: HeldDirectory;
  readonly data: string;
  readonly isSample: boolean;
  readonly options: ServeArguments["options"];
  readonly io: Io;
  readonly say: (text: string) => string;
  readonly metrics: string | undefined;
}): Promise<void> {
  const { say, metrics } = more;
  const ready = await readyServer({
    addresses,
    data,
    files: certificateFilesOf(options.cert, options.key),
    isSample,
    clientCa: options["client-ca"],
    listen: listenPlaces(options),
    names: options.name,
  });
  const machine = thisMachine();
  const { fingerprint } = ready.certificate ?? {};
  const address = reachableAddress(ready, machine);
  await held.tell({ address, fingerprint, mutual: ready.mutual[0] }, {
    addresses,
    maxConnections: options["max-connections"],
    maxOpenFiles: openFilesOf(io.env("DARI_OPEN_FILES")) ?? descriptorLimit(),
    tlsMin: options["tls-min"],
  });
  if (options.json) {
    const ca = `${data}/ca.crt`;
    io.print(JSON.stringify({ ready: true, addresses, metrics, ca, ...ready.certificate }));
  } else for (const line of announcement({ ...ready, metrics }, machine, say)) io.print(line);
}

/** The default is no wish: that fewer are possible is then no warning. */
function wantedConnections(given: number): number | undefined {
  return given === limits.maxConnections ? undefined : given;
}

/** What the launcher of an executable says of `ulimit -n`; `undefined` where nothing does. */
function openFilesOf(text: string | undefined): number | undefined {
  if (text === "unlimited") return Infinity;
  return text !== undefined && /^[1-9]\d*$/.test(text) ? Number(text) : undefined;
}
