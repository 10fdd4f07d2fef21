import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import { formatAddress, parseAddress } from "../../../transport/scheme/parse.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { flag, optionalOperand } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { address, type ValueType } from "../../app/value_type.ts";
import { readDefaultServer, writeDefaultServer } from "../../trust/default_server.ts";
import { neededUserDirectory, userDirectoryOf } from "../../trust/user_directory.ts";

/** An address, or a host alone: that stands for the port on which servers listen by default. */
const server: ValueType<string> = {
  ...address,
  placeholder: "HOST[:PORT]",
  parse(text) {
    const isHost = /^[a-z0-9_.-]+$/i.test(text);
    return formatAddress(parseAddress(isHost ? `${text}:${limits.defaultPort}` : text));
  },
};

/** `dari use` */
export const command: Command = defineCommand({
  examples: [
    "dari use box.example.com",
    ["dari use", "show the server"],
    ["dari use --local", "use the server of the data directory again"],
  ],
  operands: { server: optionalOperand(server, `the server; without a port ${limits.defaultPort}`) },
  options: { local: flag("use the server of the data directory again") },
  notes: [
    "Commands without --to, and without a data directory in --data or $DARI_DATA, use this server " +
    "from now on. It is kept in $XDG_CONFIG_HOME/dari (else ~/.config/dari).",
  ],
  async run({ operands, options }, io) {
    if (options.local && operands.server !== undefined) {
      throw new DariError("usage", "Give a server or --local, not both");
    }
    if (options.local || operands.server !== undefined) {
      await writeDefaultServer(neededUserDirectory(io), operands.server);
    }
    const directory = userDirectoryOf(io);
    const used = directory === undefined ? undefined : await readDefaultServer(directory);
    report(options, io, { server: used ?? null }, [
      used === undefined ? "commands use the server of the data directory" : `commands use ${used}`,
    ]);
    return 0;
  },
});
