import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { budget } from "./tools/budget.ts";
import { precompress } from "./tools/precompress.ts";

export default defineConfig({
  plugins: [react(), precompress(), budget({ first: 250_000, page: 80_000, data: 25_000 })],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  // The edge renders this template for every page it serves, with the nonce that its policy names.
  html: { cspNonce: "{{placeholder `http.request.uuid`}}" },
  build: {
    target: ["chrome109", "firefox115"],
    cssTarget: ["chrome109", "firefox115"],
    assetsInlineLimit: 0,
    manifest: true,
    chunkSizeWarningLimit: 900,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/v1": process.env.BONDGATE_API ?? "http://127.0.0.1:8080" } },
  test: {
    // No test measures time; on a busy machine the default is too short.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    environment: "happy-dom",
    include: ["tests/unit/**/*.test.{ts,tsx}"],
    globals: false,
  },
});
