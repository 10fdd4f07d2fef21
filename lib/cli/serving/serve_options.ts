/**
 * What `dari serve` takes, and what its help says.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { metricsAddress } from "../../endpoint/metrics/metrics_address.ts";
import type { Example } from "../app/command.ts";
import { formatDuration } from "../app/duration.ts";
import { flag, option, optionalOperand, type Options, repeatedOption } from "../app/option.ts";
import { passphraseOptions } from "../app/secret_input.ts";
import {
  choice,
  duration,
  file,
  listenPlace,
  text,
  type ValueType,
  wholeNumber,
} from "../app/value_type.ts";
import { clusterOptions, clusterPlaces } from "../cluster/cluster_options.ts";
import { execOptions } from "./exec_options.ts";
import { logNote, logOptions } from "./log_options.ts";
import { httpsOptions } from "./https_options.ts";
import { traceShare } from "../tracing/tracing.ts";
import { threadCount } from "./thread_count.ts";
import { dataOptions } from "../workspace/data_directory.ts";

/** Where a server listens that is told of no place. */
const DEFAULT_ADDRESS = `tls://localhost:${limits.defaultPort}`;

/** Where metrics are read; whether other machines may is known once all options are. */
const metricsPlace: ValueType<string> = {
  ...text("HOST:PORT"),
  expects: `a host and a port such as localhost:${limits.defaultMetricsPort}`,
  parse(typed) {
    metricsAddress(typed, true);
    return typed;
  },
};

/** Opens the text of `--help`. */
export const serveExamples: readonly Example[] = [
  ["dari serve", "the sample methods"],
  ["dari serve ./my_methods.ts", "your own"],
  ["dari serve ./my_methods.ts --public add", "callable without signing in"],
  ["dari serve --listen tls://0.0.0.0:9090", "for other machines as well"],
  ["dari serve --client-ca .dari/ca.crt", "mutual TLS"],
  "dari serve --listen tls://[::]:9090 --name box.example.com",
  ["dari serve --https localhost:9443 --static ./www", "for browsers and curl"],
  ["dari serve --exec 'python3 service.py' --copies 2", "a program in any language"],
  ["dari serve ./my_methods.ts --threads auto", "on all cores"],
  ["dari serve --cluster nats://localhost:4222/orders", "with other servers of the service"],
  ["dari serve --metrics localhost:9464", "for Prometheus: curl localhost:9464/metrics"],
];

/** The operands. */
export const serveOperands = {
  module: optionalOperand(file("MODULE"), "the module whose exported methods are served"),
};

/** The options beside those of every command. */
export const serveOptions = {
  listen: repeatedOption(
    listenPlace,
    "where to listen; ?client-ca=FILE and ?systemd=NAME may follow " +
      `(default: ${DEFAULT_ADDRESS}; nowhere with --https or --cluster)`,
  ),
  ...httpsOptions,
  ...clusterOptions,
  ...execOptions,
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
    "on every tls:// listener, require client certificates of these authorities; ask for them by HTTPS",
  ),
  crl: option(file(), "revocation lists of those authorities; taken up when it changes"),
  "tls-min": option(choice("VERSION", ["1.2", "1.3"]), "the oldest version of TLS", {
    default: "1.2",
  }),
  threads: option(
    threadCount,
    "threads that serve the ports; auto is one for each core",
    { default: "1" },
  ),
  workers: option(
    wholeNumber(1),
    "threads for methods with worker: true (default: one for each core)",
  ),
  ...passphraseOptions,
  "max-connections": option(wholeNumber(1), "the most connections open at once", {
    default: String(limits.maxConnections),
  }),
  "max-connection-age": option(
    duration,
    "how old a connection grows before its client is moved to a new one",
  ),
  "max-concurrent-calls": option(
    wholeNumber(1),
    "the most handlers at work at once; further calls wait",
  ),
  "target-delay": option(
    duration,
    "how long calls may wait for the thread before an overload is met by refusing some",
    { default: formatDuration(limits.targetDelayMs) },
  ),
  drain: option(duration, "how long running calls may go on when the server stops", {
    default: formatDuration(limits.serveDrainMs),
  }),
  metrics: option(
    metricsPlace,
    "answer GET /metrics there by plain HTTP; on --https whoever may call rpc.metrics reads it",
  ),
  "trace-share": option(
    traceShare,
    "with OTEL_DENO=true, the share of calls without a trace that begins one (default 0)",
  ),
  insecure: flag("allow tcp:// and --metrics beyond this machine"),
  "no-shared-memory": flag("keep the bytes of Unix connections on their sockets"),
  ...logOptions,
  json: flag("print one JSON value when the server is ready; log one JSON value a line"),
} satisfies Options;

/** Paragraphs of `--help`. */
export const serveNotes: readonly string[] = [
  "The server always listens on a Unix socket as well, whose owner may call every method. Other " +
  "callers sign in with accounts and keys (dari user, dari key); DIR/policy.json says which " +
  "roles may call which methods. A data directory has one server at a time.",
  "With tls://0.0.0.0 or tls://[::] the certificate is for this machine's host name and addresses, " +
  "and for what --name says. Its authority permits localhost, .internal, private addresses and " +
  "this machine's own name and addresses. One that was made before and does not permit them is " +
  "replaced, and a line says so.",
  "A listener with ?client-ca=FILE requires client certificates of these authorities, and others " +
  "none; %3F stands for a question mark in FILE. With ?systemd=NAME the socket comes from systemd " +
  "under this name (FileDescriptorName= of a .socket unit) and listens on this address already; & " +
  "joins the two.",
  "--https serves the methods to everything that speaks HTTP: POST /rpc takes JSON-RPC, POST " +
  "/rpc/METHOD takes the params as its body, GET /openrpc.json tells what there is. Callers send " +
  "Authorization: Bearer with an API key or a session token; browsers sign in by POST /login.",
  "--cluster offers the methods as a service of NATS: clients connect to nats://HOST:PORT/SERVICE, and " +
  "their calls go to all servers that offer it (SERVICE is dari where none is named). TLS runs through " +
  "NATS from each client to this server, whose certificate is for SERVICE.service.internal. Beyond this " +
  "machine the NATS server needs TLS; dari nats config writes its configuration.",
  "--exec starts a program and serves its methods, which it tells by answering rpc.discover. It speaks " +
  "JSON-RPC 2.0, a message a line; what it prints besides goes to the log. No shell reads COMMAND, and " +
  "its environment has no variable of dari's. A program that ends is started again.",
  "With --exec-mcp the program is an MCP server, whose tools become methods. Their definitions are pinned " +
  "at the first start; a tool whose definition is another one later is refused until dari mcp accept.",
  "MODULE imports what its own deno.json or package.json says. An executable that deno compile made " +
  "imports nothing that is not in it: make one file of MODULE first, with deno bundle.",
  "With --threads N each thread loads MODULE for itself, so what it keeps in variables is kept once a " +
  "thread. Accounts, sessions, lockouts, limits and certificates are those of one server. Unix sockets " +
  "are served by the main thread. A thread that dies is started again.",
  "Ctrl-C and SIGTERM stop the server once the running calls have finished, or after --drain; clients " +
  "go on elsewhere without an error. A second signal ends it at once. SIGHUP takes up the policy and " +
  "certificates whose files have changed, and says what became of it.",
  logNote,
  "Client certificates come from dari cert issue --client. DIR/policy.json may limit how many calls " +
  "each caller makes; dari explain shows it.",
];

/**
 * Where a server listens beside its socket.
 *
 * @param typed What `--listen`, `--https` and `--cluster` say.
 * @returns The places of `--listen` and `--cluster`; by default one, and none beside HTTPS.
 */
export function listenPlaces(
  { listen, https, cluster }: {
    readonly listen: readonly string[];
    readonly https: string | undefined;
    readonly cluster: string | undefined;
  },
): readonly string[] {
  const isElsewhere = https !== undefined || cluster !== undefined;
  const own = listen.length > 0 || isElsewhere ? listen : [DEFAULT_ADDRESS];
  return [...own, ...clusterPlaces(cluster)];
}
