import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { parseCertificates, verifyCertificate } from "../../../lib/cert/mod.ts";
import { openMembership } from "../../../lib/cli/renewal/membership.ts";
import type { AuditEvent } from "../../../lib/ops/audit/audit.ts";
import { TestClock } from "../../support/clock.ts";
import { dari, startDari } from "../../support/dari_command.ts";
import { natsTest, startNats } from "../../support/nats_server.ts";
import { tempDirectory } from "../../support/temp.ts";

const DAY_MS = 86_400_000;

natsTest(
  "a server that joined gets its next certificate from the one that has the authority's key",
  async () => {
    await using nats = await startNats({ jetStream: true });
    await using directory = await tempDirectory();
    const [here, there] = [`${directory.path}/here`, `${directory.path}/there`];
    const address = `nats://${nats.at}/orders`;
    assertEquals((await dari(["store", "migrate", "--to", address, "--data", here])).code, 0);
    const words = ["serve", "--cluster", address, "--listen", "tls://localhost:0", "--data", here];
    await using holder = startDari(words);
    await holder.waitFor("ready");
    const { out: invited } = await dari([
      "invite",
      "server-2.internal",
      "--cluster",
      "--data",
      here,
    ]);
    const input = invited.split("\n").at(-1)!;
    assertEquals((await dari(["join", "--token-stdin", "--data", there], { input })).code, 0);
    const file = `${there}/server.crt`;
    const [before] = parseCertificates(await Deno.readTextFile(file));

    const told: string[] = [];
    const noted: AuditEvent[] = [];
    const clock = new TestClock(Date.now() + 25 * DAY_MS);
    const revoked = new Set<string>();
    const parts = {
      ...{ data: there, clock },
      isRevoked: ({ serial }: { serial: string }) => revoked.has(serial),
      onRevoked() {},
      audit: { note: (event: AuditEvent) => void noted.push(event) },
      tell: (line: string) => told.push(line),
    };
    await using member = (await openMembership(address, {}, parts))!;
    const renewed = async () => {
      const [certificate] = parseCertificates(await Deno.readTextFile(file));
      return certificate;
    };
    // A server that takes longer to answer than it is waited for is asked again an hour later.
    while ((await renewed()).serial === before.serial && clock.now() < before.notAfterMs) {
      await member.renewal.look();
      clock.advance(3_600_000);
    }
    const next = await renewed();
    const authorities = parseCertificates(await Deno.readTextFile(`${there}/ca.crt`));
    for (const name of ["server-2.internal", "orders.service.internal"]) {
      await verifyCertificate(next, { authorities, name, purpose: "server" });
    }
    assertEquals(next.publicKey, before.publicKey);
    assertEquals(noted.map(({ kind, about }) => [kind, about]), [[
      ...["certificate.renewed", next.serial],
    ]]);
    const issued = await dari(["audit", "query", "--kind", "certificate.issued", "--data", here]);
    assertStringIncludes(issued.out, next.serial);

    // Revoked, it is not renewed again, and stays as it is.
    assertEquals((await dari(["cert", "revoke", next.serial, "--data", here])).code, 0);
    told.length = 0;
    while (!told.some((line) => line.includes("is revoked")) && clock.now() < next.notAfterMs) {
      await member.renewal.look();
      clock.advance(3_600_000);
    }
    assert(told.some((line) => line.includes("is revoked")), told.join("\n"));
    assertEquals((await renewed()).serial, next.serial);

    // Nor does a server begin with it.
    revoked.add(next.serial);
    const { code } = await assertRejects(
      () => openMembership(address, {}, parts),
      DariError,
      `(serial ${next.serial}) is revoked`,
    );
    assertEquals(code, "failed_precondition");
  },
);
