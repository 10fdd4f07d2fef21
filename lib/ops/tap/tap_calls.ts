/**
 * Listens to the calls of a server of this thread, while somebody taps.
 *
 * @module
 */

import type { Methods } from "../../rpc/method/method.ts";
import type { CallRecord, Observer } from "../../rpc/observer.ts";
import { Redactor } from "./redact.ts";
import {
  isMethodShown,
  isShown,
  showCall,
  type TappedCall,
  type TapRequest,
} from "./tapped_call.ts";

/** The part of a server that is used here. */
export interface TappedServer {
  /** Adds an observer. */
  observe(observer: Observer): Disposable;
}

/**
 * Begins to listen.
 *
 * @param server The server.
 * @param methods Its methods: their schemas say what is secret.
 * @param request Which calls, and whether with their params.
 * @param take Takes each call once it has ended.
 * @returns Ends it when disposed of.
 */
export function tapCalls(
  server: TappedServer,
  methods: Methods,
  request: TapRequest,
  take: (call: TappedCall) => void,
): Disposable {
  const isAdminMethod = (name: string) => {
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
    return typeof method === "object" && method.admin === true;
  };
  const params = new WeakMap<CallRecord, string>();
  const ended = (call: CallRecord) => {
    if (isShown(call, request)) take(showCall(call, isAdminMethod(call.method), params.get(call)));
  };
  if (!request.params) return server.observe({ callEnded: ended });
  const redactor = new Redactor(methods);
  return server.observe({
    // Written now: the params belong to the call, whose handler may change them.
    callBegan(call, given) {
      if (given === undefined || !isMethodShown(call.method, request.methods)) return;
      params.set(call, redactor.write(call.method, given));
    },
    callEnded: ended,
  });
}
