import { DariError } from "../../../base/errors.ts";
import { type CertificateState, type LedgerEntry, stateOf } from "../../../cert/mod.ts";
import { dataLedger } from "../../../endpoint/data_ledger.ts";
import type { Command } from "../../app/command.ts";
import { dataDirectoryOf } from "../../app/data_directory.ts";

const states: readonly CertificateState[] = ["valid", "renewed", "expired", "revoked"];

/** One line of the list. */
interface Row {
  readonly serial: string;
  readonly state: CertificateState;
  readonly purpose: string;
  readonly notAfter: string;
  readonly subject: string;
  readonly names: string;
}

/** `dari cert list` */
export const command: Command = {
  summary: "List the certificates that were issued",
  help: `
List the ledger: every certificate that the authority has issued.

  dari cert list
  dari cert list --state valid --purpose client
  dari cert list --csv > certificates.csv

  --state STATE      valid, renewed, expired or revoked
  --purpose PURPOSE  server, client or authority
  --name TEXT        those with this text in a name or the subject
  --csv              comma-separated values with a heading
  --data DIR         where the ledger is (default $DARI_DATA or ./.dari)`,
  flags: { string: ["state", "purpose", "name", "data"], boolean: ["csv"] },
  async run(args, io) {
    const [state, purpose, name] = ["state", "purpose", "name"].map((one) => args.option(one));
    if (state !== undefined && !states.some((one) => one === state)) {
      throw new DariError("usage", `--state takes one of ${states.join(", ")}; not "${state}"`);
    }
    const nowMs = Date.now();
    await using ledger = dataLedger(dataDirectoryOf(args, io));
    const rows = (await ledger.entries())
      .filter((entry) => purpose === undefined || entry.purposes.includes(purpose))
      .filter((entry) =>
        name === undefined || [entry.subject, ...entry.names].some((text) => text.includes(name))
      )
      .map((entry) => rowOf(entry, nowMs))
      .filter((row) => state === undefined || row.state === state);
    if (args.flag("json")) io.print(JSON.stringify(rows));
    else if (args.flag("csv")) { for (const line of csvOf(rows)) io.print(line); }
    else for (const line of linesOf(rows)) io.print(line);
    return 0;
  },
};

function rowOf(entry: LedgerEntry, nowMs: number): Row {
  return {
    serial: entry.serial,
    state: stateOf(entry, nowMs),
    purpose: entry.purposes.join(" "),
    notAfter: new Date(entry.notAfterMs).toISOString(),
    subject: entry.subject,
    names: entry.names.join(" "),
  };
}

function linesOf(rows: readonly Row[]): string[] {
  return rows.map((row) =>
    `${row.serial}  ${row.state.padEnd(7)}  ${row.purpose.padEnd(13)}  ` +
    `${row.notAfter.slice(0, 16)}Z  ${row.subject}  ${row.names}`.trimEnd()
  );
}

/** RFC 4180, and no cell that a spreadsheet would take for a formula. */
function csvOf(rows: readonly Row[]): string[] {
  const cell = (text: string) =>
    `"${(/^[=+@\t\r-]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  const heading = "serial,state,purpose,notAfter,subject,names";
  return [heading, ...rows.map((row) => Object.values(row).map(cell).join(","))];
}
