// Copies the browser files we ship to static/vendor/<name>-<version>/ with their licence texts,
// and writes static/vendor/manifest.json with the SHA-256 of every copied file.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "../static/vendor");

const SHIPPED = [
  { name: "htmx.org", as: "htmx", files: { "dist/htmx.min.js": "htmx.min.js" } },
  { name: "idiomorph", as: "idiomorph", files: { "dist/idiomorph-ext.min.js": "idiomorph-ext.min.js" } },
];

rmSync(out, { recursive: true, force: true });
const manifest = {};
for (const { name, as, files } of SHIPPED) {
  const source = join(here, "node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(source, "package.json"), "utf8"));
  const folder = `${as}-${version}`;
  mkdirSync(join(out, folder), { recursive: true });
  for (const [from, to] of Object.entries({ ...files, LICENSE: "LICENSE" })) {
    const bytes = readFileSync(join(source, from));
    writeFileSync(join(out, folder, to), bytes);
    manifest[`${folder}/${to}`] = createHash("sha256").update(bytes).digest("hex");
  }
  console.log(`${folder} (${license})`);
}
writeFileSync(join(out, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
