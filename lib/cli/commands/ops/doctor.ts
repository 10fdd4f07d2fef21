import { type Command, defineCommand } from "../../app/command.ts";
import { flag } from "../../app/option.ts";
import { asTyped, programOf } from "../../app/program.ts";
import { formatColumns, report } from "../../app/report.ts";
import { readPatient } from "../../doctor/read_patient.ts";
import { dataDirectoryOf, dataOptions } from "../../workspace/data_directory.ts";
import { type Examination, examine } from "../../../ops/doctor/checks.ts";
import { leastFlags } from "../../../ops/doctor/checks/least_flags.ts";
import type { Patient } from "../../../ops/doctor/patient/patient.ts";

/** sysexits.h: EX_CONFIG, where something is wrong. */
const WRONG = 78;

/** `dari doctor` */
export const command: Command = defineCommand({
  examples: [
    "dari doctor",
    "dari doctor --data /var/lib/dari --json",
    ["dari doctor --no-scan", "without a connection to the server"],
  ],
  options: {
    ...dataOptions,
    "no-scan": flag("do not scan the port of the server that runs"),
  },
  notes: [
    "Looks at the data directory (modes, owners, certificates, keys, accounts, policy, clock, disk) " +
    "and at the server and the proxies that use it, whose ports with TLS it scans as dari scan does. " +
    "Each line says how bad it is, and the command that mends it. Nothing is changed.",
    "The exit code is 0 where nothing is wrong, and 78 where something is. What is only good to know " +
    "(info) is not wrong.",
  ],
  async run({ options }, io, commands) {
    const directory = dataDirectoryOf(options, io);
    const patient = await readPatient(directory, {
      scans: !options["no-scan"],
      signal: io.signal,
    });
    const found = examine(patient);
    const say = (text: string) => asTyped(text, programOf(io), commands);
    report(options, io, valueOf(patient, found), linesOf(patient, found, say));
    return found.findings.some(({ severity }) => severity !== "info") ? WRONG : 0;
  },
});

function valueOf({ directory, server, proxies: running }: Patient, found: Examination) {
  const proxies = running.map(({ scan: _, ...proxy }) => proxy);
  if (server === undefined) return { directory, proxies, ...found };
  const { scan: _, ...serving } = server;
  const flags = leastFlags({ directory, ...server });
  return { directory, server: serving, proxies, ...found, leastFlags: flags };
}

function linesOf(
  { directory, server, proxies }: Patient,
  { findings, healthy, unlooked }: Examination,
  say: (text: string) => string,
): string[] {
  const where = server === undefined
    ? [`data directory ${directory}, which no server uses now`]
    : [`data directory ${directory}`, `server ${server.pid} on ${server.addresses.join(" ")}`];
  return [
    ...where,
    ...proxies.map(({ name, pid, address, service }) =>
      `proxy ${name} ${pid} on ${address}, in front of ${service}`
    ),
    "",
    ...findings.flatMap(({ severity, message, remedy }) => [
      `${severity.padEnd(8)}  ${message}`,
      ...remedy === undefined ? [] : [`${" ".repeat(10)}${say(remedy)}`],
    ]),
    ...findings.length === 0 ? [] : [""],
    ...formatColumns([
      ["LOOKED AT", "RESULT"],
      ...healthy.map((subject) => [subject, "right"]),
      ...unlooked.map(({ subject, reason }) => [subject, `not looked at: ${reason}`]),
    ]),
  ];
}
