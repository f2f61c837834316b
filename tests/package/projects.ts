/** Empty projects with the packed package installed, as users have them. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";

const exec = promisify(execFile);

/** The project that is tested. */
export const root = fileURLToPath(new URL("../..", import.meta.url));
const templates = fileURLToPath(new URL("projects", import.meta.url));

/** Copies a project of each kind, with the packed package in it. */
export async function makeProjects(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const made = process.env.TABGRAD_TEST_PROJECTS ?? "";
  // Whichever test is first makes them; the workers, which run one at a time, find them there.
  if (!existsSync(made)) await installInto(made);
  const folder = await mkdtemp(join(tmpdir(), "tabgrad-package-"));
  await cp(made, folder, { recursive: true });
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Packs the package and installs it into a new project of each kind; nothing is there unless all is. */
async function installInto(made: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "tabgrad-package-"));
  await exec("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder], { cwd: root });
  const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
  const tarball = join(folder, `tabgrad-${manifest.version}.tgz`);
  const digits = await someDigits();
  for (const name of ["plain", "vite", "node"]) {
    const project = join(folder, name);
    await cp(join(templates, name), project, { recursive: true });
    for (const file of ["example.js", "kept-run.js", "killed.js", "tones.js", "workers.js"])
      await copyFile(join(templates, file), join(project, file));
    await writeFile(join(project, "package.json"), JSON.stringify({ name, private: true, type: "module" }));
    // The package depends on nothing, so nothing needs to be fetched.
    await exec("npm", ["install", "--offline", "--no-audit", "--no-fund", tarball], { cwd: project });
    const target = name === "vite" ? join(project, "public") : project;
    await mkdir(target, { recursive: true });
    await writeFile(join(target, "digits.bin"), digits);
  }
  await rename(folder, made);
}

/** 2,000 digits of MNIST's training set and 500 of its test set, as `example.js` unpacks them. */
async function someDigits(): Promise<Buffer> {
  const read = async (name: string, header: number, bytes: number) =>
    gunzipSync(await readFile(join(root, "www/public/mnist", name))).subarray(header, header + bytes);
  return Buffer.concat([
    await read("train-images.idx3.gzip", 16, 2000 * 784),
    await read("train-labels.idx1.gzip", 8, 2000),
    await read("t10k-images.idx3.gzip", 16, 500 * 784),
    await read("t10k-labels.idx1.gzip", 8, 500),
  ]);
}

/** Runs a Node program in a project and gives what it prints. */
export async function runNode(project: string, ...args: string[]): Promise<string> {
  const { stdout } = await exec(process.execPath, args, { cwd: project, maxBuffer: 2 ** 24 });
  return stdout;
}

/** Types of files by the ends of their names. */
export const contentTypes: { [ending: string]: string } = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};

/** Serves a folder as a static host does, with these headers. */
export async function serve(
  folder: string,
  headers: { [name: string]: string } = {},
): Promise<{ url: string; server: Server }> {
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    const file = join(folder, path.endsWith("/") ? `${path}index.html` : path);
    try {
      const body = await readFile(file);
      response.writeHead(200, {
        ...headers,
        "Content-Type": contentTypes[extname(file)] ?? "application/octet-stream",
      });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return { url: `http://localhost:${port}/`, server };
}
