import { describe, expect, it } from "vitest";
import { areTooManyMissing, MissingImages, type WalkClues } from "./missing-images.ts";

const WALK: WalkClues = {
  isFolder: true,
  isEmpty: false,
  mounts: [{ path: "", device: "1" }],
  mountsBefore: [{ path: "", device: "1" }],
  unreadable: [],
};

/** What a job says that misses these images of a hundred. */
const refusal = (clues: Partial<WalkClues>, ...paths: string[]): string => {
  const missing = new MissingImages({ ...WALK, ...clues });
  for (const path of paths) missing.add(path);
  return missing.refusal(100);
};
const all = Array.from({ length: 100 }, (_, number) => `${number}.jpg`);

describe("missing images", () => {
  it("are believed where they are few, or a small part", () => {
    expect(areTooManyMissing(50, 50)).toBe(false);
    expect(areTooManyMissing(200, 1_000)).toBe(false);
    expect(areTooManyMissing(201, 1_000)).toBe(true);
  });

  it("are counted, and stay known", () => {
    expect(refusal({}, "a.jpg", "b/c.jpg")).toMatch(
      /^2 of 100 known images are missing\. Is a disk, share or subfolder/,
    );
    expect(refusal({}, ...all)).toContain("The folder has none of them: is its disk or share mounted?");
    expect(refusal({}, "a.jpg")).toMatch(/They stay known.*acceptMissing \(--accept-missing\)\.$/);
  });
});

describe("the likely cause of missing images", () => {
  it("is a root that is empty, or on another device than at the last scan", () => {
    const mounts = [{ path: "", device: "2" }];
    expect(refusal({ isEmpty: true }, ...all)).toContain("The folder is empty: is its disk or share mounted?");
    expect(refusal({ mounts, isEmpty: true }, ...all)).toContain("empty, and on another device than at the last scan");
    expect(refusal({ mounts }, ...all)).toContain("The folder is on another device than at the last scan");
    // The devices of the last scan are not known: an earlier version made it.
    expect(refusal({ mounts, mountsBefore: [] }, ...all)).toContain("none of them");
  });

  it("is a folder in it that is no mount any more, or another one, where the images were", () => {
    const mountsBefore = [...WALK.mountsBefore, { path: "usb", device: "2" }, { path: "usb/nas", device: "3" }];
    expect(refusal({ mountsBefore }, "usb/a.jpg", "usb/b/c.jpg", "usb/nas/d.jpg")).toContain(
      '2 were in "usb", where another disk or share was mounted at the last scan, and is not mounted now. 1 were in "usb/nas", where',
    );
    const mounts = [...WALK.mounts, { path: "usb", device: "4" }, { path: "usb/nas", device: "3" }];
    expect(refusal({ mountsBefore, mounts }, "usb/a.jpg")).toContain(
      '1 were in "usb", which is on another device than at the last scan.',
    );
    // Nothing is missing there.
    expect(refusal({ mountsBefore }, "usb2/a.jpg")).toContain(
      'All were in "usb2". Is a disk, share or subfolder away?',
    );
  });

  it("is a folder that can't be read, as a share that is lost in the middle", () => {
    const unreadable = [{ path: "nas", detail: "folder: EIO: i/o error" }];
    expect(refusal({ unreadable }, "nas/2019/a.jpg")).toContain(`1 were in "nas", which can't be read (folder: EIO`);
  });

  it("is a disk that answers with errors", () => {
    const missing = new MissingImages({ ...WALK, unreadable: [{ path: "a.jpg", detail: "EIO: i/o error" }] });
    missing.addUnreadable("a.jpg");
    missing.add("b.jpg");
    expect(missing.refusal(4)).toContain(
      "2 of 4 known images are missing. 1 are there, but can't be read (EIO: i/o error)",
    );
  });

  it("is the folder that all of them were in", () => {
    expect(refusal({}, "2019/summer/a.jpg", "2019/summer/b.jpg")).toContain('All were in "2019/summer".');
    expect(refusal({}, "2019/summer/a.jpg", "2019/sum/b.jpg")).toContain('All were in "2019".');
    expect(refusal({}, "2019/a.jpg", "2018/b.jpg")).toContain("missing. Is a disk");
  });

  it("is not a disk where the source is no folder", () => {
    expect(refusal({ isFolder: false, isEmpty: true }, ...all)).toContain("The source has none of them.");
  });
});
