import { assertEquals, assertThrows } from "@std/assert";
import { rememberFaults } from "../../../lib/cert/path/remembered_faults.ts";
import type { Fault } from "../../../lib/cert/reasons.ts";
import type { Certificate } from "../../../lib/cert/x509/certificate.ts";

Deno.test("a check is made once for each certificate, whether it finds something or not", () => {
  const good = {} as Certificate, bad = {} as Certificate;
  const asked: Certificate[] = [];
  const fault: Fault = { reason: "bad_name", message: "has a malformed name" };
  const check = rememberFaults((certificate) => {
    asked.push(certificate);
    return certificate === bad ? fault : undefined;
  });
  assertEquals([check(good), check(bad)], [undefined, fault]);
  assertEquals([check(good), check(bad)], [undefined, fault]);
  assertEquals(asked.length, 2);
});

Deno.test("a check that throws is made again", () => {
  let times = 0;
  const check = rememberFaults(() => {
    times++;
    throw new TypeError("unreadable");
  });
  const one = {} as Certificate;
  for (let n = 0; n < 2; n++) assertThrows(() => check(one), TypeError, "unreadable");
  assertEquals(times, 2);
});
