/**
 * The accounts with which every run of a cluster begins, made once.
 *
 * @module
 */

import { openIdentity } from "../../../lib/auth/sign_in/identity.ts";
import { createMemoryStore } from "../../../lib/store/memory.ts";
import type { Entry } from "../../../lib/store/store.ts";
import { replaceGlobals } from "../time/globals.ts";
import { Random } from "../time/random.ts";
import { Program } from "../time/timeline.ts";
import { Trace } from "../time/trace.ts";
import { VirtualTime } from "../time/virtual_time.ts";

/** What is in the store at first. */
export interface FirstContent {
  readonly entries: readonly Entry[];
  /** The names of accounts that sign in. */
  readonly users: readonly string[];
  /** API keys: their ids, their texts, and whose they are. */
  readonly keys: readonly { readonly id: string; readonly text: string; readonly user: string }[];
}

/** The password of each account that has one. */
export const PASSWORD = "it crosses the river";

const USERS = 8;
/** The fewest that SCRAM allows (RFC 7677, section 4). */
const ITERATIONS = 4_096;

let made: Promise<FirstContent> | undefined;

/** The content, which no run changes. */
export function firstContent(): Promise<FirstContent> {
  return made ??= make();
}

async function make(): Promise<FirstContent> {
  const time = new VirtualTime(new Trace(false));
  using _globals = await replaceGlobals(time, new Random(0, "cluster accounts"));
  let content: FirstContent | undefined;
  let failure: unknown;
  time.after(0, "makes accounts", () => {
    time.hold(fill().then((filled) => content = filled, (error) => failure = error));
  }, new Program("accounts"));
  await time.run(() => content !== undefined || failure !== undefined);
  if (content === undefined) throw failure;
  return content;
}

async function fill(): Promise<FirstContent> {
  await using store = createMemoryStore();
  using identity = await openIdentity(store, { passwords: { iterations: ITERATIONS } });
  const users: string[] = [];
  const keys: { id: string; text: string; user: string }[] = [];
  for (let number = 0; number < USERS; number++) {
    const name = `user-${number}`;
    await identity.accounts.add({ name });
    const { text, key } = await identity.keys.create({ account: name, name: "simulation" });
    users.push(name);
    keys.push({ id: key.id, text, user: name });
  }
  for (const name of ["guessed-0", "guessed-1", "known"]) {
    await identity.accounts.add({ name, password: PASSWORD });
  }
  return { entries: await store.list(""), users, keys };
}
