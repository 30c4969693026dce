// Makes a picture of every place and state of the review page, in light and dark, on a desktop, a tablet and a phone, for
// people to look at: npm run screenshots [-- NAME…], into a temporary folder that it prints.
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeDemoCatalog } from "@lookalike/local/demo";
import { JobOptions } from "@lookalike/shared/domain/job/options";
import { directorySource } from "@lookalike/shared/domain/job/source";
import type { Browser, Page } from "playwright-core";
import { startBrowser, waitForPictures } from "../support/browser.ts";
import { writeHashes } from "../support/hashes.ts";
import { TEST_KEY, WITH_KEY } from "../support/servers.ts";
import { finished, type System, startSystem } from "../support/system.ts";

const SCREENS = [
  { name: "1360", width: 1_360, height: 850 },
  { name: "820", width: 820, height: 1_100 },
  { name: "390", width: 390, height: 844 },
] as const;
const THEMES = ["light", "dark"] as const;
const STEP_MS = 30_000;

interface State {
  readonly name: string;
  /** Where it is, as the page's hash. */
  readonly at: string;
  readonly locale?: string;
  /** What leads there. */
  readonly act?: (page: Page) => Promise<void>;
}

const only = process.argv.slice(2);

const shoot = async (browser: Browser, address: string, folder: string, state: State): Promise<void> => {
  if (only.length > 0 && !only.some((name) => state.name.startsWith(name))) return;
  for (const theme of THEMES)
    for (const { name, ...viewport } of SCREENS) {
      const context = await browser.newContext({
        viewport,
        colorScheme: theme,
        locale: state.locale ?? "en",
        reducedMotion: "reduce",
      });
      const page = await context.newPage();
      page.setDefaultTimeout(STEP_MS);
      if (state.name !== "sign-in") {
        await page.goto(`${address}/#key=${TEST_KEY}`);
        await page.getByRole("button", { name: /Settings|Einstellungen/ }).waitFor();
        await page.waitForLoadState("networkidle");
      }
      await page.goto(`${address}/${state.at}`);
      await page.waitForLoadState("networkidle");
      await state.act?.(page).catch((error: unknown) => console.error(`${state.name} ${name} ${theme}: ${error}`));
      await waitForPictures(page);
      await page.screenshot({ path: join(folder, `${state.name}-${name}-${theme}.png`) });
      await context.close();
    }
};

const click = (name: string | RegExp) => (page: Page) => page.getByRole("button", { name }).first().click();
const press =
  (...keys: string[]) =>
  async (page: Page): Promise<void> => {
    await page.getByRole("article").waitFor();
    for (const key of keys) await page.keyboard.press(key);
  };

const post = async (system: System, path: string, body: object = {}): Promise<{ id: string }> => {
  const response = await fetch(`${system.address}/v1${path}`, {
    method: "POST",
    headers: { ...WITH_KEY, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return (await response.json()) as { id: string };
};

const scan = async (system: System, catalog: string, options: object = {}): Promise<string> =>
  (await finished(system.client, (await post(system, `/catalogs/${catalog}/jobs`, options)).id)).id;

const main = async (): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "lookalike-screenshots-"));
  const photos = await mkdtemp(join(tmpdir(), "lookalike-photos-"));
  for (const name of ["2019", "2020/Beach", "Phone"]) await mkdir(join(photos, name), { recursive: true });
  const system = await startSystem({ LOOKALIKE_SOURCE_ROOTS: `${photos}:${tmpdir()}` });
  const browser = await startBrowser();
  const take = (state: State) => shoot(browser, system.address, folder, state);
  try {
    await take({ name: "sign-in", at: "" });
    await take({ name: "welcome", at: "#/libraries" });
    const root = join(photos, "Family photos");
    await makeDemoCatalog(root);
    await writeFile(join(root, "IMG_2204.jpg"), "not a picture");
    await writeFile(join(root, "notes.txt"), "none");
    const id = await system.client.openCatalog("Family photos", directorySource(root));
    for (const mode of ["new", "new", "full"]) await scan(system, id, { mode });
    const hashes = system.path("live.ndjson");
    await writeHashes(hashes, { images: 3_000, bits: 256, seed: 11, copiesPerThousand: 20 });
    const live = await system.client.openCatalog("Server", { kind: "hashes", file: hashes });
    const options = JobOptions.parse({ blockSize: 25, pairsPerTask: 1, kernel: "exhaustive" });
    const running = await system.client.startJob(live, options);
    await post(system, `/jobs/${running.id}/pause`);

    await take({ name: "libraries", at: `#/libraries/${id}` });
    await take({
      name: "libraries-open",
      at: `#/libraries/${id}`,
      act: async (page) => {
        await page.getByText("could not be read").first().click();
        await page.getByText("files found").first().click();
      },
    });
    await take({ name: "libraries-add", at: `#/libraries/${id}`, act: click("Add a library") });
    await take({ name: "libraries-files", at: `#/libraries/${id}`, act: click("Which files") });
    const review = `#/review/${id}`;
    await take({ name: "review", at: review, act: press() });
    await take({ name: "review-de", at: review, locale: "de-DE", act: press() });
    await take({ name: "review-slider", at: review, act: press("c") });
    await take({ name: "review-blink", at: review, act: press("c", "c") });
    await take({ name: "review-difference", at: review, act: press("c", "c", "c") });
    await take({ name: "review-zoomed", at: review, act: press("+", "+", "+") });
    await take({ name: "review-details", at: review, act: press("i") });
    await take({ name: "review-list", at: review, act: click("Groups and filters") });
    await take({ name: "help", at: review, act: press("?") });
    await take({ name: "settings", at: review, act: click("Settings") });
    await take({ name: "many", at: review, act: press("m") });
    await take({
      name: "many-selected",
      at: review,
      act: async (page) => {
        await press("m")(page);
        await click(/^Select \d+ shown/)(page);
      },
    });
    await take({
      name: "many-rule",
      at: review,
      act: async (page) => {
        await press("m")(page);
        await click("Rule…")(page);
        await page.getByText("Decides").waitFor();
      },
    });
    await take({
      name: "review-rtl",
      at: review,
      act: async (page) => {
        await press()(page);
        await page.evaluate("document.documentElement.dir = 'rtl'");
      },
    });
    await take({ name: "archive-nothing", at: `#/archive/${id}` });
    const { job } = (await (
      await fetch(`${system.address}/v1/catalogs/${id}/statistics`, { headers: WITH_KEY })
    ).json()) as { job: string };
    await post(system, `/jobs/${job}/decisions`, { kinds: ["exact"], preview: false });
    await take({
      name: "review-decided",
      at: review,
      act: async (page) => {
        await page.getByText("Decided", { exact: true }).first().click();
        await page.getByRole("article").waitFor();
      },
    });
    await take({ name: "today", at: review, act: press("t") });
    await post(system, `/catalogs/${id}/archives`);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await take({ name: "archive", at: `#/archive/${id}` });
    await take({ name: "archive-de", at: `#/archive/${id}`, locale: "de-DE" });
    await take({ name: "archive-confirm", at: `#/archive/${id}`, act: click("Archive what is decided") });
    await take({
      name: "archive-empty",
      at: `#/archive/${id}`,
      act: async (page) => {
        await click("Empty the archive")(page);
        await page.getByRole("combobox", { name: "Archived before" }).selectOption("0");
        await page.getByText("This deletes").waitFor();
      },
    });
    const kinds = ["variant", "derivative", "damaged", "burst", "near-duplicate"];
    await post(system, `/jobs/${job}/decisions`, { kinds, preview: false });
    await take({ name: "review-done", at: review });
    await take({ name: "review-nothing-yet", at: `#/review/${live}` });
  } finally {
    await browser.close();
    await system.stop();
  }
  console.log(folder);
};

await main();
