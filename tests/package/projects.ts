/** Empty projects with the packed package installed, as users have them. */
import { execFile } from "node:child_process";
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
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

/** Packs the package and installs it into a new project of each kind. */
export async function makeProjects(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "tabgrad-package-"));
  await exec("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder], { cwd: root });
  const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
  const tarball = join(folder, `tabgrad-${manifest.version}.tgz`);
  const digits = await someDigits();
  for (const name of ["plain", "vite", "node"]) {
    const project = join(folder, name);
    await cp(join(templates, name), project, { recursive: true });
    for (const file of ["example.js", "tones.js", "workers.js"])
      await copyFile(join(templates, file), join(project, file));
    await writeFile(join(project, "package.json"), JSON.stringify({ name, private: true, type: "module" }));
    // The package depends on nothing, so nothing needs to be fetched.
    await exec("npm", ["install", "--offline", "--no-audit", "--no-fund", tarball], { cwd: project });
    const target = name === "vite" ? join(project, "public") : project;
    await mkdir(target, { recursive: true });
    await writeFile(join(target, "digits.bin"), digits);
  }
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
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

const types: { [ending: string]: string } = {
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
        "Content-Type": types[extname(file)] ?? "application/octet-stream",
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
