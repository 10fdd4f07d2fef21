import { readProgram } from "../../packaging/program.ts";
import { megabytes, writeSelfExtracting } from "../../packaging/self_extracting.ts";
import { packService } from "../../packaging/service.ts";
import { type Command, defineCommand } from "../app/command.ts";
import { operand, option, repeatedOption } from "../app/option.ts";
import { serviceCommands } from "../app/program.ts";
import { withProgress } from "../app/progress.ts";
import { report } from "../app/report.ts";
import { file, type ValueType } from "../app/value_type.ts";
import { loadMethods } from "../module/load_module.ts";

const permission: ValueType<string> = {
  placeholder: "FLAG",
  expects: "a permission such as run=git or env=HOME",
  completes: "nothing",
  parse: (text) =>
    /^(read|write|net|env|run|ffi|sys|import)(=[^\s]+)?$/.test(text) ? text : undefined,
};

/** `dari compile` */
export const command: Command = defineCommand({
  examples: [
    "dari compile ./my_service.ts -o my_service",
    ["./my_service --listen tls://0.0.0.0:9090", "takes the options of dari serve"],
    "dari compile ./my_service.ts --allow run=git --allow env=DATABASE_URL",
  ],
  operands: { module: operand(file("MODULE"), "the module whose methods the executable serves") },
  options: {
    output: option(file(), "the executable (default: the module's name without its ending)", {
      letter: "o",
    }),
    allow: repeatedOption(
      permission,
      "a permission beside network, files and dari's own environment variables",
    ),
  },
  notes: [
    "The executable runs on machines without Deno. It serves, and has the commands for its accounts, " +
    "keys and certificates: ./my_service help lists them.",
  ],
  async run({ operands: { module }, options }, io) {
    const { output = nameOf(module), allow } = options;
    const methods = Object.keys(await loadMethods(module));
    const packing = Promise.all([readProgram(), packService(module, "@dari/dari")]);
    const [program, service] = await withProgress(io, "putting the program together", packing);
    const sizes = await writeSelfExtracting(output, {
      title: `${nameOf(module)}: Deno ${Deno.version.deno} and a service, unpacked when it starts`,
      files: [...program, ...service.files],
      words: ["serve", `"$dir/${service.main}"`],
      permissions: allow.map((flag) => `--allow-${flag}`),
      commands: serviceCommands,
    });
    report(options, io, { output, methods, bytes: sizes }, [
      `${output}: ${megabytes(sizes.executable)} (Deno ${Deno.version.deno} ` +
      `${megabytes(sizes.runtime)}, program ${megabytes(sizes.program)})`,
      `serves ${methods.join(", ")}`,
    ]);
    return 0;
  },
});

function nameOf(module: string): string {
  const name = module.slice(module.lastIndexOf("/") + 1).replace(/\.\w+$/, "");
  return /^[\w.-]+$/.test(name) ? name : "service";
}
