import { assertEquals } from "@std/assert";
import {
  formatIp,
  formatIpRange,
  ipInRange,
  parseIp,
  parseIpRange,
} from "../../../lib/cert/x509/ip.ts";

Deno.test("parseIp() and formatIp() agree with RFC 5952", () => {
  const forms = [
    ["0:0:0:0:0:0:0:0", "::"],
    ["2001:db8::1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:0DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["::ffff:1.2.3.4", "::ffff:102:304"],
    ["0:0:0:0:0:ffff:1.2.3.4", "::ffff:102:304"],
    ["1::", "1::"],
  ] as const;
  for (const [text, expected] of forms) {
    assertEquals(parseIp(text)?.length, 16, text);
    assertEquals(formatIp(parseIp(text)!), expected);
  }
  assertEquals(parseIp("1:2:3:4:5:6:7::"), parseIp("1:2:3:4:5:6:7:0"));
});

Deno.test("parseIp() refuses what is read in two ways", () => {
  for (
    const text of [
      "010.0.0.1",
      "1.2.3",
      "1:2",
      "1::2::3",
      ":::",
      "1:2:3:4::5:6:7:8",
      "1.2.3.4::",
      "1::1.2.3.4:5",
      "::1.2.3",
      "1:2:3:4:5:6:7:8:9",
      "::1%lo",
    ]
  ) {
    assertEquals(parseIp(text), undefined, text);
  }
});

Deno.test("parseIpRange() takes prefixes without stray bits", () => {
  assertEquals(formatIpRange(parseIpRange("10.0.0.0/8")!), "10.0.0.0/8");
  assertEquals(formatIpRange(parseIpRange("10.1.2.3")!), "10.1.2.3/32");
  assertEquals(formatIpRange(parseIpRange("::/0")!), "::/0");
  for (const text of ["10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/", "x/8"]) {
    assertEquals(parseIpRange(text), undefined, text);
  }
  const range = parseIpRange("10.128.0.0/9")!;
  assertEquals(ipInRange(parseIp("10.200.0.1")!, range), true);
  assertEquals(ipInRange(parseIp("10.127.0.1")!, range), false);
  assertEquals(ipInRange(parseIp("::1")!, range), false);
});

Deno.test("formatIpRange() writes a mask with holes in full", () => {
  assertEquals(formatIpRange(Uint8Array.of(10, 0, 0, 0, 255, 0, 255, 0)), "10.0.0.0/255.0.255.0");
});
