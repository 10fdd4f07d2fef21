/**
 * A connection of JSON lines from an address of one's own, as another machine would have it: servers
 * count wrong passwords by address.
 *
 * @module
 */

import { connect, type Socket } from "node:net"; // Deno's own sockets choose no address
import type { SignInCall } from "../../../../lib/auth/sign_in/sign_in_client.ts";
import { RpcError } from "../../../../mod.ts";

/** Where a connection leads, and from where. */
export interface RawTarget {
  readonly host: string;
  readonly port: number;
  readonly localAddress: string;
}

/** A connection that ended before it answered: nobody knows what became of the call. */
export class NoAnswer extends Error {}

/** One connection. */
export class RawConnection implements Disposable {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #rest = "";
  #last = 0;
  #isOver = false;

  /** @param target Where it leads. */
  constructor(target: RawTarget) {
    this.#socket = connect(target);
    this.#socket.setEncoding("utf8");
    this.#socket.on("data", (text) => this.#take(String(text)));
    this.#socket.on("error", () => this.#end());
    this.#socket.on("close", () => this.#end());
  }

  /** Makes a call. */
  readonly call: SignInCall = async (method, params) => {
    if (this.#isOver) throw new NoAnswer();
    const id = ++this.#last;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(id, answer);
    this.#socket.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    return await answer.promise;
  };

  /** Ends it; what was not answered is not. */
  [Symbol.dispose](): void {
    this.#socket.destroy();
    this.#end();
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines.filter((each) => each !== "")) {
      const { id, result, error } = JSON.parse(line);
      const answer = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) answer?.resolve(result);
      else answer?.reject(new RpcError(error.data?.name ?? "internal", error.message));
    }
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const answer of this.#waiting.values()) answer.reject(new NoAnswer());
    this.#waiting.clear();
  }
}
