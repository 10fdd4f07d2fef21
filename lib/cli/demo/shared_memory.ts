import { pipe, SharedMemory } from "../../ipc/mod.ts";
import { asProgram, type Scene } from "./scene.ts";

const SIZE_BYTES = 1_024;

/** A writer and a reader that share nothing but the name of some memory. */
export const scene: Scene = {
  title: { en: "Shared memory", ko: "공유 메모리" },
  code: `using memory = SharedMemory.create(name, 1_024);
const file = import.meta.resolve("./child.ts");
const writer = new Worker(file, { type: "module" });
writer.postMessage(name);
console.log(await memory.read());
memory.unlink();`,
  tryIt: asProgram(
    "SharedMemory",
    `  addEventListener("message", ({ data }) => {
    using memory = SharedMemory.open(data);
    memory.write({ count: 42 });
  });`,
  ),
  async play(stage) {
    // With the process's number, so that two tours at once do not meet.
    const name = `shared_mem_demo_${Deno.pid}`;
    using memory = SharedMemory.create(name, SIZE_BYTES);
    const [here, there] = pipe();
    const writer = new Worker(new URL("./shared_memory_writer.ts", import.meta.url), {
      type: "module",
    });
    try {
      writer.postMessage({ name, reader: there.transfer(), language: stage.language });
      stage.show(
        { en: `the writer opened ${SIZE_BYTES} bytes by name`, ko: "쓰기 쪽이 이름으로 연 메모리" },
        await here.receive(),
      );
      stage.show({ en: "the reader read", ko: "읽기 쪽이 읽은 값" }, await memory.read());
    } finally {
      here.close();
      writer.terminate();
      memory.unlink();
    }
  },
};
