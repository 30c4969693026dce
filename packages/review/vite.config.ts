import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** Writes each script and stylesheet a second time, compressed, for servers that send files as they are. */
const compressed: Plugin = {
  name: "compressed",
  apply: "build",
  writeBundle({ dir = "" }, bundle) {
    for (const name of Object.keys(bundle).filter((name) => /\.(js|css)$/.test(name)))
      writeFileSync(join(dir, `${name}.br`), brotliCompressSync(readFileSync(join(dir, name))));
  },
};

export default defineConfig({
  build: { outDir: "dist/page", target: "es2022", assetsInlineLimit: 0 },
  plugins: [compressed],
  server: { proxy: { "/v1": process.env["LOOKALIKE_API"] ?? "http://127.0.0.1:7373" } },
});
