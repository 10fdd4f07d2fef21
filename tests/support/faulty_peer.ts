/**
 * A peer of the wire with a fault planted in it: the real server behind a filter that changes the
 * lines on their way.
 *
 * @module
 */

import type { PeerConnection } from "../../lib/conformance/dialogue.ts";
import { jobFaults } from "./faulty_jobs.ts";
import {
  drop,
  type Fault,
  fault,
  type PlantedFault,
  rewriteAnswers,
  rewriteRequests,
} from "./planted_fault.ts";

/** Faults by what the peer does. */
export const faults: Readonly<Record<string, PlantedFault>> = {
  "answers notifications": fault("core.notifications.silent", () => ({
    toServer: (line) =>
      line.includes('"method"') && !line.includes('"id"') && !line.includes('"rpc.c')
        ? [line.replace('{"jsonrpc"', '{"id":null,"jsonrpc"')]
        : [line],
  })),
  "makes text of numeric ids": rewriteAnswers("core.ids.number", /"id":(\d+)/, '"id":"$1"'),
  "takes a fraction for an id": rewriteRequests("core.ids.bad-fraction", '"id":1.5', '"id":1'),
  "rounds ids that no double holds": rewriteRequests("core.ids.bad-beyond", "740993", "740991"),
  "calls a parse error an invalid request": rewriteAnswers(
    "core.messages.not-json",
    "-32700",
    "-32600",
  ),
  "ends the connection after a parse error": fault("core.messages.not-json", () => ({
    endsAfter: (line) => line.includes("-32700"),
  })),
  "leaves the version out of answers": rewriteAnswers("core.ids.null", '"jsonrpc":"2.0",', ""),
  "tells of errors that its methods do not declare": rewriteAnswers(
    "core.errors.undeclared",
    /"code":-32603.*"internal"/,
    '"code":-32020,"message":"no","data":{"name":"no_such"',
  ),
  "writes a result beside an error": rewriteAnswers(
    "core.errors.no-method",
    '"error"',
    '"result":null,"error"',
  ),
  "shows the stack of an error": rewriteAnswers(
    "core.errors.no-stack",
    '"retryable"',
    '"stack":"at file:///srv/x.ts:1","retryable"',
  ),
  "takes names whatever their case": rewriteRequests(
    "core.errors.name-case",
    '"method":"ADD"',
    '"method":"rpc.ping"',
  ),
  "answers each element of a batch on a line of its own": fault("core.batches.two", () => ({
    toTester: (line) =>
      line.startsWith("[") ? JSON.parse(line).map((one: unknown) => JSON.stringify(one)) : [line],
  })),
  "answers an empty batch with an empty batch": fault("core.batches.empty", () => ({
    toTester: (line) => [line.includes("the batch is empty") ? "[]" : line],
  })),
  "loses every fifth answer": fault("core.framing.many", () => {
    let answers = 0;
    return {
      toTester: (line) => line.includes('"result"') && ++answers % 5 === 0 ? [] : [line],
    };
  }),
  "takes messages as they came, whatever their priority": rewriteRequests(
    "queues.priority",
    '"priority":9',
    '"priority":0',
  ),
  "lets a lease be answered twice": rewriteAnswers(
    "queues.acknowledged-twice",
    /"error":.*$/,
    '"result":{}}',
  ),
  "gives messages of one key together": rewriteRequests("queues.key", /"key":"k",?/g, ""),
  "sends messages of a topic beyond what is granted": rewriteRequests(
    "topics.credit",
    /,"meta":\{"credit":\d+\}/,
    "",
  ),
  "gives messages that do not fit the pattern": rewriteRequests(
    "topics.one-part",
    "part.*.paid",
    "part.>",
  ),
  "publishes a message again whose id is known": rewriteRequests(
    "topics.duplicate",
    /,"id":"[^"]+"\}/,
    "}",
  ),
  ...jobFaults,
  "runs what stands behind an HTTP request": drop("core.messages.http", "HTTP/1.1"),
  "does not know credit": rewriteRequests("streams.credit", /,"meta":\{"credit":\d+\}/, ""),
  "adds a grant of less than nothing as one of nine": rewriteRequests(
    "streams.credit-negative",
    '"count":-1',
    '"count":9',
  ),
  "goes on with a cancelled call": drop("streams.cancel", '"rpc.cancel"'),
  "cancels a call by the text of its id": rewriteRequests(
    "streams.cancel-text",
    '"rpc.cancel","params":{"id":"1"}',
    '"rpc.cancel","params":{"id":1}',
  ),
  "sends an item after the end of its stream": fault("streams.cancel", () => {
    let streams = false;
    return {
      toTester(line) {
        streams ||= line.includes('"rpc.item"');
        const isEnd = streams && line.includes("-32004");
        const late = '{"jsonrpc":"2.0","method":"rpc.item","params":{"id":1,"value":99}}';
        return isEnd ? [line, late] : [line];
      },
    };
  }),
  "forgets that hello was said": rewriteRequests(
    "core.hello.once-more",
    '"id":2,"method":"rpc.hello"',
    '"id":2,"method":"rpc.ping"',
  ),
  "refuses features that it does not know": rewriteRequests(
    "core.hello.from-the-future",
    '"teleport"',
    "1",
  ),
  "loses the types of results": rewriteAnswers("values.date", /"types":\{[^}]*\},/, ""),
  "rounds bigints": rewriteAnswers("values.bigint", "1234567890123456789012345678", "1"),
  "takes any text for a bigint": rewriteRequests(
    "values.bad-bigint",
    '"value":"1.5"',
    '"value":"1"',
  ),
  "reads types to which nobody has agreed": rewriteAnswers(
    "core.hello.never-said",
    '"result":"7"',
    '"types":{"":"bigint"},"result":"7"',
  ),
  "begins to read a stream without a grant": fault("streams.values-sum", () => ({
    toTester: (line) => line.includes('"rpc.credit"') ? [] : [line],
  })),
  "adds an item that comes after the end": rewriteRequests(
    "streams.values-item-after-end",
    '"value":1}',
    '"value":2}',
  ),
  "knows no deadlines": rewriteRequests("core.deadlines.late", '"timeoutMs":50,', ""),
  "tells an unknown name from a wrong password": rewriteAnswers(
    "sign-in.wrong-password",
    "-32001",
    "-32008",
  ),
};

const LF = 0x0a;

/**
 * Plants a fault.
 *
 * @param peer A connection to a good peer.
 * @param fault The fault.
 * @returns The connection as a tester sees it.
 */
export function plantFault(peer: PeerConnection, fault: Fault): PeerConnection {
  const { toServer = (line) => [line], toTester = (line) => [line], endsAfter } = fault;
  const outgoing = lineFilter(toServer);
  const incoming = lineFilter(toTester);
  let hasEnded = false;
  return {
    ...peer,
    write: async (bytes) => await peer.write(outgoing(bytes)),
    async read() {
      if (hasEnded) return null;
      const bytes = await peer.read();
      if (bytes === null) return null;
      hasEnded = endsAfter?.(new TextDecoder().decode(bytes)) ?? false;
      return incoming(bytes);
    },
  };
}

/** Filters whole lines; what is not UTF-8 goes through as it is. */
function lineFilter(filter: (line: string) => readonly string[]) {
  let rest = new Uint8Array();
  return (bytes: Uint8Array): Uint8Array => {
    const all = new Uint8Array(rest.length + bytes.length);
    all.set(rest);
    all.set(bytes, rest.length);
    const end = all.lastIndexOf(LF) + 1;
    rest = all.slice(end);
    let text: string;
    try {
      text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
        all.subarray(0, end),
      );
    } catch {
      return all.subarray(0, end);
    }
    const lines = text.split("\n").slice(0, -1).flatMap(filter);
    return new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
  };
}
