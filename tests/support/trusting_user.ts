import { dari, type Transcript, type World } from "./dari_command.ts";
import { tempDirectory } from "./temp.ts";

/** A user of another machine: an empty home, and commands run in it. */
export interface TrustingUser extends AsyncDisposable {
  /** The user's directory. */
  readonly directory: string;
  /** Runs `dari WORDS...` as this user. */
  dari(words: readonly string[], world?: World): Promise<Transcript>;
}

/** Makes a user. */
export async function trustingUser(): Promise<TrustingUser> {
  const home = await tempDirectory();
  return {
    directory: `${home.path}/dari`,
    dari: (words, { env, ...world } = {}) =>
      dari(words, { env: { XDG_CONFIG_HOME: home.path, ...env }, ...world }),
    [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
  };
}

/** The fingerprint of the authority in a data directory. */
export async function fingerprintIn(data: string): Promise<string> {
  const { out } = await dari(["cert", "inspect", `${data}/ca.crt`, "--json"]);
  return JSON.parse(out).at(-1).keyFingerprint;
}
