import { assertEquals } from "@std/assert";
import { dari } from "./dari_command.ts";

/** What a scene showed, by the sentence that it showed it with. */
export async function outcomesOf(scene: string): Promise<Record<string, unknown>> {
  const { code, out, err } = await dari(["demo", scene, "--json"]);
  assertEquals([code, err], [0, ""]);
  const [played, ...others] = JSON.parse(out);
  assertEquals([played.scene, others], [scene, []]);
  return Object.fromEntries(
    played.steps.map(({ what, outcome }: { what: string; outcome: unknown }) => [what, outcome]),
  );
}
