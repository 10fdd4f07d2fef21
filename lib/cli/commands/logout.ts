import { DariError } from "../../base/errors.ts";
import { type Command, defineCommand, type Io } from "../app/command.ts";
import { requiredOption } from "../app/option.ts";
import { report } from "../app/report.ts";
import { address } from "../app/value_type.ts";
import { dataDirectoryOf } from "../workspace/data_directory.ts";
import { savedToken, saveSession } from "../workspace/saved_sessions.ts";
import {
  connectAnonymously,
  type ConnectionChoice,
  connectionOptions,
} from "../workspace/server_connection.ts";

/** `dari logout` */
export const command: Command = defineCommand({
  examples: ["dari logout --to tls://localhost:9090 --ca .dari/ca.crt"],
  options: { ...connectionOptions, to: requiredOption(address, "the server") },
  notes: ["The session ends on the server, and is removed from the data directory."],
  async run({ options }, io) {
    const data = dataDirectoryOf(options, io);
    const token = await savedToken(data, options.to);
    if (token === undefined) {
      throw new DariError("not_found", `Nobody is signed in to ${options.to}`);
    }
    await endOnServer(token, options, io);
    await saveSession(data, options.to, undefined);
    report(options, io, { signedOut: options.to }, [`signed out of ${options.to}`]);
    return 0;
  },
});

async function endOnServer(token: string, choice: ConnectionChoice, io: Io): Promise<void> {
  try {
    await using client = await connectAnonymously(choice, io);
    await client.call("rpc.authenticate", { token });
    await client.call("rpc.logout");
  } catch (error) {
    // A session that the server no longer knows only needs to be forgotten here.
    if (!(error instanceof DariError && error.code === "unauthenticated")) throw error;
  }
}
