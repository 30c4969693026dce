import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { ROOT } from "./folders.ts";
import { areInstalled } from "./installed.ts";
import { until } from "./until.ts";

const executablePath = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";
export const hasBrowser = areInstalled([executablePath], "apt-get install chromium, or set CHROMIUM_PATH");

/** A real browser: Debian's chromium, or the one of CHROMIUM_PATH. */
export const startBrowser = (): Promise<Browser> => chromium.launch({ executablePath, args: ["--no-sandbox"] });

/** Screenshots, for people to look at. */
const OUTPUT = join(ROOT, "test", "output");

/** Every visible picture has loaded. */
const SHOWN = `[...document.images]
  .filter((image) => image.offsetParent !== null && image.getBoundingClientRect().top < innerHeight)
  .every((image) => image.complete && image.naturalWidth > 0)`;

export const waitForPictures = (page: Page): Promise<void> => until(() => page.evaluate<boolean>(SHOWN));

export const screenshot = async (page: Page, name: string): Promise<void> => {
  await mkdir(OUTPUT, { recursive: true });
  await waitForPictures(page);
  await page.screenshot({ path: join(OUTPUT, `${name}.png`) });
};
