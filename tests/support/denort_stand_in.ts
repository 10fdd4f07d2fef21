import { Buffer } from "node:buffer";

/**
 * A stand-in for denort: a small program of this system, marked as denort is and renamed to another
 * processor, so that nothing tries to start what is made of it.
 *
 * @param path Where it is written.
 * @returns The target that it claims to be for; `undefined` where this system has no such program.
 */
export async function writeStandIn(path: string): Promise<string | undefined> {
  const program = await Deno.readFile("/bin/true").catch(() => undefined);
  if (program === undefined || Deno.build.os !== "linux") return undefined;
  const binary = Buffer.concat([program, Buffer.from("d3n0l4nd")]);
  const isArm = Deno.build.arch === "aarch64";
  binary.writeUInt16LE(isArm ? 0x3e : 0xb7, 18);
  await Deno.writeFile(path, binary);
  return `${isArm ? "x86_64" : "aarch64"}-unknown-linux-gnu`;
}

/** What `deno compile` has written into an executable. */
export interface Compiled {
  /** Permissions, flags, import map. */
  readonly metadata: {
    readonly argv: readonly string[];
    readonly permissions: Readonly<Record<string, unknown>>;
    readonly entrypoint_key: string;
    readonly workspace_resolver: { readonly import_map: { readonly json: string } };
    readonly app_name: string;
  };
  /** The embedded files by name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** A file or folder as the executable lists it: its name, and where its bytes are. */
interface Entry {
  readonly File?: { readonly n: string; readonly o: readonly [number, number] };
  readonly Dir?: { readonly name: string; readonly entries: readonly Entry[] };
}

/** Reads an executable back. Each section stands behind its length, in eight bytes. */
export async function readCompiled(path: string): Promise<Compiled> {
  const binary = Buffer.from(await Deno.readFile(path));
  const section = (text: string, from: number) => {
    const start = binary.indexOf(text, from);
    const length = Number(binary.readBigUInt64LE(start - 8));
    return { json: binary.subarray(start, start + length).toString(), end: start + length };
  };
  const metadata = section('{"argv":', 0);
  const listing = section('[{"', metadata.end);
  const data = listing.end + 8;
  const files = new Map<string, Uint8Array>();
  const take = (entries: readonly Entry[], folder: string): void => {
    for (const { File, Dir } of entries) {
      if (Dir !== undefined) take(Dir.entries, `${folder}${Dir.name}/`);
      if (File === undefined) continue;
      const [start, length] = File.o;
      const bytes = binary.subarray(data + start, data + start + length);
      files.set(folder + File.n, new Uint8Array(bytes));
    }
  };
  take(JSON.parse(listing.json), "");
  return { metadata: JSON.parse(metadata.json), files };
}
