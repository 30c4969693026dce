import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { ROOT } from "./system.ts";

/** A real browser: Debian's chromium, or the one of CHROMIUM_PATH. @throws when there is none */
export const startBrowser = (): Promise<Browser> => {
  const executablePath = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";
  if (!existsSync(executablePath))
    throw new Error(`no browser at ${executablePath}: apt-get install chromium, or set CHROMIUM_PATH`);
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
};

/** Where screenshots are kept to be looked at. */
const OUTPUT = join(ROOT, "test", "output");

export const screenshot = async (page: Page, name: string): Promise<void> => {
  await mkdir(OUTPUT, { recursive: true });
  await page.screenshot({ path: join(OUTPUT, `${name}.png`) });
};
