import { defineConfig } from "vitest/config";

// Unit tests stand beside what they test. What runs against the built package or page is in tests/.
export default defineConfig({
  test: {
    include: ["js/**/*.test.ts", "www/**/*.test.ts"],
    environment: "node",
  },
});
