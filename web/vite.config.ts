import { fileURLToPath } from "node:url";
import { defaultClientConditions, defineConfig } from "vite";

/** A node that `npm run dev` asks for what the binary serves besides the page. */
const node = process.env.TROUPE_NODE ?? "http://127.0.0.1:8080";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  resolve: {
    alias: [{ find: /^react$/, replacement: fileURLToPath(new URL("src/react.ts", import.meta.url)) }],
    conditions: ["troupe-source", ...defaultClientConditions],
  },
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  build: {
    target: "es2022",
    // The policy of the page allows neither inline scripts nor data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { "/client.json": node, "/ws": { target: node, ws: true } } },
});
