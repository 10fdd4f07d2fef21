import { ensurePrivateDirectory } from "../../base/file/files.ts";
import { limits } from "../../base/limits.ts";
import { openIdentity } from "../../auth/sign_in/identity.ts";
import { VERSION } from "../../base/version.ts";
import { serve } from "../../endpoint/serve.ts";
import { thisMachine } from "../../endpoint/this_machine.ts";
import { openStoreLedger } from "../../cert/ledger/ledger.ts";
import { openRevocations } from "../../cert/ledger/revocations.ts";
import { CallMetrics } from "../../ops/metrics.ts";
import { openLog } from "../../ops/open_log.ts";
import { logServer } from "../../ops/server_log.ts";
import { openSqliteStore } from "../../store/mod.ts";
import { type Command, defineCommand, type Io } from "../app/command.ts";
import { asTyped, programOf } from "../app/program.ts";
import { hasSecretSource, readSecret, type SecretSource } from "../app/secret_input.ts";
import { readyServer } from "../serving/ready_server.ts";
import {
  serveExamples,
  serveNotes,
  serveOperands,
  serveOptions,
} from "../serving/serve_options.ts";
import { checkMethods, methodsOf, poolOf, titleOf } from "../serving/served_methods.ts";
import { certificateIssuer } from "../workspace/certificate_issuer.ts";
import { certificateFilesOf } from "../workspace/certificate_files.ts";
import { announcement, reachableAddress } from "../workspace/announcement.ts";
import { dataDirectoryOf } from "../workspace/data_directory.ts";
import { holdDirectory } from "../workspace/directory_in_use.ts";
import { isEncryptedKey } from "../workspace/key_file.ts";
import { PolicyWatch } from "../workspace/policy_file.ts";

/** `dari serve` */
export const command: Command = defineCommand({
  examples: serveExamples,
  operands: serveOperands,
  options: serveOptions,
  notes: serveNotes,
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
    const { addresses } = server;
    const ready = await readyServer({
      addresses,
      data,
      files,
      isSample,
      clientCa,
      listen: options.listen,
      names: options.name,
    });
    const machine = thisMachine();
    const { fingerprint } = ready.certificate ?? {};
    const address = reachableAddress(ready, machine);
    await held.tell({ address, fingerprint, mutual: ready.mutual[0] });
    if (options.json) {
      const ca = `${data}/ca.crt`;
      io.print(JSON.stringify({ ready: true, addresses, ca, ...ready.certificate }));
    } else for (const line of announcement(ready, machine, say)) io.print(line);
    serverLog.started({
      version: VERSION,
      methods: Object.keys(methods).length,
      addresses: addresses.join(" "),
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
