import { DariError } from "../../base/errors.ts";
import type { Arguments, Command, Io } from "../app/command.ts";
import { connectAsAsked, connectionFlags, connectionHelp } from "../app/connection.ts";
import { dataDirectoryOf } from "../app/data_directory.ts";
import { savedToken, saveSession } from "../app/saved_sessions.ts";

/** `dari logout` */
export const command: Command = {
  summary: "End the session that dari login began",
  help: `
End the session with a server, there and here.

  dari logout --to tls://localhost:9090 --ca .dari/ca.crt

${connectionHelp}`,
  flags: { string: connectionFlags, boolean: ["insecure"] },
  async run(args, io) {
    const address = args.option("to");
    if (address === undefined) throw new DariError("usage", "Where? dari logout --to ADDRESS");
    const data = dataDirectoryOf(args, io);
    if (await savedToken(data, address) === undefined) {
      throw new DariError("not_found", `Nobody is signed in to ${address}`);
    }
    await endThere(args, io);
    await saveSession(data, address, undefined);
    if (args.flag("json")) io.print(JSON.stringify({ signedOut: address }));
    else io.print(`signed out of ${address}`);
    return 0;
  },
};

async function endThere(args: Arguments, io: Io): Promise<void> {
  try {
    await using client = await connectAsAsked(args, io);
    await client.call("rpc.logout");
  } catch (error) {
    // It has ended there already: what is left is to forget it here.
    if (!(error instanceof DariError && error.code === "unauthenticated")) throw error;
  }
}
