import { assertEquals } from "@std/assert";
import { type CertDirectory, certDirectory } from "./cert_directory.ts";

/** What a command prints, with serials, names, times and places taken out of it. */
function plain(output: string, shop: CertDirectory): string {
  return output
    .replaceAll(shop.data, "DATA")
    .replaceAll(shop.path(""), "OUT/")
    .replace(/\b[0-9a-f]{40,}\b/g, "DIGEST")
    .replace(/\b[0-9a-f]{32}\b/g, "SERIAL")
    .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d\.\d{3})?Z/g, "TIME")
    .replace(/\b\d{13}\b/g, "MILLISECONDS")
    .replace(/authority [0-9a-f]{8}\b/g, "authority NAME");
}

/** Runs the commands of a transcript, each after its `$`, and compares what they print. */
export function transcript(name: string, text: string): void {
  Deno.test(`dari cert ${name}: transcript`, async () => {
    await using shop = await certDirectory();
    const lines = text.trim().split("\n");
    const printed: string[] = [];
    for (const line of lines.filter((line) => line.startsWith("$ "))) {
      const { out, err } = await shop.run(line.replace("$ dari cert ", ""));
      assertEquals(err, "", line);
      printed.push(line, ...plain(out, shop).split("\n"));
    }
    assertEquals(printed, lines);
  });
}
