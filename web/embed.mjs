// Builds the page and writes it as C++: node web/embed.mjs OUT
//
//   OUT/page.bin            every file, plain and compressed, one behind the other
//   OUT/embedded_page.cpp   which part of it is what
//   OUT/embedded_page.d     what the page was made from, for Ninja
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "vite";

const web = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2];
const dist = join(out, "dist");

const content_types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webmanifest": "application/manifest+json",
};
const compressed = new Set([".html", ".js", ".css", ".svg", ".webmanifest"]);

const sources = new Set();
const remember_sources = {
  name: "remember-sources",
  buildEnd() {
    for (const id of this.getModuleIds()) {
      const file = id.replace(/^\0/, "").split("?")[0];
      if (file.startsWith("/") && !file.includes("node_modules")) sources.add(file);
    }
  },
};

async function files_below(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath ?? entry.path, entry.name)).sort();
}

await mkdir(out, { recursive: true });
await build({
  root: web,
  configFile: join(web, "vite.config.ts"),
  logLevel: "warn",
  plugins: [remember_sources],
  build: { outDir: dist, emptyOutDir: true },
});

const parts = [];
let bytes = 0;
function place(content) {
  const at = bytes;
  parts.push(content);
  bytes += content.length;
  return `part(${at}, ${content.length})`;
}

const rows = [];
for (const file of await files_below(dist)) {
  const type = extname(file);
  if (!content_types[type]) throw new Error(`${file}: what is the content type of ${type}?`);
  const body = await readFile(file);
  const brotli = brotliCompressSync(body, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length },
  });
  const gzip = gzipSync(body, { level: 9 });
  const pays = (smaller) => compressed.has(type) && smaller.length < body.length * 0.9;
  const name = relative(dist, file);
  const document = name === "index.html";
  const fields = [
    JSON.stringify(content_types[type]),
    place(body),
    pays(brotli) ? place(brotli) : "{}",
    pays(gzip) ? place(gzip) : "{}",
    JSON.stringify(createHash("sha256").update(body).digest("hex").slice(0, 24)),
    String(name.startsWith("assets/")),
    String(document),
  ];
  rows.push(`    {${JSON.stringify(document ? "/" : `/${name}`)}, {${fields.join(", ")}}},`);
}

const binary = join(out, "page.bin");
await writeFile(binary, Buffer.concat(parts));
await writeFile(
  join(out, "embedded_page.cpp"),
  `// Made by web/embed.mjs.
#include "apps/troupe/pages.hpp"

__asm__(".section .rodata\\n"
        ".global troupe_page_bytes\\n"
        "troupe_page_bytes:\\n"
        ".incbin ${JSON.stringify(binary).replaceAll('"', '\\"')}\\n"
        ".byte 0\\n"
        ".text\\n");
extern "C" const char troupe_page_bytes[];

namespace troupe {

namespace {

constexpr std::string_view part(std::size_t at, std::size_t bytes) { return {troupe_page_bytes + at, bytes}; }

} // namespace

transport::static_content embedded_page() {
  return {
${rows.join("\n")}
  };
}

} // namespace troupe
`,
);
for (const file of await files_below(join(web, "public"))) sources.add(file);
const escaped = [...sources].sort().map((file) => file.replaceAll(" ", "\\ "));
await writeFile(join(out, "embedded_page.d"), `${join(out, "embedded_page.cpp")}: ${escaped.join(" \\\n  ")}\n`);
