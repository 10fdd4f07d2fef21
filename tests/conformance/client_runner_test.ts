// The cases for clients, and what they find.

import { assert, assertEquals } from "@std/assert";
import type { ClientCase } from "../../lib/conformance/case.ts";
import { LEVELS } from "../../lib/conformance/case.ts";
import { conformanceCases } from "../../lib/conformance/cases.ts";
import { clientCases } from "../../lib/conformance/client_cases.ts";
import { runClientCases } from "../../lib/conformance/runner.ts";
import { startClient } from "../support/client_under_test.ts";
import { plantFault } from "../support/faulty_peer.ts";
import type { Fault } from "../support/planted_fault.ts";

const TIMEOUT_MS = 2_000;

Deno.test("dari's own client passes every case for clients", async () => {
  const results = await runClientCases(clientCases, { start: startClient, timeoutMs: TIMEOUT_MS });
  const notPassed = results.filter(({ outcome }) => outcome !== "passed");
  assertEquals(notPassed.map(({ id, reason, sent, came }) => ({ id, reason, sent, came })), []);
});

Deno.test("every case for clients has an id of its own, a level, instructions and a report", () => {
  const ids = new Set([...conformanceCases, ...clientCases].map(({ id }) => id));
  assertEquals(ids.size, conformanceCases.length + clientCases.length);
  for (const { id, level, title, instructions, steps } of clientCases) {
    assert(id.startsWith("client.") && LEVELS.includes(level), id);
    assert(/^.+ .+[^.]$/.test(title), `${id}: ${title}`);
    assert(instructions.length > 0, id);
    const reports = steps.filter((step) => "wantReport" in step).length;
    const ends = steps.some((step) => "wantEnd" in step);
    assertEquals(reports, ends ? 0 : instructions.length, id);
  }
});

Deno.test("the kit has at least 200 cases", () => {
  assert(conformanceCases.length + clientCases.length >= 200);
});

const faults: readonly [title: string, foundBy: string, fault: Fault][] = [
  ["gives no version", "client.calls.result", {
    toTester: (line) => [line.replace('"jsonrpc":"2.0",', "")],
  }],
  ["gives calls the id null", "client.calls.result", {
    toTester: (line) => [line.replace(/"id":\d+/, '"id":null')],
  }],
  ["takes the first answer for that of the first call", "client.calls.out-of-order", {
    toServer: (line) => [
      line.includes("second") ? line.replace(/"result":.*/, '"result":"first"}') : line,
    ],
  }],
  ["gives notifications an id", "client.notifications.sent", {
    toTester: (line) => [line.replace('"method":"log"', '"id":1,"method":"log"')],
  }],
  ["loses the codes of errors", "client.errors.not-found", {
    toTester: (line) => [line.replace('"code":-32008', '"code":-32603')],
  }],
  ["goes on with a stream that it has left", "client.streams.leave", {
    toTester: (line) => line.includes("rpc.cancel") ? [] : [line],
  }],
  ["never grants more items", "client.streams.credit", {
    toTester: (line) => line.includes("rpc.credit") ? [] : [line],
  }],
  ["hashes what is left of a file alone", "client.streams.file-offset", {
    toTester: (line) => [line.replace(/"sha256":"[0-9a-f]+"/, `"sha256":"${"0".repeat(64)}"`)],
  }],
  ["begins every file at its beginning", "client.streams.file-offset", {
    toServer: (line) => [line.replace(',"offset":2', "")],
  }],
  ["does not hear that the server goes away", "client.drain.no-new-calls", {
    toServer: (line) => line.includes("rpc.drain") ? [] : [line],
  }],
  ["wants no meta in replies", "client.meta.odd-number", {
    toServer: (line) => line.includes('"meta":5') ? [] : [line],
  }],
  ["does not answer calls", "client.serving.unknown", {
    toTester: (line) => line.includes('"error"') ? [] : [line],
  }],
];

for (const [title, foundBy, fault] of faults) {
  Deno.test(`the case ${foundBy} finds a client that ${title}`, async () => {
    const start = async (text: string) => plantFault(await startClient(text), fault);
    const cases = clientCases.filter(({ id }) => id === foundBy);
    const results = await runClientCases(cases, { start, timeoutMs: 300 });
    assertEquals(results.map(({ outcome }) => outcome), ["failed"]);
  });
}

const aCase = (steps: ClientCase["steps"]): ClientCase => ({
  id: "client.a",
  level: "core",
  section: "Calls",
  title: "A title",
  instructions: [{ call: "add" }],
  steps,
});

Deno.test("runClientCases() skips what the client says that it does not do", async () => {
  const unsupported: Fault = {
    toTester: (line) => [line.replace(/"params":\{"result":3\}/, '"params":{"unsupported":true}')],
  };
  const start = async (text: string) => plantFault(await startClient(text), unsupported);
  const [result] = await runClientCases([
    aCase([
      { want: { method: "add" }, as: "call" },
      { send: '{"jsonrpc":"2.0","id":${call},"result":3}' },
      { wantReport: { result: 3 } },
    ]),
  ], { start, timeoutMs: TIMEOUT_MS });
  assertEquals(result?.outcome, "skipped");
});

Deno.test("runClientCases() says what a client reported", async () => {
  const [result] = await runClientCases([
    aCase([
      { want: { method: "add" }, as: "call" },
      { send: '{"jsonrpc":"2.0","id":${call},"result":4}' },
      { wantReport: { result: 3 } },
    ]),
  ], { start: startClient, timeoutMs: TIMEOUT_MS });
  assertEquals([result?.outcome, result?.reason], ["failed", "report.result is 4, wanted 3"]);
});

Deno.test("a line that names a request that did not come is a mistake of the case", async () => {
  const steps = [{ send: '{"id":${other}}' }];
  const options = { start: startClient, timeoutMs: TIMEOUT_MS };
  const [result] = await runClientCases([aCase(steps)], options);
  assertEquals(result?.reason, 'Nothing is kept as "other"');
});
