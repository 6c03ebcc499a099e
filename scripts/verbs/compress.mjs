// node scripts/verbs/compress.mjs [FROM TO]: each file below FROM in TO as brotli and as gzip, where that is smaller; all
// that the pages load, unless told. It is as small as it gets, so that nothing is compressed while somebody waits for it,
// and named by the SHA-256 of what it is made of: made once, never mistaken for another, gone when the file is.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const [from = "service/pages/static", to = "service/pages/compressed"] = process.argv.slice(2);
const { BROTLI_MODE_TEXT, BROTLI_PARAM_MODE, BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = constants;
const COMPRESSIONS = {
  // Python's own library has none; browsers take it over HTTPS, and it saves a sixth of what gzip leaves.
  ".br": (content) => promisify(brotliCompress)(content, {
    params: { [BROTLI_PARAM_MODE]: BROTLI_MODE_TEXT, [BROTLI_PARAM_QUALITY]: 11, [BROTLI_PARAM_SIZE_HINT]: content.length },
  }),
  ".gz": (content) => promisify(gzip)(content, { level: 9 }),
};

await mkdir(to, { recursive: true });
const made = new Set(await readdir(to));
const wanted = new Set();

async function compress(file) {
  const content = await readFile(file);
  const digest = createHash("sha256").update(content).digest("hex");
  for (const [suffix, compressed] of Object.entries(COMPRESSIONS)) {
    const name = digest + suffix;
    if (wanted.has(name)) continue; // another file with the same in it
    wanted.add(name);
    if (made.has(name)) continue;
    const smaller = await compressed(content);
    if (smaller.length >= content.length) continue;
    await writeFile(join(to, `${name}.part`), smaller); // whoever is stopped half-way leaves nothing under its name
    await rename(join(to, `${name}.part`), join(to, name));
  }
}

const entries = await readdir(from, { recursive: true, withFileTypes: true });
const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, path, name }) => join(parentPath ?? path, name));
await Promise.all(files.map(compress));
await Promise.all([...made].filter((name) => !wanted.has(name)).map((name) => rm(join(to, name), { force: true })));
