import { DariError } from "../../../base/errors.ts";
import { readPublicFile, readSecretFile } from "../../../base/file/files.ts";
import { limits } from "../../../base/limits.ts";
import { inFile } from "../../../cert/reasons.ts";
import { type Certificate, parseCertificates } from "../../../cert/x509/certificate.ts";
import { certificateJudge } from "../../../endpoint/scan/certificate_judge.ts";
import { findServer } from "../../../endpoint/scan/scanned_server.ts";
import { readSystemAuthorities } from "../../../endpoint/scan/system_authorities.ts";
import { openClientCertificate } from "../../../endpoint/scan/tls_signature.ts";
import { toSarif } from "../../../ops/finding/sarif.ts";
import { isAtLeast, severities, type Severity } from "../../../ops/finding/severity.ts";
import { formatReport } from "../../../ops/scan/report/format.ts";
import { scanRules } from "../../../ops/scan/report/rules.ts";
import type { ScanReport } from "../../../ops/scan/report/scan_report.ts";
import { scan } from "../../../ops/scan/scan.ts";
import type { HostAddress } from "../../../transport/address.ts";
import { parseAddress } from "../../../transport/scheme/parse.ts";
import { type Command, defineCommand, type Io } from "../../app/command.ts";
import { formatDuration } from "../../app/duration.ts";
import { flag, operand, option, refuseTogether } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { choice, duration, file, text, type ValueType } from "../../app/value_type.ts";
import { readTrusted } from "../../trust/trusted_servers.ts";
import { userDirectoryOf } from "../../trust/user_directory.ts";

/** sysexits.h: EX_DATAERR, where something is as bad as `--fail-on` says. */
const FOUND = 65;
/** sysexits.h: EX_TEMPFAIL, where not everything was looked at. */
const INCOMPLETE = 75;

const server: ValueType<HostAddress> = {
  placeholder: "HOST:PORT",
  expects: "a host and a port",
  completes: "nothing",
  parse(text) {
    const address = parseAddress(text);
    return address.kind === "tls" || address.kind === "https" || address.kind === "wss"
      ? address
      : undefined;
  },
};

/** `dari scan` */
export const command: Command = defineCommand({
  examples: [
    "dari scan localhost:9090",
    "dari scan api.internal:443 --ca root.crt",
    ["dari scan api.internal:9090 --fail-on low --sarif > scan.sarif", "for a CI"],
    ["dari scan db.internal:9443 --cert me.crt --key me.key", "may a session go on without it?"],
    ["dari scan db.internal:9443 --session-of db.internal:9090", "another port's session?"],
  ],
  operands: { server: operand(server, "the server, any that speaks TLS") },
  options: {
    ca: option(
      file(),
      "the authorities to trust (default: those of dari trust, else the system's)",
    ),
    name: option(text("NAME"), "the name to ask for, and to find in the certificate"),
    cert: option(file(), "a client certificate to show where the server asks for one"),
    key: option(file(), "the private key of --cert (mode 0600)"),
    "session-of": option(server, "another port, whose session is tried on this one"),
    "fail-on": option(
      choice("SEVERITY", [...severities, "never"]),
      "the exit code is 65 from here",
      {
        default: "medium",
      },
    ),
    timeout: option(duration, "the time for the whole scan", {
      default: formatDuration(limits.scanTimeoutMs),
    }),
    sarif: flag("print SARIF 2.1.0, for code hosts and editors"),
  },
  notes: [
    `Opens at most ${limits.maxScanConnections} connections, ${limits.maxScanConcurrency} at a ` +
    `time, and reads at most ${limits.maxScanConnectionBytes / 1024} KiB of each. Most end after ` +
    "the server's first answer; after a whole handshake it sends one request: rpc.ping to dari, " +
    "HEAD / to all others. Scan only servers that you may.",
    "The exit code is 0 where nothing was found from --fail-on up, 65 where something was, 75 " +
    "where not everything was answered in time, and 69 where there is no TLS server.",
  ],
  async run({ operands, options }, io) {
    refuseTogether({ "--json": options.json, "--sarif": options.sarif });
    const { server: address } = operands;
    const certificate = await readClientCertificate(options.cert, options.key);
    const authorities = await authoritiesFor(address, options.ca, io);
    const found = await findServer(address, { name: options.name, signal: io.signal });
    if (!options.json && !options.sarif) {
      io.print(`scanning ${found.address} at ${found.connectedTo}`);
    }
    const other = options["session-of"];
    const result = await scan(found, {
      judge: certificateJudge({ authorities }),
      certificate,
      sessionsFrom: other && (await findServer(other, { signal: io.signal })).dial,
      bounds: { timeoutMs: options.timeout },
      signal: io.signal,
    });
    if (options.sarif) io.print(JSON.stringify(sarifOf(result)));
    else report(options, io, result, formatReport(result));
    return exitCodeOf(result, options["fail-on"]);
  },
});

async function authoritiesFor(
  server: HostAddress,
  ca: string | undefined,
  io: Io,
): Promise<readonly Certificate[]> {
  if (ca !== undefined) {
    const pem = await readPublicFile(ca);
    return await inFile(ca, () => parseCertificates(pem));
  }
  const directory = userDirectoryOf(io);
  const trusted = directory === undefined ? undefined : await readTrusted(directory, server);
  return trusted === undefined ? await readSystemAuthorities() : parseCertificates(trusted.ca);
}

async function readClientCertificate(cert: string | undefined, key: string | undefined) {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw new DariError("usage", "--cert and --key belong together");
  }
  const [certPem, keyPem] = [await readPublicFile(cert), await readSecretFile(key)];
  return await inFile(cert, () => openClientCertificate(certPem, keyPem));
}

function sarifOf(result: ScanReport) {
  const { findings, isComplete, server } = result;
  const subject = { tool: "dari scan", uri: `tls://${server}`, rules: scanRules, isComplete };
  return toSarif(findings, subject);
}

function exitCodeOf({ findings, isComplete }: ScanReport, failOn: Severity | "never"): number {
  if (failOn !== "never" && findings.some(({ severity }) => isAtLeast(severity, failOn))) {
    return FOUND;
  }
  return isComplete ? 0 : INCOMPLETE;
}
