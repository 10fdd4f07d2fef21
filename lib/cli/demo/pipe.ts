import { pipe } from "../../ipc/mod.ts";
import type { Scene } from "./scene.ts";

/** A parent and its child, a thread, send each other a message. */
export const scene: Scene = {
  title: { en: "Pipe", ko: "파이프" },
  async play(stage) {
    const [here, there] = pipe();
    const child = new Worker(new URL("./pipe_child.ts", import.meta.url), { type: "module" });
    child.postMessage(there.transfer());
    try {
      await here.send("부모가 보낸 메시지");
      stage.show({ en: "the child received", ko: "자식이 받은 메시지" }, await here.receive());
      stage.show({ en: "the parent received", ko: "부모가 받은 메시지" }, await here.receive());
      stage.show(
        { en: "the child closed its end", ko: "자식이 파이프를 닫음" },
        await here.receive() === undefined ? "end" : "more",
      );
    } finally {
      here.close();
      child.terminate();
    }
  },
};
