/**
 * Mistakes that somebody might make, one for each thing that the simulation watches.
 *
 * @module
 */

/** A mistake in one place of the code. */
export interface Mistake {
  /** What goes wrong with it. */
  readonly name: string;
  /** The file, from the project's root. */
  readonly path: string;
  /** The text in that file, which it has once. */
  readonly right: string;
  /** What stands there with the mistake. */
  readonly wrong: string;
}

/** The mistakes. A change of the code they stand in takes another text here. */
export const mistakes: readonly Mistake[] = [
  {
    name: "the disk acknowledges commits of counters before they are durable",
    path: "scripts/sim/machine/disk.ts",
    right: "return await written;",
    wrong: 'return keys.startsWith("counter/") ? (written.catch(() => {}), 0) : await written;',
  },
  {
    name: "the client tries calls again that may not run twice",
    path: "lib/rpc/retry/repetition.ts",
    right: `repeats: idempotent ? "always" : "never"`,
    wrong: `repeats: "always"`,
  },
  {
    name: "the client takes every failure of the server for a refusal, and sends the call again",
    path: "lib/rpc/call/waiting_calls.ts",
    right:
      `return typeof data === "object" && data !== null && "stopping" in data && data.stopping === true;`,
    wrong: "return data !== 0;",
  },
  {
    name: "a try has a second at least, whatever is left of its deadline",
    path: "lib/rpc/retry/retrying_calls.ts",
    right: "beginCall(made, deadlineAt - nowMs, nowMs)",
    wrong: "beginCall(made, Math.max(deadlineAt - nowMs, 1_000), nowMs)",
  },
  {
    name: "a connection watches the earliest deadline alone",
    path: "lib/rpc/call/deadlines.ts",
    right: "this.#timer.add(next);",
    wrong: "",
  },
  {
    name: "a call that waits for a connection is forgotten when there is none",
    path: "lib/rpc/link/patient_backlog.ts",
    right: "else call.reject(error);",
    wrong: "",
  },
  {
    name: "the server goes on with the calls of a credential that was revoked meanwhile",
    path: "lib/rpc/server/server.ts",
    right: "for (const connection of this.#connections) connection.revoke(principal);",
    wrong: "void principal;",
  },
  {
    name: "the server takes an API key on that another server has revoked",
    path: "lib/auth/access/live_principals.ts",
    right: "if (record?.active !== true || secret === undefined) this.revoke(principal);",
    wrong: "if (secret === undefined) return; if (record?.active !== true) this.revoke(principal);",
  },
  {
    name: "every thirty-second reply has the id of the call before",
    path: "lib/rpc/dispatch/call_endings.ts",
    right: "resultLine(call, call.id, result)",
    wrong: "resultLine(call, Number(call.id) % 32 === 31 ? Number(call.id) - 1 : call.id, result)",
  },
  {
    name: "a line that arrives in pieces is searched from the wrong byte",
    path: "lib/transport/framing/line_buffer.ts",
    right: "this.#searched -= this.#start;",
    wrong: "",
  },
  {
    name: "the server keeps the place of a connection that has ended",
    path: "lib/rpc/server/server.ts",
    right: "this.#admission.leave(connection);",
    wrong: "",
  },
  {
    name: "the deadlines of calls outlive their connection",
    path: "lib/rpc/call/waiting_calls.ts",
    right: "this.#deadlines.stop();",
    wrong: "",
  },
  {
    name: "a server forgets the answers of calls with a key when it starts",
    path: "scripts/sim/machine/server.ts",
    right: "idempotency: { store, shared: true },",
    wrong: "idempotency: {},",
  },
  {
    name: "a lease is good as long as nobody else has taken the message",
    path: "lib/messages/embedded/tables/answers.ts",
    right: "AND holder = ? AND due_at > ?",
    wrong: "AND holder = ? AND due_at > ? - 3_600_000",
  },
  {
    name: "the newest of the messages that are held goes ahead",
    path: "lib/messages/embedded/tables/keys.ts",
    right: "WHERE queue = ? AND key = ? AND state = 3 ORDER BY number LIMIT 1",
    wrong: "WHERE queue = ? AND key = ? AND state = 3 ORDER BY number DESC LIMIT 1",
  },
  {
    name: "a message is put again though its id is known",
    path: "lib/messages/embedded/tables/put.ts",
    right: "AND (until IS NULL OR until > ?)",
    wrong: "AND 0 AND (until IS NULL OR until > ?)",
  },
  {
    name: "a job does a step again that it remembers",
    path: "lib/messages/job/job_try.ts",
    right: "if (known !== undefined) return readMessage(known) as never;",
    wrong: "void known;",
  },
  {
    name: "a message that was removed is still counted",
    path: "lib/messages/embedded/tables/moves.ts",
    right: "if (state === DEAD) queue.dead_bytes -= bytes;\n  else queue.bytes -= bytes;",
    wrong: "if (state === DEAD) queue.dead_bytes -= bytes;",
  },
  {
    name: "a message is published again though its id is known",
    path: "lib/messages/embedded/topic_tables/publish.ts",
    right: "AND until > ?",
    wrong: "AND 0 AND until > ?",
  },
  {
    name: "a group begins one message too late",
    path: "lib/messages/embedded/topic_tables/groups.ts",
    right: "placeOf(sql, topic, beginning) + 1;",
    wrong: "placeOf(sql, topic, beginning) + 2;",
  },
  {
    name: "leases follow the clock when it is set",
    path: "lib/messages/embedded/steady_clock.ts",
    right: "return Math.round(this.#offsetMs + this.#clock.monotonic());",
    wrong: "return this.#clock.now();",
  },
  {
    name: "a lease that was given while the clock was ahead is believed",
    path: "lib/messages/embedded/taking.ts",
    right: "await (this.#begun ??= this.#begin(holder));",
    wrong: "",
  },
  {
    name: "a caller that gives up cancels the calls of others",
    path: "lib/rpc/dispatch/dispatcher.ts",
    right: "if (call.id !== id) continue;",
    wrong: "",
  },
];
