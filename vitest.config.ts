import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      // Unit tests stand beside what they test.
      { test: { name: "unit", include: ["js/**/*.test.ts", "www/**/*.test.ts", "scripts/**/*.test.mjs"] } },
      // The built page in the system's WebKit, which Playwright does not drive.
      {
        test: {
          name: "webkit",
          include: ["tests/webkit/**/*.test.ts"],
          // One window at a time.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
