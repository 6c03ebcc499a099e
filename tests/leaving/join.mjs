// service/pages/static/zip.js on the parts in the folder that is named: prints what came out, one file a line.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Joined } from "../../service/pages/static/zip.js";

const [folder, limits] = process.argv.slice(2);
const joined = new Joined(limits ? JSON.parse(limits) : undefined);
for (const name of readdirSync(folder).sort()) {
  try {
    joined.add(new Uint8Array(readFileSync(join(folder, name))));
  } catch (error) {
    console.log(`${name}: ${error.message}`);
  }
}
let n = 0;
for (const blob of joined.files()) {
  const path = join(folder, `joined-${++n}.zip`);
  writeFileSync(path, new Uint8Array(await blob.arrayBuffer()));
  console.log(path);
}
