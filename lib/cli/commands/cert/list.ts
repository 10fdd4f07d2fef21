import { type CertificateState, type LedgerEntry, stateOf } from "../../../cert/mod.ts";
import { dataLedger } from "../../../endpoint/data_ledger.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { flag, option } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { choice, text } from "../../app/value_type.ts";
import { dataDirectoryOf, dataOptions } from "../../workspace/data_directory.ts";

const purposes = ["server", "client", "authority"] as const;
const states: readonly CertificateState[] = ["valid", "renewed", "expired", "revoked"];

/** One line of the list. */
interface Row {
  readonly serial: string;
  readonly state: CertificateState;
  readonly purposes: readonly string[];
  readonly notAfter: string;
  readonly subject: string;
  readonly names: readonly string[];
}

/** `dari cert list` */
export const command: Command = defineCommand({
  examples: [
    "dari cert list",
    "dari cert list --state valid --purpose client",
    "dari cert list --csv > certificates.csv",
  ],
  options: {
    state: option(choice("STATE", states), "only certificates in this state"),
    purpose: option(choice("PURPOSE", purposes), "only certificates for this purpose"),
    name: option(text("TEXT"), "only certificates with this text in a name or the subject"),
    csv: flag("print comma-separated values with a heading"),
    ...dataOptions,
  },
  notes: ["The list is the ledger: every certificate that the authority has issued."],
  async run({ options }, io) {
    const { state, purpose, name } = options;
    const nowMs = Date.now();
    await using ledger = dataLedger(dataDirectoryOf(options, io));
    const rows = (await ledger.entries())
      .filter((entry) => purpose === undefined || entry.purposes.includes(purpose))
      .filter((entry) =>
        name === undefined || [entry.subject, ...entry.names].some((text) => text.includes(name))
      )
      .map((entry) => rowOf(entry, nowMs))
      .filter((row) => state === undefined || row.state === state);
    report(options, io, rows, options.csv ? csvOf(rows) : linesOf(rows));
    return 0;
  },
});

function rowOf(entry: LedgerEntry, nowMs: number): Row {
  return {
    serial: entry.serial,
    state: stateOf(entry, nowMs),
    purposes: entry.purposes,
    notAfter: new Date(entry.notAfterMs).toISOString(),
    subject: entry.subject,
    names: entry.names,
  };
}

function linesOf(rows: readonly Row[]): string[] {
  return rows.map((row) =>
    `${row.serial}  ${row.state.padEnd(7)}  ${row.purposes.join(" ").padEnd(13)}  ` +
    `${row.notAfter.slice(0, 16)}Z  ${row.subject}  ${row.names.join(" ")}`.trimEnd()
  );
}

/** RFC 4180; a cell that a spreadsheet would run as a formula gets a quote in front. */
function csvOf(rows: readonly Row[]): string[] {
  const cell = (text: string) =>
    `"${(/^[=+@\t\r-]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  const heading = "serial,state,purpose,notAfter,subject,names";
  const cellsOf = ({ serial, state, purposes, notAfter, subject, names }: Row) =>
    [serial, state, purposes.join(" "), notAfter, subject, names.join(" ")].map(cell);
  return [heading, ...rows.map((row) => cellsOf(row).join(","))];
}
