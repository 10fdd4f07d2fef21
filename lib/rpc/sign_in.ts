/**
 * The messages with which a connection is signed in and out.
 *
 * @module
 */

import type { SignInMethod } from "../auth/gate.ts";
import type { RequestMessage } from "../protocol/message.ts";

const METHODS: ReadonlySet<string> = new Set<SignInMethod>([
  "rpc.login",
  "rpc.scram",
  "rpc.challenge",
  "rpc.authenticate",
  "rpc.logout",
]);

/** Whether a request is for the gate, and not for a method. */
export function isSignIn(message: RequestMessage): message is SignInMessage {
  return METHODS.has(message.method);
}

/** A request for the gate. */
export type SignInMessage = RequestMessage & { readonly method: SignInMethod };
