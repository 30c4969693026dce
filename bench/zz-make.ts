import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import sharp from "sharp";
sharp.concurrency(1);
const OUT = "/tmp/ev20/cache2";
const files: string[] = ["/usr/share/wallpapers/Autumn/contents/images/2560x1600.jpg", "/usr/share/wallpapers/BytheWater/contents/images/2560x1600.jpg", "/usr/share/wallpapers/ColorfulCups/contents/images/2560x1600.jpg", "/usr/share/wallpapers/EveningGlow/contents/images/2560x1600.jpg", "/usr/share/wallpapers/FallenLeaf/contents/images/2560x1600.jpg", "/usr/share/wallpapers/OneStandsOut/contents/images/2560x1600.jpg", "/usr/share/wallpapers/Path/contents/images/2560x1600.jpg", "/usr/share/wallpapers/summer_1am/contents/images/2560x1600.jpg", "/usr/share/wallpapers/DarkestHour/contents/images/2560x1600.jpg", "/usr/share/wallpapers/Kite/contents/images/2560x1600.jpg", "/usr/share/backgrounds/Bridge_by_Sander_Klootwijk.jpg", "/usr/share/backgrounds/Dragonfly_by_Bolly.jpg", "/usr/share/backgrounds/Fossa_by_Jasper_Roks.jpg", "/usr/share/backgrounds/Infinite-Sea_by_Aury88.jpg", "/usr/share/backgrounds/Kleiber_by_Lukas_Baubkus.jpg", "/usr/share/backgrounds/Painting-Colors_by__herobrine7gamer.jpg", "/usr/share/backgrounds/Picture_0B_by_freespace.jpg", "/usr/share/backgrounds/Picture_1A_by_freespace.jpg", "/usr/share/backgrounds/Wine_by_Jakkub_Mede.jpg", "/usr/share/backgrounds/aitzgorri_by_Aitzol_Berasategi.jpg", "/usr/share/backgrounds/free_by_Peter_Nerlich.jpg", "/usr/share/backgrounds/friends_by_Aitzol_Berasategi.jpg", "/usr/share/backgrounds/greentock_by_Peter_Nerlich.jpg", "/usr/share/backgrounds/life_by_Aitzol_Berasategi.jpg", "/usr/share/backgrounds/picosdeeuropa_by_Aitzol_Berasategi.jpg", "/usr/share/backgrounds/seeding_by_Clements_Engelhardt.jpg", "/usr/share/backgrounds/sunset_by_Aitzol_Berasategi.jpg", "/usr/share/backgrounds/umang_by_Abhishek_Mudgal.jpg", "/usr/share/backgrounds/mate/nature/Aqua.jpg", "/usr/share/backgrounds/mate/nature/Blinds.jpg", "/usr/share/backgrounds/mate/nature/Dune.jpg", "/usr/share/backgrounds/mate/nature/FreshFlower.jpg", "/usr/share/backgrounds/mate/nature/Garden.jpg", "/usr/share/backgrounds/mate/nature/GreenMeadow.jpg", "/usr/share/backgrounds/mate/nature/LadyBird.jpg", "/usr/share/backgrounds/mate/nature/RainDrops.jpg", "/usr/share/backgrounds/mate/nature/Storm.jpg", "/usr/share/backgrounds/mate/nature/TwoWings.jpg", "/usr/share/backgrounds/mate/nature/Wood.jpg", "/usr/share/backgrounds/mate/nature/YellowFlower.jpg"];
const W = 1200;
const areaMean = (g: Uint8Array, w: number, h: number): { w: number; h: number; out: Uint8Array } => {
  const s = Math.max(w, h) <= 512 ? 1 : 512 / Math.max(w, h);
  const tw = Math.max(1, Math.round(w * s)), th = Math.max(1, Math.round(h * s));
  if (tw === w && th === h) return { w, h, out: g };
  const tmp = new Float64Array(tw * h);
  for (let x = 0; x < tw; x++) { const a = x * w / tw, b = (x + 1) * w / tw; for (let y = 0; y < h; y++) { let t = 0; for (let i = Math.floor(a); i < b; i++) t += g[y * w + i]! * (Math.min(i + 1, b) - Math.max(i, a)); tmp[y * tw + x] = t / (b - a); } }
  const out = new Uint8Array(tw * th);
  for (let y = 0; y < th; y++) { const a = y * h / th, b = (y + 1) * h / th; for (let x = 0; x < tw; x++) { let t = 0; for (let i = Math.floor(a); i < b; i++) t += tmp[i * tw + x]! * (Math.min(i + 1, b) - Math.max(i, a)); out[y * tw + x] = Math.round(t / (b - a)); } }
  return { w: tw, h: th, out };
};
const svg = (w: number, h: number, body: string) => Buffer.from(`<svg width="${w}" height="${h}">${body}</svg>`);
type E = (im: () => sharp.Sharp, w: number, h: number) => sharp.Sharp | Promise<sharp.Sharp>;
const crop = (l: number, t: number, r: number, b: number): E => (im, w, h) => im().extract({ left: Math.round(w * l), top: Math.round(h * t), width: Math.round(w * (1 - l - r)), height: Math.round(h * (1 - t - b)) }).jpeg({ quality: 85 });
const rot = (deg: number): E => async (im, w, h) => {
  const a = deg * Math.PI / 180; const { data, info } = await im().rotate(deg, { background: "#000" }).raw().toBuffer({ resolveWithObject: true });
  // largest inner rectangle of same aspect
  const k = Math.min(w / (w * Math.cos(a) + h * Math.sin(a)), h / (w * Math.sin(a) + h * Math.cos(a)));
  const cw = Math.floor(w * k), ch = Math.floor(h * k);
  return sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } }).extract({ left: (info.width - cw) >> 1, top: (info.height - ch) >> 1, width: cw, height: ch }).jpeg({ quality: 85 });
};
const EDITS: Record<string, E> = {
  original: (im) => im().jpeg({ quality: 92 }),
  jpeg30: (im) => im().jpeg({ quality: 30 }),
  watermark: (im, w, h) => im().composite([{ input: svg(w, h, `<text x="50%" y="50%" font-size="${w / 8}" fill="white" fill-opacity="0.5" text-anchor="middle" font-family="DejaVu Sans" transform="rotate(-25 ${w / 2} ${h / 2})">SAMPLE PHOTO</text>`) }]).jpeg({ quality: 85 }),
  caption: (im, w, h) => im().extend({ bottom: Math.round(h * 0.14), background: "#fff" }).composite([{ input: svg(w, Math.round(h * 0.14), `<text x="50%" y="70%" font-size="${h * 0.08}" text-anchor="middle" font-family="DejaVu Sans">When you find it again</text>`), gravity: "south" }]).jpeg({ quality: 85 }),
  border: (im, w) => im().extend({ top: Math.round(w * 0.06), bottom: Math.round(w * 0.06), left: Math.round(w * 0.06), right: Math.round(w * 0.06), background: "#fff" }).jpeg({ quality: 85 }),
  screenshot: async (im, w, h) => {
    const H = 2 * w > h ? Math.round(w * 1.5) : h; const inner = await im().resize({ width: Math.round(w * 0.9) }).raw().toBuffer({ resolveWithObject: true });
    const cw = w, chh = Math.max(H, inner.info.height + 300);
    return sharp({ create: { width: cw, height: chh, channels: 3, background: "#f4f4f6" } }).composite([
      { input: svg(cw, chh, `<rect width="100%" height="90" fill="#224"/><text x="30" y="60" font-size="44" fill="white" font-family="DejaVu Sans">Messages</text>${[0, 1, 2, 3, 4, 5].map((i) => `<text x="40" y="${chh - 60 - i * 70}" font-size="36" font-family="DejaVu Sans">message number ${i * 7 + 3} of them all</text>`).join("")}`) },
      { input: inner.data, raw: { width: inner.info.width, height: inner.info.height, channels: inner.info.channels }, left: Math.round(w * 0.05), top: 150 },
    ]).jpeg({ quality: 85 });
  },
  crop5: crop(0.03, 0.02, 0.02, 0.03),
  crop12: crop(0.12, 0.1, 0.0, 0.02),
  crop20: crop(0.15, 0.05, 0.05, 0.15),
  rotate2: rot(2), rotate5: rot(5),
  rotate90: (im) => im().rotate(90).jpeg({ quality: 85 }),
  mirror: (im) => im().flop().jpeg({ quality: 85 }),
  half: (im, w) => im().resize({ width: w >> 1 }).jpeg({ quality: 85 }),
  thumb: (im) => im().resize(240, 240, { fit: "inside" }).jpeg({ quality: 80 }),
  thumb180: (im) => im().resize(180, 180, { fit: "inside" }).jpeg({ quality: 80 }),
};
let n = 0; const index: unknown[] = [];
let seed = 12345; const rnd = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
for (const file of files) {
  const { data, info } = await sharp(file, { limitInputPixels: false }).resize({ width: 3000, withoutEnlargement: true }).flatten({ background: "#fff" }).toColourspace("srgb").removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const pieces = [{ left: 0, top: 0, width: info.width, height: info.height }];
  for (let p = 0; p < 2; p++) { const width = Math.min(info.width, Math.round(info.width * 0.45)), height = Math.round(info.height * 0.45); pieces.push({ left: p * Math.round(info.width * 0.5), top: Math.round(rnd() * (info.height - height)), width, height }); }
  for (const piece of pieces) {
    if (n >= 150) break;
    const base = await sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } }).extract(piece).toBuffer();
    const scaled = await sharp(base, { raw: { width: piece.width, height: piece.height, channels: 3 } }).resize(W, W, { fit: "inside", withoutEnlargement: true }).raw().toBuffer({ resolveWithObject: true });
    const { width: w, height: h } = scaled.info; const im = () => sharp(scaled.data, { raw: { width: w, height: h, channels: 3 } });
    for (const [name, edit] of Object.entries(EDITS)) {
      const jpeg = await (await edit(im, w, h)).toBuffer();
      const g = await sharp(jpeg).greyscale().raw().toBuffer({ resolveWithObject: true });
      const { w: tw, h: th, out } = areaMean(g.data, g.info.width, g.info.height);
      const head = Buffer.alloc(4); head.writeUInt16LE(tw, 0); head.writeUInt16LE(th, 2);
      writeFileSync(`${OUT}/${n}.${name}`, Buffer.concat([head, out]));
    }
    index.push(file); n++;
    if (n % 10 === 0) console.log(n);
  }
}
writeFileSync("/tmp/ev20/index2.json", JSON.stringify(index));
