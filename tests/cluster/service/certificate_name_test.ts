import { assertEquals } from "@std/assert";
import { certificateNameOf } from "../../../lib/cluster/service/certificate_name.ts";

Deno.test("certificateNameOf() gives a name below .internal, which a local authority permits", () => {
  assertEquals(certificateNameOf("orders"), "orders.service.internal");
});
