import { signIn } from "../../auth/sign_in/sign_in_client.ts";
import { ensurePrivateDirectory, readNamedSecretFile } from "../../base/file/files.ts";
import { inFile } from "../../cert/reasons.ts";
import { VERSION } from "../../base/version.ts";
import { type Command, defineCommand, type Io } from "../app/command.ts";
import { operand, option, refuseTogether } from "../app/option.ts";
import { formatMoment, report } from "../app/report.ts";
import {
  codeOptions,
  passwordOptions,
  readSecret,
  type SecretSource,
} from "../app/secret_input.ts";
import { accountName, file } from "../app/value_type.ts";
import { saveSession } from "../workspace/saved_sessions.ts";
import {
  connectAnonymously,
  sessionDirectoryOf,
  signInOptions,
  signInServerOf,
} from "../workspace/server_connection.ts";

/** `dari login` */
export const command: Command = defineCommand({
  examples: [
    "dari login alice --to tls://localhost:9090 --ca .dari/ca.crt",
    "dari login alice --to tls://localhost:9090 --password-stdin < password",
    "dari login alice --to tls://localhost:9090 --key-file alice.key",
  ],
  operands: { name: operand(accountName(), "the account") },
  options: {
    ...signInOptions,
    ...passwordOptions,
    ...codeOptions,
    "key-file": option(file(), "sign in with this private key (PKCS #8 PEM, mode 0600)"),
  },
  notes: [
    "Later commands with the same --to use the session. It is kept in the data directory; that of the " +
    "server of dari use where dari use keeps it, so that commands use it from every directory.",
    "The password is not sent to the server: SCRAM-SHA-256 proves that you know it.",
    "Where the account has a second factor, the code of its authenticator app or a recovery code is " +
    "asked for.",
  ],
  async run({ operands: { name: username }, options }, io) {
    const to = await signInServerOf(options, io);
    const directory = await sessionDirectoryOf(options, to, io);
    await ensurePrivateDirectory(directory);
    await using client = await connectAnonymously(to, options, io);
    const credentials = await credentialsOf(username, options, io);
    const signInNow = () =>
      signIn((method, params) => client.call(method, params), credentials, {
        agent: `dari login ${VERSION}`,
        channelBindings: client.peer?.channelBindings,
      });
    const keyFile = options["key-file"];
    const { token, expiresAtMs, roles } = keyFile === undefined
      ? await signInNow()
      : await inFile(keyFile, signInNow);
    if (token !== undefined) await saveSession(directory, to, { token, expiresAtMs });
    report(options, io, { username, roles, expiresAtMs }, [
      `signed in as ${username} (${roles.join(", ")}) until ${formatMoment(expiresAtMs)}`,
    ]);
    return 0;
  },
});

type LoginChoice = SecretSource<"password"> & SecretSource<"code"> & {
  readonly "key-file": string | undefined;
};

async function credentialsOf(username: string, options: LoginChoice, io: Io) {
  const keyFile = options["key-file"];
  if (keyFile !== undefined) {
    return { keyLogin: { username, privateKey: await readNamedSecretFile(keyFile) } };
  }
  refuseTogether({
    "--password-stdin": options["password-stdin"],
    "--code-stdin": options["code-stdin"],
  });
  const password = await readSecret("password", options, io, { prompt: "Password" });
  const code = (kinds: readonly string[]) => askCode(kinds, options, io);
  return { login: { username, password, code } };
}

async function askCode(
  kinds: readonly string[],
  options: SecretSource<"code">,
  io: Io,
): Promise<string> {
  const or = kinds.includes("recovery") ? ", or a recovery code" : "";
  const prompt = { prompt: `Code of the authenticator app${or}` };
  return await readSecret("code", options, io, prompt);
}
