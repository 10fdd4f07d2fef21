import { DariError } from "../../base/errors.ts";
import { type Command, defineCommand, type Io } from "../app/command.ts";
import { report } from "../app/report.ts";
import { savedToken, saveSession } from "../workspace/saved_sessions.ts";
import {
  connectAnonymously,
  type ConnectionChoice,
  sessionDirectoryOf,
  signInOptions,
  signInServerOf,
} from "../workspace/server_connection.ts";

/** `dari logout` */
export const command: Command = defineCommand({
  examples: ["dari logout --to tls://localhost:9090 --ca .dari/ca.crt"],
  options: signInOptions,
  notes: ["The session ends on the server, and is forgotten here."],
  async run({ options }, io) {
    const to = await signInServerOf(options, io);
    const directory = await sessionDirectoryOf(options, to, io);
    const token = await savedToken(directory, to);
    if (token === undefined) {
      throw new DariError("not_found", `Nobody is signed in to ${to}`);
    }
    await endOnServer(token, to, options, io);
    await saveSession(directory, to, undefined);
    report(options, io, { signedOut: to }, [`signed out of ${to}`]);
    return 0;
  },
});

async function endOnServer(
  token: string,
  to: string,
  choice: ConnectionChoice,
  io: Io,
): Promise<void> {
  try {
    await using client = await connectAnonymously(to, choice, io);
    await client.call("rpc.authenticate", { token });
    await client.call("rpc.logout");
  } catch (error) {
    // A session that the server no longer knows only needs to be forgotten here.
    if (!(error instanceof DariError && error.code === "unauthenticated")) throw error;
  }
}
