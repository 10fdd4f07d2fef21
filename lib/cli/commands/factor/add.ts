import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import type { Confirmed, Enrolment } from "../../../auth/mod.ts";
import { type Command, defineCommand, type Io } from "../../app/command.ts";
import { option } from "../../app/option.ts";
import { asTyped, programOf } from "../../app/program.ts";
import { report } from "../../app/report.ts";
import { text } from "../../app/value_type.ts";
import { connectionOptions } from "../../workspace/server_connection.ts";
import {
  account,
  type AccountFactors,
  accountNote,
  confirmedLines,
  withFactors,
} from "./factors_of.ts";

/** `dari factor add` */
export const command: Command = defineCommand({
  examples: [
    "dari factor add alice",
    "dari factor add --to tls://localhost:9090 --name phone",
  ],
  operands: { name: account },
  options: {
    name: option(text("TEXT"), "the name of the app or its device, for instance phone"),
    ...connectionOptions,
  },
  notes: [
    "An authenticator app reads the QR code, or takes the secret typed. It counts once its first code " +
    "has confirmed it: on a terminal the code is asked for at once, elsewhere dari factor confirm " +
    "takes it within 10 minutes.",
    "With --json the secret is printed and no code is asked for.",
    accountNote,
  ],
  async run({ operands: { name }, options }, io, commands) {
    return await withFactors(name, options, io, async (factors) => {
      const begun = await factors.begin(options.name);
      if (options.json) {
        const { id, name, secret, uri, endsAtMs } = begun;
        report(options, io, { id, name, secret, uri, endsAtMs }, []);
        return 0;
      }
      await show(begun, io);
      const confirmed = await confirmNow(factors, io);
      if (confirmed !== undefined) {
        report(options, io, confirmed, confirmedLines(confirmed));
        return 0;
      }
      const line = `dari factor confirm${name === undefined ? "" : ` ${name}`} --code-stdin`;
      const typed = asTyped(line, programOf(io), commands);
      report(options, io, begun, [`confirm it within 10 minutes by its first code: ${typed}`]);
      return 0;
    });
  },
});

async function show({ uri, secret }: Enrolment, io: Io): Promise<void> {
  const { renderUnicodeCompact } = await import("uqr");
  io.print("Scan this with an authenticator app:");
  for (const row of renderUnicodeCompact(uri, { border: 2 }).split("\n")) {
    io.print([{ text: row, style: "whiteOnBlack" }]);
  }
  io.print(`or enter this secret there: ${secret.replace(/(.{4})(?=.)/g, "$1 ")}`);
}

/** Asks for the first code, again where it is mistyped; `undefined` where there is no terminal. */
async function confirmNow(factors: AccountFactors, io: Io): Promise<Confirmed | undefined> {
  for (let attempt = 1;; attempt++) {
    const code = await io.promptSecret("Code that the app shows:");
    if (code === null) return undefined;
    try {
      return await factors.confirm(code);
    } catch (error) {
      const isWrong = error instanceof DariError && error.code === "invalid_params";
      if (!isWrong || attempt >= limits.maxCodePrompts) throw error;
      io.warn(error.message);
    }
  }
}
