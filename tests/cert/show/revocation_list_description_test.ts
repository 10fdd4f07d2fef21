import { assertEquals } from "@std/assert";
import { formatRevocationList } from "../../../lib/cert/show/revocation_list_description.ts";
import { describeRevocationList } from "../../../lib/cert/show/revocation_list_description.ts";
import { parseRevocationList } from "../../../lib/cert/x509/revocation_list.ts";
import { testList } from "../../support/revocation_list.ts";
import { NOON_MS, testAuthority } from "../../support/test_authority.ts";

Deno.test("describeRevocationList() shows issuer, number, dates and each serial number", async () => {
  const { certificate, signer } = await testAuthority();
  const subject = certificate.subject.der;
  const times = { thisUpdateMs: NOON_MS, nextUpdateMs: NOON_MS + 1_000 };
  const show = async (serials: readonly string[]) =>
    formatRevocationList(
      describeRevocationList(
        parseRevocationList(await testList({ subject, signer, serials, number: 17, ...times })),
      ),
    );
  assertEquals((await show(["4a0b", "0c"])).split("\n"), [
    "list of    CN=test root",
    "number     11",
    "valid      2026-06-01T12:00:00.000Z to 2026-06-01T12:00:01.000Z",
    "revoked    4a0b",
    "revoked    c",
  ]);
  assertEquals((await show([])).split("\n").at(-1), "revoked    nothing");
});
