/// <reference types="node" />
/** Node's worker that reads files. */
import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { basename, join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { TabgradError } from "../../errors.js";
import { fileOf, NodeFile } from "../bytes/node.js";
import { bytesError, type ScratchFile } from "../bytes/source.js";
import type { DataPlatform, DatasetStore, Info, ListedFile, Slot } from "./platform.js";
import { spooled } from "./spool.js";

const RECORDS = "records";
const INFO = "info.json";

/** Node, with the folder of named datasets. */
export function nodePlatform(folder = join(homedir(), ".tabgrad", "datasets")): DataPlatform {
  const store = fileStore(folder);
  return {
    readWasm: async (url) => new Uint8Array(await readFile(fileURLToPath(url))),
    store: async () => store,
    openBlob: (blob) => spooled(blob.stream(), scratch),
    list: (url) => (url.startsWith("file:") ? listed(url) : undefined),
    openListed: (url) => fileOf(fileURLToPath(url)),
    scratch,
    decode: async () => {
      throw new TabgradError(
        "unsupported",
        "Node reads PNG, JPEG, WebP, GIF and BMP; this picture is in another format.",
      );
    },
  };
}

/** A file or all files of a folder, in the order of their names. */
async function listed(url: string): Promise<ListedFile[]> {
  const path = fileURLToPath(url);
  const name = basename(path);
  try {
    if (!statSync(path).isDirectory()) return [describe(path, name)];
    const entries = readdirSync(path, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    return files.sort().map((file) => describe(file, `${name}/${relative(path, file).split(sep).join("/")}`));
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") {
      throw new TabgradError("notFound", `There is no file or folder ${path}.`, { cause: error });
    }
    throw bytesError(`Reading ${path}`, error);
  }
}

function describe(file: string, path: string): ListedFile {
  const { size, mtimeMs } = statSync(file);
  return { path, size, modified: mtimeMs, url: pathToFileURL(file).href };
}

async function scratch(): Promise<ScratchFile> {
  const folder = await mkdtemp(join(tmpdir(), "tabgrad-"));
  const sink = new NodeFile(join(folder, RECORDS), "w+");
  const close = sink.close.bind(sink);
  const remove = () => rm(folder, { recursive: true, force: true });
  return Object.assign(sink, {
    close() {
      close();
      void remove();
    },
    async toBlob() {
      close();
      const blob = new Blob([await readFile(join(folder, RECORDS))]);
      await remove();
      return blob;
    },
  });
}

function fileStore(named: string): DatasetStore {
  const infoOf = (folder: string): Info | undefined => {
    try {
      return JSON.parse(readFileSync(join(folder, INFO), "utf8")) as Info;
    } catch {
      return undefined;
    }
  };
  return {
    storage: "file",

    async list() {
      if (!existsSync(named)) return [];
      const folders = readdirSync(named, { withFileTypes: true }).filter((entry) => entry.isDirectory());
      return folders.map(({ name }) => ({ folder: join(named, name), info: infoOf(join(named, name)) }));
    },

    async create(temporary) {
      try {
        if (!temporary) await mkdir(named, { recursive: true });
        const folder = await mkdtemp(temporary ? join(tmpdir(), "tabgrad-") : join(named, "dataset-"));
        return { folder, info: undefined };
      } catch (error) {
        throw bytesError(`Making a folder in ${named}`, error);
      }
    },

    open: async ({ folder }: Slot) => {
      const path = join(folder, RECORDS);
      return new NodeFile(path, existsSync(path) ? "r+" : "w+");
    },

    async describe({ folder }, info) {
      try {
        // Renaming replaces the old file in one step: there is always a whole one.
        const path = join(folder, INFO);
        writeFileSync(`${path}.tmp`, JSON.stringify(info));
        renameSync(`${path}.tmp`, path);
      } catch (error) {
        throw bytesError(`Writing about the dataset "${info.name}"`, error);
      }
    },

    remove: async ({ folder }) => rm(folder, { recursive: true, force: true }),

    place: ({ folder }, _sink, temporary) => ({
      kind: "file",
      path: join(folder, RECORDS),
      temporary,
    }),
  };
}
