import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { makeDemoCatalog } from "@lookalike/local/demo";
import { JobOptions } from "@lookalike/shared/domain/job/options";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { randomWords } from "@lookalike/shared/domain/primitives/random";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasBrowser, screenshot, startBrowser } from "../support/browser.ts";
import { ROOT } from "../support/folders.ts";
import { writeHashes } from "../support/hashes.ts";
import { TEST_KEY } from "../support/servers.ts";
import { sharedSystem } from "../support/shared-system.ts";
import { finished, type RunningSystem } from "../support/system.ts";
import { PATIENCE_SECONDS, until } from "../support/until.ts";

let system: RunningSystem;
let browser: Browser;
let page: Page;
let root: string;
const requests: string[] = [];
const complaints: string[] = [];

const DESKTOP = { width: 1_360, height: 850 };
const PHONE = { width: 390, height: 844 };

/** A browser's page that is signed in, at a place of the page. */
const openPage = async (
  hash: string,
  viewport = DESKTOP,
  prepare?: (page: Page) => Promise<unknown>,
): Promise<Page> => {
  const opened = await browser.newPage({ viewport, reducedMotion: "reduce" });
  opened.setDefaultTimeout(PATIENCE_SECONDS * 1_000);
  opened.on("request", (request) => requests.push(request.url()));
  opened.on("pageerror", ({ message }) => complaints.push(message));
  opened.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("404")) complaints.push(message.text());
  });
  await prepare?.(opened);
  await opened.goto(`${system.address}/#key=${TEST_KEY}`);
  await opened.getByRole("main").waitFor();
  await opened.goto(`${system.address}/${hash}`);
  return opened;
};

beforeAll(async () => {
  if (!hasBrowser) return;
  system = await sharedSystem();
  browser = await startBrowser();
  root = system.path("pictures");
  await makeDemoCatalog(root);
});
afterAll(async () => browser?.close());

/** What axe finds, in light and in dark. */
const accessibilityProblems = async (of: Page): Promise<string[]> => {
  const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  await of.evaluate(axe);
  const run = async (options: string): Promise<string[]> => {
    const violations = await of.evaluate<{ id: string; nodes: { html: string }[] }[]>(
      `axe.run(document, ${options}).then(({ violations }) => violations)`,
    );
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  };
  const light = await run("{}");
  await of.emulateMedia({ colorScheme: "dark" });
  const dark = await run('{ runOnly: ["color-contrast"] }');
  await of.emulateMedia({ colorScheme: "light" });
  return [...light, ...dark];
};

/** Counts of the bar: groups that are left of all. */
const left = (count: number) => page.getByRole("status").getByText(`${count} of 11 groups left`);

describe.skipIf(!hasBrowser)("from the first visit to files put back", () => {
  it("leads from a folder to the first group", async () => {
    const noCatalogs = JSON.stringify({ items: [], next: null });
    page = await openPage("", DESKTOP, async (opened) =>
      opened.route("**/v1/catalogs?*", (route) => route.fulfill({ contentType: "application/json", body: noCatalogs })),
    );
    const main = page.getByRole("main");
    await main.getByRole("heading", { name: "Find the pictures that you have twice" }).waitFor();
    for (const name of root.split("/").slice(1)) await main.getByRole("button", { name, exact: true }).click();
    await main.getByText(root, { exact: true }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await main.getByLabel("Name of the library").fill("Photos of the page");
    await main.getByRole("button", { name: "Scan this folder" }).click();
    const library = page.getByRole("listitem", { name: "Photos of the page" });
    await library.getByText("Scanned 31 pictures").waitFor();
    await screenshot(page, "libraries-desktop");
    expect(await accessibilityProblems(page)).toEqual([]);
    await library.getByRole("link", { name: "Review 11 groups" }).click();
    await page.getByRole("article").waitFor();
    await left(11).waitFor();
    await screenshot(page, "review-desktop");
  });

  it("pictures of a group are side by side, what differs is shown, and all zoom together", async () => {
    const pictures = page.getByRole("article").getByRole("img");
    expect(await pictures.count()).toBeGreaterThan(1);
    for (const picture of await pictures.all()) expect(await picture.getAttribute("alt")).toMatch(/scene-\d\d/);
    expect(await page.locator(".fact.better").count()).toBeGreaterThan(0);
    expect(await page.locator(".fact.worse").count()).toBeGreaterThan(0);
    await page.keyboard.press("+");
    const transforms = await pictures.evaluateAll((images) => images.map((image) => image.getAttribute("style")));
    expect(new Set(transforms).size).toBe(1);
    expect(transforms[0]).toContain("scale(1.5)");
    await page.keyboard.press("0");
    // One pixel of a picture of 1,200 is one of the screen.
    const frame = page.locator(".frame").first();
    await frame.dblclick();
    const [scale, width] = await frame.evaluate((element) => [
      Number(/scale\(([\d.]+)\)/.exec(element.firstElementChild?.getAttribute("style") ?? "")?.[1]),
      element.clientWidth,
    ]);
    expect((scale ?? 0) * (width ?? 0)).toBeCloseTo(1_200, -1);
    await page.keyboard.press("0");
  });

  it("two pictures are compared by a line, in turn, and by their difference", async () => {
    await page.keyboard.press("c");
    await page.getByRole("slider", { name: /Line between scene/ }).press("ArrowRight");
    expect(await page.locator(".stack").getAttribute("style")).toContain("51%");
    await page.getByRole("radio", { name: "Blink" }).check({ force: true });
    expect(await page.locator(".over").isVisible()).toBe(false);
    await page.getByRole("button", { name: "Other picture" }).click();
    await until(() => page.locator(".over").isVisible());
    await page.getByRole("radio", { name: "Difference" }).check({ force: true });
    expect(await page.locator(".stack.difference img").count()).toBe(2);
    await screenshot(page, "review-difference");
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole("radio", { name: "Side by side" }).check({ force: true });
    await page.keyboard.press("i");
    await page.getByRole("dialog").getByText("of 256 bits differ").first().waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.keyboard.press("Escape");
  });

  it("groups are decided by keyboard, and one is taken back", async () => {
    for (let count = 11; count > 7; count -= 1) {
      await page.keyboard.press(count === 11 ? "n" : count === 10 ? "a" : "Enter");
      await left(count - 1).waitFor();
    }
    await page.keyboard.press("u");
    await left(8).waitFor();
    await page.keyboard.press("2");
    await page
      .getByRole("button", { name: /Keep 2, archive|Keep all/ })
      .first()
      .waitFor();
    await page.keyboard.press("2");
    await page.keyboard.press("Enter");
    await left(7).waitFor();
  });

  it("groups are chosen by their state and kind, and sorted", async () => {
    const side = page.getByRole("navigation", { name: "Groups" });
    const choose = (name: RegExp) => side.getByRole("radio", { name }).check({ force: true });
    await choose(/^Decided/);
    await side.locator("[aria-setsize]").first().waitFor();
    await until(async () => (await side.locator("[aria-setsize]").count()) === 4);
    await page.getByText("Decided: not duplicates.").waitFor();
    await choose(/^To review/);
    await side.getByRole("combobox", { name: "Sort by" }).selectOption("newest");
    await choose(/^Identical files/);
    await page.getByRole("article").getByRole("heading", { name: "Identical files" }).waitFor();
    await side.getByRole("combobox", { name: "Frees" }).selectOption("100000000");
    await page.getByRole("button", { name: "Show what is to review" }).click();
    await page.getByRole("article").waitFor();
  });

  it("many are accepted at once from a grid, but for those left out, and taken back together", async () => {
    await page.keyboard.press("m");
    const grid = page.getByRole("region", { name: "Many at once" });
    await grid.getByRole("button", { name: "Select 7 shown" }).click();
    await grid.getByRole("checkbox").first().uncheck();
    await screenshot(page, "review-many");
    expect(await accessibilityProblems(page)).toEqual([]);
    await grid.getByRole("button", { name: /Accept 6 groups/ }).click();
    await left(1).waitFor();
    await grid.getByText("6 groups decided.").waitFor();
    await page.keyboard.press("t");
    const today = page.getByRole("dialog");
    await today.getByText("6 groups at once").waitFor();
    expect(await today.getByRole("button", { name: "Undo" }).count()).toBe(5);
    expect(await accessibilityProblems(page)).toEqual([]);
    await today.getByRole("button", { name: "Undo" }).first().click();
    await until(async () => (await today.getByRole("button", { name: "Undo" }).count()) === 4);
    await page.keyboard.press("Escape");
    await left(7).waitFor();
  });

  it("a rule decides many, after a preview in numbers and pictures", async () => {
    await page.getByRole("button", { name: "Rule…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Same picture, other size or quality").check();
    await dialog.getByText("Decides 7 groups: keeps 7").waitFor();
    expect(await dialog.getByRole("list", { name: "Groups that the rule decides" }).locator("li").count()).toBe(7);
    const folder = dialog.getByLabel("keep what is in this folder");
    await folder.fill("nowhere");
    await dialog.getByText("Decides 0 groups").waitFor();
    expect(await dialog.getByRole("button", { name: /Accept/ }).isDisabled()).toBe(true);
    await folder.fill("");
    await dialog.getByText("Decides 7 groups: keeps 7").waitFor();
    await screenshot(page, "review-rule");
    expect(await accessibilityProblems(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Accept 7 groups" }).click();
    await page.getByText("Everything is reviewed").waitFor();
  });

  it("what was let go is archived after a confirmation, put back, and its decisions with it", async () => {
    const files = async () =>
      (await readdir(root, { recursive: true })).filter((name) => !name.startsWith(".lookalike")).sort();
    const before = await files();
    await page.getByRole("link", { name: "Archive", exact: true }).click();
    const main = page.getByRole("main");
    await main.getByText("Nothing is archived yet.").waitFor();
    await main.getByRole("button", { name: "Archive what is decided…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Nothing is deleted").waitFor();
    expect(await files()).toEqual(before);
    expect(await accessibilityProblems(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Move them now" }).click();
    await main.getByText("archived", { exact: true }).waitFor();
    await screenshot(page, "review-archive");
    expect(await accessibilityProblems(page)).toEqual([]);
    expect((await files()).length).toBeLessThan(before.length);
    await main.getByRole("button", { name: "Empty the archive…" }).click();
    await dialog.getByRole("combobox", { name: "Archived before" }).selectOption("0");
    await dialog.getByText(/This deletes 1\d files for good/).waitFor();
    expect(await dialog.getByRole("button", { name: "Delete for good" }).isDisabled()).toBe(true);
    await page.keyboard.press("Escape");
    await main.getByRole("button", { name: "Restore", exact: true }).click();
    await main.getByText("restored", { exact: true }).waitFor();
    await main.getByText("decisions taken back").waitFor();
    expect(await files()).toEqual(before);
  });

  it("every key is in the help, and look and language are chosen in the settings", async () => {
    await page.keyboard.press("?");
    await page.getByRole("dialog").getByText("Not duplicates, never again").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Settings" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Dark").check();
    const background = "getComputedStyle(document.body.parentElement).backgroundColor";
    expect(await page.evaluate(background)).toBe("rgb(16, 18, 22)");
    await dialog.getByLabel("As the system").check();
    expect(await page.evaluate(background)).toBe("rgb(246, 247, 249)");
    await dialog.getByLabel("Language").selectOption("de");
    await page.getByRole("heading", { name: "Archiv", exact: true }).waitFor();
    expect(await page.evaluate("document.documentElement.lang")).toBe("de");
    await page.reload();
    await page.getByRole("link", { name: "Durchsehen" }).waitFor();
    await page.close();
  });
});

const GROUPS = 10_000;
const ASSETS = join(ROOT, "packages/review/dist/page/assets");
const MOST_SCRIPT_BYTES = 60_000;

describe.skipIf(!hasBrowser)("the page", () => {
  it("is accessible on a phone, where a finger goes from group to group", async () => {
    const catalog = await system.client.openCatalog("phone", directorySource(root));
    await finished(system.client, (await system.client.startJob(catalog, JobOptions.parse({}))).id);
    const phone = await openPage(`#/review/${catalog}`, PHONE);
    await phone.getByRole("article", { name: "Group 1 of" }).waitFor();
    await phone.waitForLoadState("networkidle");
    await screenshot(phone, "review-phone");
    expect(await accessibilityProblems(phone)).toEqual([]);
    expect(await phone.evaluate("document.documentElement.scrollWidth")).toBe(PHONE.width);
    const swipe = (from: number, to: number) =>
      phone.evaluate(`
        const target = document.querySelector(".group");
        const touch = (x) => new Touch({ identifier: 1, target, clientX: x, clientY: 400 });
        const send = (type, x, touches) =>
          target.dispatchEvent(new TouchEvent(type, { bubbles: true, touches, changedTouches: [touch(x)] }));
        send("touchstart", ${from}, [touch(${from})]);
        send("touchend", ${to}, []);`);
    await swipe(300, 100);
    await phone.getByRole("article", { name: "Group 2 of" }).waitFor();
    await swipe(100, 300);
    await phone.getByRole("article", { name: "Group 1 of" }).waitFor();
    await phone.getByRole("button", { name: "Groups and filters" }).click();
    expect(await accessibilityProblems(phone)).toEqual([]);
    await phone.getByRole("navigation", { name: "Groups" }).locator("[aria-posinset='3']").getByRole("button").click();
    await phone.getByRole("article", { name: "Group 3 of" }).waitFor();
    for (const place of ["libraries", "review", "archive"])
      for (const width of [320, PHONE.width]) {
        await phone.setViewportSize({ width, height: 700 });
        await phone.goto(`${system.address}/#/${place}/${catalog}`);
        await phone.getByRole("main").waitFor();
        for (const direction of ["ltr", "rtl"]) {
          await phone.evaluate(`document.documentElement.dir = "${direction}"`);
          expect([place, width, direction, await phone.evaluate("document.documentElement.scrollWidth")]).toEqual([
            place,
            width,
            direction,
            width,
          ]);
        }
      }
    await phone.close();
  });

  it("opens with ten thousand groups, and scrolls to the last with few rows on the page", async () => {
    const file = system.path("hashes.ndjson");
    const random = randomWords(7);
    const lines = Array.from({ length: GROUPS }, (_, group) => {
      const hash = Array.from({ length: 8 }, () => random().toString(16).padStart(8, "0")).join("");
      return ["a", "b"].map((copy) => `${JSON.stringify({ id: `${group}${copy}`, hash, bytes: group })}\n`).join("");
    });
    await writeFile(file, lines.join(""));
    const job = await system.run({ kind: "hashes", file }, {}, "many");
    const id = await system.client.openCatalog("many", { kind: "hashes", file });
    const many = await openPage(`#/review/${id}`);
    const list = many.getByRole("navigation", { name: "Groups" });
    await list.locator("[aria-posinset]").first().waitFor();
    expect(job.state).toBe("completed");
    await many.evaluate("document.querySelector('.rows').scrollTop = 1e9");
    await list.locator(`[aria-posinset="${GROUPS}"]`).waitFor();
    expect(await list.locator("[aria-posinset]").count()).toBeLessThan(60);
    await list.locator(`[aria-posinset="${GROUPS}"]`).getByRole("button").click();
    await many.getByRole("article", { name: "Group 10,000 of 10,000" }).waitFor();
    await many.close();
  });

  it("a running job is paused, goes on, and is cancelled, and the page says so", async () => {
    const file = system.path("live.ndjson");
    await writeHashes(file, { images: 3_000, bits: 256, seed: 11, copiesPerThousand: 20 });
    const catalog = await system.client.openCatalog("live", { kind: "hashes", file });
    const options = JobOptions.parse({ blockSize: 25, pairsPerTask: 1, kernel: "exhaustive" });
    const { id } = await system.client.startJob(catalog, options);
    const live = await openPage(`#/libraries/${catalog}`);
    const library = live.getByRole("listitem", { name: "live", exact: true });
    await library.getByRole("progressbar").waitFor();
    await library.getByRole("button", { name: "Pause" }).click();
    await library.getByText("Paused").waitFor();
    expect(await system.client.readJob(id)).toMatchObject({ state: "running", paused: true });
    expect(await accessibilityProblems(live)).toEqual([]);
    await screenshot(live, "libraries-paused");
    await library.getByRole("button", { name: "Resume" }).click();
    await library.getByRole("button", { name: "Pause" }).waitFor();
    await until(async () => (await system.client.readJob(id)).completedTasks > 0);
    await library.getByRole("button", { name: "Cancel" }).click();
    await library.getByText("The last scan was cancelled.").waitFor();
    await library.getByRole("button", { name: "Scan again" }).waitFor();
    expect((await system.client.readJob(id)).state).toBe("cancelled");
    await live.close();
  });

  it("shows names that hide or turn text around as they are", async () => {
    const file = system.path("names.ndjson");
    const ids = ["scene\u202egpj.exe", "scene\u0007\u009b.jpg"];
    await writeFile(file, ids.map((id) => `${JSON.stringify({ id, hash: "5a".repeat(32) })}\n`).join(""));
    await system.run({ kind: "hashes", file }, {}, "names");
    const id = await system.client.openCatalog("names", { kind: "hashes", file });
    const names = await openPage(`#/review/${id}`);
    await names.getByRole("article").getByText("scene\\u202egpj.exe").first().waitFor();
    await names.getByRole("article").getByText("scene\\u0007\\u009b.jpg").first().waitFor();
    const content = await names.content();
    expect(["\u0007", "\u009b", "\u202e"].filter((character) => content.includes(character))).toEqual([]);
    await names.close();
  });

  it("is signed in by a session that no page of another port can use", async () => {
    const context = await browser.newContext();
    const opened = await context.newPage();
    await opened.goto(`${system.address}/#key=${TEST_KEY}`);
    await opened.getByRole("button", { name: "Settings" }).waitFor();
    await opened.getByRole("main").waitFor();
    await until(async () => (await context.cookies()).length > 0);
    expect(await context.cookies()).toMatchObject([
      { name: expect.stringMatching(/^__Host-/), secure: true, httpOnly: true, sameSite: "Strict" },
    ]);
    const foreign = createServer((_request, response) => response.writeHead(203).end()).listen(0, "127.0.0.1");
    await once(foreign, "listening");
    const attacker = await context.newPage();
    await attacker.goto(`http://127.0.0.1:${(foreign.address() as AddressInfo).port}/`);
    // The answer is hidden from the page, but not from its developer tools.
    const answers: number[] = [];
    const devTools = await context.newCDPSession(attacker);
    await devTools.send("Network.enable");
    devTools.on("Network.responseReceivedExtraInfo", ({ statusCode }) => {
      if (statusCode !== 203) answers.push(statusCode);
    });
    const catalog = await system.client.openCatalog("phone", directorySource(root));
    const path = `/v1/catalogs/${catalog}/deletion`;
    const sent = JSON.stringify({ method: "POST", mode: "no-cors", credentials: "include" });
    await attacker.evaluate(`fetch("${system.address}${path}", ${sent}).catch(() => null)`);
    await until(() => answers.length > 0);
    expect(answers).toEqual([403]);
    expect(await opened.evaluate(`fetch("${path}", { method: "POST" }).then(({ status }) => status)`)).toBe(200);
    const picture = `${system.address}/v1/catalogs/${catalog}/images/0/thumbnail`;
    const shown = attacker.evaluate(
      `new Promise((done) => { const image = new Image(); image.onload = () => done(true); image.onerror = () => done(false); image.src = "${picture}"; })`,
    );
    expect(await shown).toBe(false);
    foreign.close();
    await opened.getByRole("button", { name: "Settings" }).click();
    await opened.getByRole("button", { name: "Sign out" }).click();
    await opened.getByLabel("Access key").waitFor();
    expect(await context.cookies()).toEqual([]);
    await opened.reload();
    await opened.getByLabel("Access key").waitFor();
    await context.close();
  });

  it("has at most 60 kB of JavaScript as it is sent, with every language", async () => {
    const scripts = (await readdir(ASSETS)).filter((name) => name.endsWith(".js"));
    let bytes = 0;
    for (const name of scripts) {
      const { headers } = await fetch(`${system.address}/assets/${name}`, { headers: { "accept-encoding": "br" } });
      expect([name, headers.get("content-encoding"), headers.get("content-type")]).toEqual([
        name,
        "br",
        expect.stringContaining("javascript"),
      ]);
      bytes += Number(headers.get("content-length"));
    }
    console.info(`JavaScript of the review page: ${(bytes / 1_000).toFixed(1)} kB compressed`);
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThanOrEqual(MOST_SCRIPT_BYTES);
  });

  it("has documents beside it that allow no script but their own, too", async () => {
    const docs = await browser.newPage();
    const problems: string[] = [];
    docs.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    await docs.goto(`${system.address}/docs/`);
    await docs.getByText("Finds the duplicate and near-duplicate images").waitFor();
    expect(problems).toEqual([]);
    await docs.close();
  });

  it("sends requests to its own server alone, and allows no script but its own", async () => {
    const response = await fetch(system.address);
    expect(response.headers.get("content-security-policy")).toMatch(/^default-src 'self'/);
    const origins = new Set(requests.map((url) => new URL(url).origin));
    expect([...origins]).toEqual([system.address]);
    expect(complaints).toEqual([]);
  });
});
