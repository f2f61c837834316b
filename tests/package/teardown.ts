/** Behind all tests: what they shared goes. */
import { rm } from "node:fs/promises";

export default async function teardown(): Promise<void> {
  await rm(process.env.TABGRAD_TEST_PROJECTS ?? "", { recursive: true, force: true });
}
