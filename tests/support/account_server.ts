import { dari, startDari, type World } from "./dari_command.ts";
import { tempDirectory } from "./temp.ts";

/** The password of alice. */
export const PASSWORD = "correct horse battery";

/** A server on a data directory with alice's account, and a user with a directory of their own. */
export async function startAccountServer() {
  const directory = await tempDirectory();
  const data = `${directory.path}/server`;
  const here = (words: string[], input = "") => dari([...words, "--data", data], { input });
  await here(["user", "add", "alice", "--password-stdin"], PASSWORD);
  await Deno.writeTextFile(
    `${data}/policy.json`,
    '{ "roles": { "user": ["*", "!multiply"], "certificate": ["add"] } }',
  );
  // A module of its own, since the samples are public.
  await Deno.writeTextFile(
    `${directory.path}/methods.ts`,
    "export const who = (_params, { principal }) => principal.name;\n" +
      "export const hang = () => new Promise(() => {});\n" +
      "export const multiply = ({ x, y }) => x * y;\n",
  );
  const module = `${directory.path}/methods.ts`;
  const server = startDari(["serve", module, "--data", data, "--listen", "tls://127.0.0.1:0"]);
  const out = await server.waitFor("ready");
  const address = /listening on (tls:\S+)/.exec(out)?.[1] ?? "";
  const client = `${directory.path}/client`;
  const to = ["--to", address, "--ca", `${data}/ca.crt`, "--data", client];
  return {
    address,
    client,
    here,
    /** Runs a command as a user of the server. */
    there: (words: string[], input = "", world: World = {}) =>
      dari([...words, ...to], { input, ...world }),
    async [Symbol.asyncDispose]() {
      await server.stop();
      await directory[Symbol.asyncDispose]();
    },
  };
}
