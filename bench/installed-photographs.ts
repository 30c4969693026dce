import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { dirname } from "node:path";
import sharp from "sharp";
import type { SceneSource } from "../test/support/photographs.ts";

const PACKAGES = ["gnome-backgrounds", "plasma-workspace-wallpapers"];
const DECODED_AT_ONCE = 4;

/**
 * Files of real photographs and paintings, of these Debian packages and no others: each machine
 * measures the same pictures.
 * @throws with the line that installs them
 */
export const installedPhotographs = (): string[] => {
  const { status, stdout } = spawnSync("dpkg-query", ["-L", ...PACKAGES], { encoding: "utf8" });
  if (status !== 0) throw new Error(`photographs are missing: apt-get install ${PACKAGES.join(" ")}`);
  return stdout
    .split("\n")
    .filter((path) => /^\/usr\/share\/(backgrounds|wallpapers)\/.*\.(jpe?g|png|webp)$/i.test(path))
    .filter((path) => statSync(path).size > 20_000)
    .sort();
};

/** One of each picture: wallpapers come in many sizes, side by side in one folder or named alike. */
export const distinctPictures = (): string[] => {
  const byName = new Map<string, string>();
  for (const file of installedPhotographs()) {
    if (/screenshot/.test(file)) continue;
    const sizes = /\/contents\/images/.test(file);
    byName.set(sizes ? dirname(file) : file.replace(/-[dl](\.\w+)$/, "$1"), file);
  }
  return [...byName.values()];
};

interface Decoded {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

/** Pieces of the installed photographs, each piece a scene. */
export const installedScenes = (): SceneSource => {
  const photographs = installedPhotographs();
  const decoded = new Map<string, Promise<Decoded>>();
  const decode = (file: string, width: number, height: number): Promise<Decoded> => {
    const cached = decoded.get(file);
    if (cached !== undefined) return cached;
    const pixels = sharp(file, { limitInputPixels: false })
      .resize(width, height, { fit: "cover" })
      .flatten({ background: "#fff" })
      .toColourspace("srgb")
      .raw()
      .toBuffer()
      .then((data) => ({ data, width, height }));
    decoded.set(file, pixels);
    // Scenes are written photograph by photograph: the oldest ones are not needed any more.
    for (const old of decoded.keys()) if (decoded.size > DECODED_AT_ONCE) decoded.delete(old);
    return pixels;
  };
  return {
    originalOf: (scene) => scene % photographs.length,
    async pixels(scene, width, height) {
      // As much of a photograph as gives different pieces; large ones are not enlarged much.
      const spread = width > 2_000 ? 1.6 : 3;
      const photograph = photographs[scene % photographs.length] ?? "";
      const whole = await decode(photograph, Math.round(width * spread), Math.round(height * spread));
      const piece = createHash("sha256").update(`scene ${scene}`).digest();
      const left = piece.readUInt16BE(0) % (whole.width - width);
      const top = piece.readUInt16BE(2) % (whole.height - height);
      return sharp(whole.data, { raw: { width: whole.width, height: whole.height, channels: 3 } })
        .extract({ left, top, width, height })
        .raw()
        .toBuffer();
    },
  };
};
