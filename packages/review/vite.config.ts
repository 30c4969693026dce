import { defineConfig } from "vite";

export default defineConfig({
  build: { outDir: "dist/page", target: "es2022", assetsInlineLimit: 0 },
  server: { proxy: { "/v1": process.env["LOOKALIKE_API"] ?? "http://127.0.0.1:7373" } },
});
