import { DariError } from "../../base/errors.ts";
import type { Command } from "../app/command.ts";
import { readProgram } from "../../packaging/program.ts";
import { megabytes, writeSelfExtracting } from "../../packaging/self_extracting.ts";
import { packService } from "../../packaging/service.ts";
import { report } from "../app/identity.ts";
import { loadMethods } from "../app/load_module.ts";

/** `dari compile` */
export const command: Command = {
  summary: "Make one executable file of a module of methods",
  help: `
Make an executable that serves the methods of a module, for machines without Deno.

  dari compile ./my_service.ts -o my_service
  ./my_service --listen tls://0.0.0.0:9090          takes the options of dari serve
  dari compile ./my_service.ts -o my_service --allow run=git --allow env=DATABASE_URL

  --output FILE, -o  the executable (default: the module's name without its ending)
  --allow FLAG       a permission beside network, files and dari's own environment variables;
                     may be repeated`,
  flags: { string: ["output", "o", "allow"], collect: ["allow"] },
  async run(args, io) {
    const [module] = args.words;
    if (module === undefined || args.words.length > 1) {
      throw new DariError("usage", "Which module? For instance: dari compile ./my_service.ts");
    }
    const output = args.option("output") ?? args.option("o") ?? nameOf(module);
    const permissions = args.options("allow").map(permissionOf);
    const methods = Object.keys(await loadMethods(module));
    const [program, service] = await Promise.all([
      readProgram(),
      packService(module, "@dari/dari"),
    ]);
    const sizes = await writeSelfExtracting(output, {
      title: `${nameOf(module)}: Deno ${Deno.version.deno} and a service, unpacked when it starts`,
      files: [...program, ...service.files],
      words: ["serve", `"$dir/${service.main}"`],
      permissions,
    });
    report(args, io, { output, methods, bytes: sizes }, [
      `${output}: ${megabytes(sizes.executable)} (Deno ${Deno.version.deno} ` +
      `${megabytes(sizes.runtime)}, program ${megabytes(sizes.program)})`,
      `serves ${methods.join(", ")}`,
    ]);
    return 0;
  },
};

function nameOf(module: string): string {
  const name = module.slice(module.lastIndexOf("/") + 1).replace(/\.\w+$/, "");
  return /^[\w.-]+$/.test(name) ? name : "service";
}

function permissionOf(text: string): string {
  if (/^(read|write|net|env|run|ffi|sys|import)(=[^\s]+)?$/.test(text)) return `--allow-${text}`;
  throw new DariError("usage", `--allow is "${text}"; write for instance run=git or env=HOME`);
}
