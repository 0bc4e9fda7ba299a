// Builds static/icons/sprite.svg from the Lucide icons named in icons.json.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const lucide = join(here, "node_modules/lucide-static");
const out = join(here, "../static/icons");

const names = JSON.parse(readFileSync(join(here, "icons.json"), "utf8"));
const sorted = [...new Set(names)].sort();
if (sorted.length !== names.length) throw new Error("icons.json names an icon twice");

const symbol = (name) => {
  const svg = readFileSync(join(lucide, "icons", `${name}.svg`), "utf8");
  const body = svg.replace(/<!--.*?-->/gs, "").replace(/<\/?svg[^>]*>/g, "").replace(/\s*\n\s*/g, "");
  return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" `
    + `stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${body}</symbol>`;
};

const { version } = JSON.parse(readFileSync(join(lucide, "package.json"), "utf8"));
const head = `<!-- Lucide ${version}, ISC licence: see static/icons/LICENSE-lucide.txt -->`;
mkdirSync(out, { recursive: true });
writeFileSync(
  join(out, "sprite.svg"),
  `<svg xmlns="http://www.w3.org/2000/svg">${head}\n${sorted.map(symbol).join("\n")}\n</svg>\n`,
);
writeFileSync(join(out, "LICENSE-lucide.txt"), readFileSync(join(lucide, "LICENSE"), "utf8"));
