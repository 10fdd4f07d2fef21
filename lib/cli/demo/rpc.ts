import { connect, serve } from "../../endpoint/mod.ts";
import { refusalOf, type Scene } from "./scene.ts";

const methods = {
  add: ({ a, b }: { a: number; b: number }): number => a + b,
  multiply: ({ x, y }: { x: number; y: number }): number => x * y,
  process_data: ({ data, prefix = "" }: { data: number[]; prefix?: string }): string[] =>
    data.map((item) => `${prefix}${item}`),
};

/** Calls over TLS. */
export const scene: Scene = {
  code: `const methods = { add: ({ a, b }) => a + b };
const listen = "tls://localhost:9090";
await using server = await serve({ listen, methods, public: ["add"] });
const ca = await Deno.readTextFile(".dari/ca.crt");
await using client = await connect(listen, { ca });
console.log(await client.call("add", { a: 10, b: 20 }));`,
  tryIt: {
    en:
      "dari serve, and in another terminal\n  dari call add a=10 b=20\n  dari call subtract a=10 b=20",
    ko:
      "dari serve, 그리고 다른 터미널에서\n  dari call add a=10 b=20\n  dari call subtract a=10 b=20",
  },
  title: { en: "Remote procedure calls over TLS", ko: "TLS를 통한 원격 프로시저 호출" },
  async play(stage) {
    const data = `${stage.directory}/data`;
    await using server = await serve({
      listen: "tls://127.0.0.1:0",
      data,
      methods,
      public: Object.keys(methods),
    });
    const [address = ""] = server.addresses;
    const ca = await Deno.readTextFile(`${data}/ca.crt`);
    await using client = await connect<typeof methods>(address, { ca });

    stage.show(
      { en: "add(10, 20)", ko: "add(10, 20)" },
      await client.call("add", { a: 10, b: 20 }),
    );
    stage.show(
      { en: "multiply(5.5, 2)", ko: "multiply(5.5, 2)" },
      await client.call("multiply", { x: 5.5, y: 2 }),
    );
    stage.show(
      { en: 'process_data([1, 2, 3], "item_")', ko: 'process_data([1, 2, 3], "item_")' },
      await client.call("process_data", { data: [1, 2, 3], prefix: "item_" }),
    );
    // A name that the types would refuse, as from a client in another language.
    const unknown = "non_existent_method" as "add";
    stage.show(
      { en: "a method that does not exist", ko: "존재하지 않는 메서드" },
      await refusalOf(client.call(unknown, { a: 1, b: 2 }), stage, "그런 메서드가 없습니다"),
    );
  },
};
