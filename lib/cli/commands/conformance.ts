import { DariError, TransportError } from "../../base/errors.ts";
import { readPublicFile, reasonOf } from "../../base/file/files.ts";
import { limits } from "../../base/limits.ts";
import { byteConnection } from "../../conformance/byte_connection.ts";
import { type Level, LEVELS } from "../../conformance/case.ts";
import { conformanceCases } from "../../conformance/cases.ts";
import { clientCases } from "../../conformance/client_cases.ts";
import { processConnection } from "../../conformance/process_connection.ts";
import type { PeerConnection } from "../../conformance/dialogue.ts";
import { type CaseResult, runCases, runClientCases } from "../../conformance/runner.ts";
import { natsDialOf } from "../../endpoint/dial.ts";
import { parseAddress } from "../../transport/scheme/parse.ts";
import { ALPN } from "../../transport/tls/alpn.ts";
import { type Command, defineCommand } from "../app/command.ts";
import { formatDuration } from "../app/duration.ts";
import { flag, operands, option, repeatedOption } from "../app/option.ts";
import { readCertificateFiles } from "../workspace/certificate_files.ts";
import { choice, duration, file, text } from "../app/value_type.ts";

/** sysexits.h: EX_DATAERR. */
const DOES_NOT_CONFORM = 65;

/** `dari conformance` */
export const command: Command = defineCommand({
  examples: [
    "dari conformance tls://localhost:9090 --ca .dari/ca.crt",
    "dari conformance unix:.dari/dari.sock --level core",
    ["dari conformance -- python3 server.py -", "a peer on its standard streams"],
    ["dari conformance --client -- python3 client.py", "a client, told what to do"],
  ],
  operands: {
    peer: operands(text("ADDRESS|COMMAND"), "the server, or a program that is one", {
      isRequired: true,
    }),
  },
  options: {
    client: flag("test a client: a program that does what its last argument says"),
    level: repeatedOption(choice("LEVEL", LEVELS), "only the cases of this level"),
    ca: option(file(), "the authorities that may have signed the server's certificate"),
    cert: option(file(), "the client's certificate and its chain, for nats://"),
    key: option(file(), "the private key of --cert (mode 0600)"),
    timeout: option(duration, "how long the peer may take for each line", {
      default: formatDuration(limits.conformanceTimeoutMs),
    }),
  },
  notes: [
    "The peer needs the methods add, multiply, process_data, echo, count and sum of `dari serve`, " +
    "callable without a sign-in. What it does not offer is skipped.",
    "docs/wire.md has the sections, docs/conformance.md what a client is told and the form of cases. " +
    "The exit code is 65 where a case failed.",
  ],
  async run({ operands: { peer }, options }, io) {
    const runOptions = {
      timeoutMs: options.timeout,
      levels: options.level.length === 0 ? undefined : options.level as readonly Level[],
      report: options.json ? undefined : (result: CaseResult) => tell(result, io.print),
    };
    const results = options.client
      ? await runClientCases(clientCases, { start: starterOf(peer), ...runOptions })
      : await runCases(conformanceCases, {
        open: await openerOf(peer, options),
        ...runOptions,
      });
    const count = (outcome: CaseResult["outcome"]) =>
      results.filter((result) => result.outcome === outcome).length;
    if (options.json) io.print(JSON.stringify({ cases: results }));
    else {
      const [passed, failed, skipped] = [count("passed"), count("failed"), count("skipped")];
      io.print(`${passed} passed, ${failed} failed, ${skipped} skipped`);
    }
    return count("failed") === 0 ? 0 : DOES_NOT_CONFORM;
  },
});

/** Starts a client; its instructions are its last argument. */
function starterOf([command = "", ...args]: readonly string[]) {
  return (instructions: string) => processConnection(command, [...args, instructions]);
}

/** The files of certificates that the user named. */
interface Trusting {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** One word that is an address names a server; anything else is a program and its arguments. */
async function openerOf(
  peer: readonly string[],
  { ca, cert, key }: Trusting,
): Promise<() => Promise<PeerConnection>> {
  const [first = "", ...args] = peer;
  const isAddress = args.length === 0 && /^[a-z]+:|:\d+$/.test(first);
  if (!isAddress) return () => processConnection(first, args);
  const address = parseAddress(first);
  const caCerts = ca === undefined ? [] : [await readPublicFile(ca)];
  const nats = natsDialOf({ ca: ca && caCerts, ...await readCertificateFiles(cert, key) });
  const dial = async () => {
    switch (address.kind) {
      case "unix":
        return await Deno.connect({ transport: "unix", path: address.path });
      case "tcp":
      case "tls": {
        const { host: hostname, port } = address;
        const conn = await Deno.connect({ hostname, port });
        conn.setNoDelay(); // two small writes of a case would wait for each other
        if (address.kind === "tcp") return conn;
        return await Deno.startTls(conn, { hostname, caCerts, alpnProtocols: [ALPN] });
      }
      case "nats":
        return await (await nats!()).open(address);
      default:
        throw new DariError("usage", `Cannot test ${first}: use tls://, unix:, tcp:// or nats://`);
    }
  };
  return async () => {
    try {
      return byteConnection(await dial());
    } catch (cause) {
      if (cause instanceof DariError) throw cause;
      const message = `Cannot connect to ${first}: ${reasonOf(cause)}`;
      throw new TransportError("unavailable", message, { cause });
    }
  };
}

function tell(result: CaseResult, print: (line: string) => void): void {
  const { outcome, id, section, title, sent, came, wanted, reason } = result;
  if (outcome === "passed") return;
  print(`${outcome} ${id} (${section}): ${title}`);
  if (outcome === "skipped") return print(`  needs   ${reason}`);
  for (const line of sent) print(`  sent    ${JSON.stringify(line)}`);
  for (const line of came) print(`  came    ${JSON.stringify(line)}`);
  for (const line of wanted) print(`  wanted  ${line}`);
  print(`  reason  ${reason}`);
}
