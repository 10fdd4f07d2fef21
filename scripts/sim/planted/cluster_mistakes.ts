/**
 * Mistakes in what the servers of a cluster share.
 *
 * @module
 */

import type { Mistake } from "./mistakes.ts";

const LOG = "lib/cluster/log/log_state.ts";
const ANSWERS = "lib/rpc/idempotency/kept_answers.ts";
const PARTICIPANT = "lib/cluster/follow/participant.ts";

/** Each is found by `deno task sim --cluster`. */
export const clusterMistakes: readonly Mistake[] = [
  {
    name: "a message that a stranger puts in again is taken again",
    path: LOG,
    right: 'if (count <= this.countOf(writer)) return { kind: "passed", reason: "repeated" };',
    wrong: "",
  },
  {
    name: "a write does not look at the version that it expects",
    path: "lib/cluster/fold/state.ts",
    right: "ifVersion !== undefined && ifVersion !== (live(key)?.version ?? 0)",
    wrong: "ifVersion !== undefined && ifVersion > (live(key)?.version ?? 0)",
  },
  {
    name: "messages are removed that only the newest snapshot does without",
    path: LOG,
    right: "const obsolete = this.#whole;",
    wrong: "const obsolete = this.#sequence;",
  },
  {
    name: "a server that is cut off serves for twice the bound",
    path: PARTICIPANT,
    right: "ageMs > maxStalenessMs - untilAskedMs;",
    wrong: "ageMs > 2 * maxStalenessMs;",
  },
  {
    name: "whoever is signed in stays so at a server that is cut off",
    path: PARTICIPANT,
    right: "if (this.#isStale) this.#parts.onReset();",
    wrong: "",
  },
  {
    name: "a write is sent again though it may hold",
    path: "lib/cluster/follow/own_messages.ts",
    right: 'if (each === count && taken.kind !== "broken") this.#leave(message).resolve(taken);',
    wrong: 'if (each === count && taken.kind === "beat") this.#leave(message).resolve(taken);',
  },
  {
    name: "what was taken before a silence is not asked for behind it",
    path: "lib/cluster/follow/follower.ts",
    right: "if (before !== undefined && !await log.has(before.message)) {",
    wrong: "if (before !== undefined && await log.has(before.message) === undefined) {",
  },
  {
    name: "a message is taken though it was decided on another log",
    path: "lib/cluster/log/chain.ts",
    right: '=== point.digest ? "right" : "astray";',
    wrong: '=== point.digest ? "right" : "right";',
  },
  {
    name: "a call with a key is answered though its answer was not kept",
    path: ANSWERS,
    right: "if (!task.isIdempotent) throw this.#settle(",
    wrong: "if (task.isIdempotent) throw this.#settle(",
  },
  {
    name: "a server that is behind says of a call that was answered that nobody knows",
    path: ANSWERS,
    right: 'if (leftMs <= 0) return "seems lost";',
    wrong: "if (leftMs <= 0) throw told.unknown(task);",
  },
];
