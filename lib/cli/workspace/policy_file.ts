/**
 * The policy of a data directory, taken up when its file changes.
 *
 * @module
 */

import { parsePolicy, type Policy } from "../../auth/mod.ts";
import { DariError } from "../../base/errors.ts";
import { readWrittenFile, reasonOf } from "../../base/file/files.ts";
import { limits } from "../../base/limits.ts";
import type { WriteLog } from "../../base/text/write_log.ts";

/**
 * Reads a policy.
 *
 * @param path The file.
 * @returns The policy; the default one where there is no file.
 * @throws {DariError} `configuration` when the file is no policy, or others can change it; `io` when it
 * cannot be read.
 */
export async function readPolicy(path: string): Promise<Policy> {
  let text: string;
  try {
    text = await readWrittenFile(path);
  } catch (error) {
    if (error instanceof DariError && error.code === "not_found") return {};
    throw error;
  }
  return parsePolicy(text, path);
}

/** What to do with a policy that has changed. */
export interface PolicyWatchOptions {
  /** Takes the new policy up in the place of another; what it throws says what is wrong with it. */
  readonly use: (policy: Policy, before: Policy) => void;
  /** Told in one line when a policy was taken up, or refused. */
  readonly tell: WriteLog;
}

/** Looks at a policy's file now and then; begins with {@linkcode PolicyWatch.start}. */
export class PolicyWatch implements Disposable {
  readonly #path: string;
  readonly #options: PolicyWatchOptions;
  /** The state of the file that was looked at last. */
  #stamp: string;
  /** The policy that was taken up last. */
  #policy: Policy;
  /** Set by `start`, cleared by disposing. */
  #timer: ReturnType<typeof setInterval> | undefined;
  /** The look that is under way. */
  #looking: Promise<void> | undefined;

  private constructor(
    path: string,
    { stamp, policy }: { readonly stamp: string; readonly policy: Policy },
    options: PolicyWatchOptions,
  ) {
    this.#path = path;
    this.#stamp = stamp;
    this.#policy = policy;
    this.#options = options;
  }

  /**
   * Reads a policy, and prepares to watch its file.
   *
   * @param path The file; there may be none.
   * @returns The policy, and what begins the watch.
   * @throws {DariError} `configuration` when the file is no policy, or others can change it; `io` when it
   * cannot be read.
   */
  static async open(
    path: string,
  ): Promise<{ policy: Policy; start(options: PolicyWatchOptions): PolicyWatch }> {
    // Before the file is read: a change in between is found with the first look.
    const stamp = await stampOf(path);
    const policy = await readPolicy(path);
    return {
      policy,
      start(options) {
        const watch = new PolicyWatch(path, { stamp, policy }, options);
        watch.#timer = setInterval(() => void watch.look(), limits.policyFileCheckMs);
        Deno.unrefTimer(watch.#timer);
        return watch;
      },
    };
  }

  /**
   * Looks at the file, and takes the policy up where it has changed. Never rejects.
   *
   * @param isAsked Whether somebody has asked for it, who is then told also that it has not changed.
   */
  async look(isAsked = false): Promise<void> {
    if (this.#looking !== undefined && !isAsked) return;
    await this.#looking;
    this.#looking = this.#look(isAsked);
    await this.#looking;
    this.#looking = undefined;
  }

  async #look(isAsked: boolean): Promise<void> {
    const { tell, use } = this.#options;
    try {
      const stamp = await stampOf(this.#path);
      if (stamp === this.#stamp) {
        if (isAsked) tell(`"${this.#path}" has not changed`, "info");
        return;
      }
      this.#stamp = stamp;
      if (stamp === NO_FILE) {
        // Without a file everybody may call almost everything: a loss must not open that.
        return tell(`"${this.#path}" is gone; the policy before it goes on`, "warn");
      }
      const policy = await readPolicy(this.#path);
      use(policy, this.#policy);
      this.#policy = policy;
      tell(`"${this.#path}" has changed and was taken up`, "info");
    } catch (error) {
      const reason = reasonOf(error);
      tell(`${reason}; the policy before it goes on`, "warn");
    }
  }

  /** Ends the watch. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

const NO_FILE = "none";

async function stampOf(path: string): Promise<string> {
  try {
    const { mtime, size, ino } = await Deno.stat(path);
    return `${mtime?.getTime()} ${size} ${ino}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return NO_FILE;
    return `${error}`; // Reading the file says what is wrong.
  }
}
