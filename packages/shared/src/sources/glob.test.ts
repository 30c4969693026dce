import { describe, expect, it } from "vitest";
import { GlobError, globMatcher } from "./glob.ts";

describe("a glob", () => {
  it.each([
    ["*.jpg", ["a.jpg", ".jpg", "in/a.jpg"], ["a.jpg/b", "a.JPG"]],
    [".Trash-*/", [".Trash-1000", "in/.Trash-1"], [".Trash"]],
    ["a/*", ["a/b", "a/.b"], ["a", "a/b/c", "b/a/b"]],
    ["/a/*", ["a/b"], ["b/a/b"]],
    ["b/**", ["b", "b/a", "b/a/c"], ["a/b", "bb"]],
    ["**/deep/**", ["deep", "a/deep", "deep/a", "a/b/deep/c/d"], ["deeper/a"]],
    ["a/**/b", ["a/b", "a/c/b", "a/c/d/b"], ["a/bb", "b"]],
    ["**", ["a", "a/b"], []],
    ["[a-c]?[!x].jpg", ["a1b.jpg", "céd.jpg"], ["d1b.jpg", "a1x.jpg", "a/b.jpg"]],
    ["[[:digit:]]*", ["1a"], ["a1"]],
    ["[]a]", ["]", "a"], ["[]a]"]],
    ["{IMG,DSC}_*.{jpg,{png,tif}}", ["IMG_1.jpg", "DSC_.tif"], ["IMG_1.gif"]],
    ["{1..12}.jpg", ["1.jpg", "12.jpg"], ["13.jpg"]],
    ["{c..a}", ["b"], ["d"]],
    ["@(a|b)+(c)?(d)*(e|f)", ["ac", "bccdefe"], ["a", "abc"]],
    ["!(a|bc)", ["b", "bcd", "ab", "é"], ["a", "bc", "in/a"]],
    ["x/!(a.b|)", ["x/a", "x/axb"], ["x/a.b"]],
    ["IMG (1) [copy.jpg", ["IMG (1) [copy.jpg"], []],
    ["{a}{,}\\*\\[{", ["{a}*[{"], ["{a}x[{"]],
    ["a\nb*", ["a\nb\nc"], []],
  ])("%j matches what it says", (glob, matching, others) => {
    const matches = globMatcher(glob);
    expect(matching.filter((path) => !matches(path))).toEqual([]);
    expect(others.filter((path) => matches(path))).toEqual([]);
  });

  it("ignores case where it should, in what it excludes, too", () => {
    const matches = globMatcher("*.photoslibrary/!(originals|Masters)", { ignoreCase: true });
    expect(["a.PhotosLibrary/resources", "a.photoslibrary/master"].filter(matches)).toHaveLength(2);
    expect(["a.PhotosLibrary/ORIGINALS", "a.photoslibrary/masters", "a.photoslibrary"].filter(matches)).toEqual([]);
  });

  it.each([["!(*.jpg)"], ["a!(b)"], ["[z-a]"], ["{1..100000}"]])("%j is refused", (glob) => {
    expect(() => globMatcher(glob)).toThrow(GlobError);
  });

  // A matcher that backtracks does not get to the end of any of these.
  it.each([
    ["+(*(a|b)*(a|b))c", "ab".repeat(1_000)],
    ["+(+(+(a)))b", "a".repeat(2_000)],
    ["*a".repeat(40), "a".repeat(2_000)],
    ["**/a".repeat(60), "a/".repeat(1_000)],
    ["{*a,*b}".repeat(50), "ab".repeat(1_000)],
    ["{".repeat(900), "a".repeat(2_000)],
    [`${"@(".repeat(300)}a${")".repeat(300)}`, "a".repeat(2_000)],
  ])("%j takes a time that grows with the path alone", (glob, path) => {
    expect(globMatcher(glob)(`${path}!`)).toBe(false);
  });
});
