// A bare loop: each file of a folder resized to 128 x 128 by sharp, nothing more. FOLDER THREADS -> seconds that pass, and
// that cores are busy.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import pMap from "p-map";
import sharp from "sharp";

const [folder = "", threads = "1"] = process.argv.slice(2);
const names = await readdir(folder);
sharp.concurrency(1);
sharp.cache(false);
const before = process.cpuUsage();
const started = performance.now();
const resize = (name: string) => sharp(join(folder, name)).resize(128, 128, { fit: "fill" }).raw().toBuffer();
await pMap(names, resize, { concurrency: Number(threads) });
const { user, system } = process.cpuUsage(before);
console.log((performance.now() - started) / 1_000, (user + system) / 1e6);
