/**
 * The document that `rpc.discover` answers with, kept for the next caller who may call the same
 * methods: making it takes longer than everything else that a stranger can ask for.
 *
 * @module
 */

import type { Gate } from "../../auth/sign_in/gate.ts";
import type { Principal } from "../../auth/policy/principal.ts";
import { BoundedMap } from "../../base/bounded_map.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { EncodedJson } from "../../protocol/encode.ts";
import { openRpcDocument } from "../../protocol/openrpc.ts";
import type { RegisteredMethod } from "../method/registry.ts";

/** What one principal was told, and when. */
interface Told {
  readonly document: EncodedJson;
  readonly atMs: number;
}

/** Strangers have no principal to be known by. */
const STRANGER: object = {};

/** Makes and keeps the documents of one server. */
export class Discovery {
  readonly #methods: readonly RegisteredMethod[];
  readonly #gate: Pick<Gate, "authorize">;
  readonly #keepsAnswers: boolean;
  readonly #info: { readonly title: string; readonly version: string };
  /** Documents by the methods that are in them. */
  readonly #documents = new BoundedMap<string, EncodedJson>(limits.maxDiscoverDocuments);
  #told = new WeakMap<object, Told>();

  /**
   * @param methods The methods that the server was given.
   * @param gate Decides who may call what.
   * @param info The server's title and version.
   * @param keepsAnswers Whether it keeps the answers of calls with an idempotency key.
   */
  constructor(
    methods: Iterable<RegisteredMethod>,
    gate: Pick<Gate, "authorize">,
    info: { readonly title: string; readonly version: string },
    keepsAnswers = false,
  ) {
    this.#keepsAnswers = keepsAnswers;
    this.#methods = [...methods];
    this.#gate = gate;
    this.#info = info;
  }

  /**
   * Gives the document of the methods that a principal may call.
   *
   * @param principal The caller; `null` for a stranger.
   * @param nowMs The time, in milliseconds of any clock. What somebody was told holds for a moment.
   * @returns The document's JSON.
   */
  document(principal: Principal | null, nowMs: number): EncodedJson {
    const key = principal ?? STRANGER;
    const told = this.#told.get(key);
    const ageMs = nowMs - (told?.atMs ?? -Infinity);
    if (told !== undefined && ageMs >= 0 && ageMs < limits.discoverCacheMs) return told.document;
    const document = this.#documentOf(
      this.#methods.map((method) => this.#mayCall(method, principal)),
    );
    this.#told.set(key, { document, atMs: nowMs });
    return document;
  }

  #documentOf(allowed: readonly boolean[]): EncodedJson {
    const rights = allowed.map((isAllowed) => isAllowed ? "1" : "0").join("");
    const kept = this.#documents.get(rights);
    if (kept !== undefined) return kept;
    const known = this.#methods.filter((_, place) => allowed[place]);
    const described = known.map((method) => method.describe());
    const document = openRpcDocument(this.#info, described, this.#keepsAnswers);
    const encoded = new EncodedJson(JSON.stringify(document));
    this.#documents.set(rights, encoded);
    return encoded;
  }

  #mayCall(method: RegisteredMethod, principal: Principal | null): boolean {
    if (method.isPublic) return true;
    try {
      this.#gate.authorize(principal, method.name, undefined, method.isAdmin);
      return true;
    } catch (error) {
      if (error instanceof DariError) return false;
      throw error;
    }
  }
}
