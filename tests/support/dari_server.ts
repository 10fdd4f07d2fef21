import { startDari } from "./dari_command.ts";
import { tempDirectory } from "./temp.ts";

/** Where the servers of tests listen. */
export const listen = ["--listen", "tls://127.0.0.1:0"];

/** Runs `dari serve WORDS...` on a data directory of its own; its log is text for people. */
export async function startServer(...words: string[]) {
  const directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const server = startDari(["serve", "--log", "text", ...words, "--data", data, ...listen]);
  const out = await server.waitFor("ready").catch(async (error) => {
    await directory[Symbol.asyncDispose]();
    throw error;
  });
  return {
    out,
    data,
    directory: directory.path,
    tls: /listening on (tls:\S+)/.exec(out)?.[1] ?? "",
    stop: () => server.stop(),
    ended: server.ended,
    async [Symbol.asyncDispose]() {
      await server.stop();
      await directory[Symbol.asyncDispose]();
    },
  };
}
