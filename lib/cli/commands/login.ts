import { signIn } from "../../auth/sign_in/sign_in_client.ts";
import { DariError } from "../../base/errors.ts";
import { ensurePrivateDirectory, readSecretFile } from "../../base/files.ts";
import { VERSION } from "../../base/version.ts";
import type { Arguments, Command, Io } from "../app/command.ts";
import { connectAnonymously, connectionFlags, connectionHelp } from "../app/connection.ts";
import { dataDirectoryOf } from "../app/data_directory.ts";
import { moment } from "../app/identity.ts";
import { saveSession } from "../app/saved_sessions.ts";

/** `dari login` */
export const command: Command = {
  summary: "Sign in to a server for later commands",
  help: `
Sign in; later commands with the same --to use the session.

  dari login alice --to tls://localhost:9090 --ca .dari/ca.crt
  printf %s "$PASSWORD" | dari login alice --password-stdin --to tls://localhost:9090
  dari login alice --key-file alice.key --to tls://localhost:9090

  --password-stdin   read the password from standard input instead of asking
  --key-file FILE    sign in by a private key (PKCS #8 PEM, mode 0600)
${connectionHelp}

The password does not cross the network: SCRAM-SHA-256 proves that you know it.`,
  flags: {
    string: [...connectionFlags, "key-file"],
    boolean: ["password-stdin", "insecure"],
  },
  async run(args, io) {
    const [username] = args.words;
    const address = args.option("to");
    if (username === undefined || address === undefined) {
      throw new DariError("usage", "Who, and where? dari login NAME --to ADDRESS");
    }
    const data = dataDirectoryOf(args, io);
    await ensurePrivateDirectory(data);
    await using client = await connectAnonymously(args, io);
    const { token, expiresAtMs, roles } = await signIn(
      (method, params) => client.call(method, params),
      await credentialsOf(username, args, io),
      { agent: `dari login ${VERSION}`, channelBindings: client.peer?.channelBindings },
    );
    if (token !== undefined) await saveSession(data, address, { token, expiresAtMs });
    if (args.flag("json")) io.print(JSON.stringify({ username, roles, expiresAtMs }));
    else io.print(`signed in as ${username} (${roles.join(", ")}) until ${moment(expiresAtMs)}`);
    return 0;
  },
};

async function credentialsOf(username: string, args: Arguments, io: Io) {
  const keyFile = args.option("key-file");
  if (keyFile !== undefined) {
    return { key: { username, privateKey: await readSecretFile(keyFile) } };
  }
  const password = args.flag("password-stdin")
    ? (await io.readInput()).replace(/\r?\n$/, "")
    : await io.promptSecret("Password:");
  if (password === null) {
    throw new DariError(
      "usage",
      "There is no terminal to ask for a password; use --password-stdin",
    );
  }
  return { login: { username, password } };
}
