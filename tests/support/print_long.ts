import { createTerminalIo } from "../../lib/cli/app/terminal.ts";

// More than a pipe holds, in one line and in lines of many lengths.
const { print } = createTerminalIo();
print("x".repeat(200_000));
print(Array.from({ length: 600 }, (_, length) => "y".repeat(length)).join("\n"));
for (let length = 3_000; length < 7_000; length += 100) print("z".repeat(length));
